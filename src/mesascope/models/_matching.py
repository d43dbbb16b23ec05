"""Architectures brought to a number of parameters, so that what they can store is not what tells them apart."""

import functools
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from ._base import AbstractArchitecture, num_parameters

TOLERANCE = 0.05


@functools.lru_cache(maxsize=4096)
def parameters_on(architecture: AbstractArchitecture, shape: tuple[int, ...], num_actions: int) -> int:
    """Number of parameters of an architecture on a task, without making them; of a table, those of one row.

    Args:
        architecture: of the network.
        shape: of one observation, places and features.
        num_actions: size of the last axis of an answer.
    """
    one = jax.ShapeDtypeStruct((1, *shape), jnp.float32)
    shapes = eqx.filter_eval_shape(lambda key, rows: architecture.init(key, rows, num_actions), jr.key(0), one)
    return num_parameters(shapes)


def matched(
    of_size: Callable[[int], AbstractArchitecture], smallest: int, wanted: int, shape: tuple[int, ...], num_actions: int
) -> AbstractArchitecture:
    """The architecture among those of one kind whose parameters come nearest to a number.

    Args:
        of_size: the architecture of a size; its parameters are a quadratic of the size.
        smallest: the least size to choose.
        wanted: number of parameters.
        shape: of one observation, places and features.
        num_actions: size of the last axis of an answer.

    Raises:
        ValueError: none comes within 5%.
    """

    def count_of(size: int) -> int:
        return parameters_on(of_size(size), shape, num_actions)

    # three sizes tell a quadratic
    first, second, third = (count_of(smallest + more) for more in range(3))
    bend = (third - 2 * second + first) / 2
    roots = np.roots([bend, second - first - bend, first - wanted])
    over = max(0, int(max(roots.real)))
    size = smallest + min(over, over + 1, key=lambda more: abs(count_of(smallest + more) - wanted))
    found, count = of_size(size), count_of(size)
    if abs(count - wanted) > TOLERANCE * wanted:
        raise ValueError(
            f"matched(wanted={wanted:,}): no {type(found).__name__} has so many parameters within {TOLERANCE:.0%} on "
            f"observations of shape {shape}; the nearest has {count:,}. Choose another number, by other channels."
        )
    return found
