"""How much is computed in a function, counted in its program without running it."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr


class Work(NamedTuple):
    """Operations of one call.

    Fields:
        products: multiplications within matrix products.
        others: numbers that all other operations make, one by one.
    """

    products: int
    others: int


def work(function: Callable, *arguments) -> Work:
    """Operations of `function(*arguments)`; a loop whose number of turns is not known beforehand counts as one turn.

    Args:
        function: of arrays, traceable by JAX.
        arguments: trees of arrays, or of their shapes.
    """
    return _counted(jax.make_jaxpr(function)(*arguments).jaxpr)


def _counted(jaxpr: Jaxpr) -> Work:
    products = others = 0
    for equation in jaxpr.eqns:
        inner = [_counted(part) for part in _programs_in(equation)]
        # a program within the equation, which a scan runs `length` times
        turns = equation.params["length"] if equation.primitive.name == "scan" else 1
        # of the branches of a condition the costliest
        inner = [max(inner, key=sum)] if equation.primitive.name == "cond" else inner
        products += turns * sum(part.products for part in inner)
        others += turns * sum(part.others for part in inner)
        if equation.primitive.name == "dot_general":
            (contracted, _), _ = equation.params["dimension_numbers"]
            summed = math.prod(equation.invars[0].aval.shape[axis] for axis in contracted)
            products += summed * math.prod(equation.outvars[0].aval.shape)
        elif not inner:
            others += sum(math.prod(made.aval.shape) for made in equation.outvars)
    return Work(products, others)


def _programs_in(equation) -> list[Jaxpr]:
    parts = jax.tree.leaves(list(equation.params.values()), is_leaf=lambda part: isinstance(part, (ClosedJaxpr, Jaxpr)))
    programs = [part.jaxpr if isinstance(part, ClosedJaxpr) else part for part in parts]
    return [part for part in programs if isinstance(part, Jaxpr)]
