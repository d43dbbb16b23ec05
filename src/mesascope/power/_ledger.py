"""What answers are worth on a set of instances: bits, success, utility; in float64 throughout."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..outcomes import AbstractTail, bits
from ..tasks import AbstractAnswered

TEMPERATURES = (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.5)
"""Sampling temperatures among which one is chosen on separate instances."""


class Scores(NamedTuple):
    """Worth of a policy on each of a set of instances, float64.

    Fields:
        bits: `(instances,)` optimization power against the task's reference.
        success: `(instances,)` probability of success.
        utility: `(instances,)` expected utility.
    """

    bits: Float[np.ndarray, " instances"]
    success: Float[np.ndarray, " instances"]
    utility: Float[np.ndarray, " instances"]


def references(task: AbstractAnswered, instances: PyTree[Array]) -> AbstractTail:
    """The reference tails of a set of instances, with a leading axis; computed once, used for every policy."""
    with jax.enable_x64(True):
        return _references(task, instances)


def score(
    task: AbstractAnswered,
    instances: PyTree[Array],
    tails: AbstractTail,
    answers: Float[Array, "instances *places actions"],
    temperature: float = 1.0,
) -> Scores:
    """The exact worth of the policies that answers describe.

    Where the logits of a place are not finite, as those of a diverged network, the policy there is uniform.

    Args:
        task: the task.
        instances: a set of instances with a leading axis.
        tails: their `references`.
        answers: logits for each instance.
        temperature: the logits are divided by this before they become probabilities.
    """
    with jax.enable_x64(True):
        logits = np.asarray(answers, np.float64) / temperature
        usable = np.all(np.isfinite(logits), axis=-1, keepdims=True)
        logits = jnp.asarray(np.where(usable, logits, 0.0))
        return Scores(*map(np.asarray, _score(task, instances, tails, logits)))


def ceiling(task: AbstractAnswered, instances: PyTree[Array], tails: AbstractTail) -> Scores:
    """The worth of a policy of highest expected utility on each instance: no policy has more utility."""
    with jax.enable_x64(True):
        return Scores(*map(np.asarray, _ceiling(task, instances, tails)))


def best_temperature(
    task: AbstractAnswered,
    instances: PyTree[Array],
    tails: AbstractTail,
    answers: Float[Array, "instances *places actions"],
) -> tuple[float, float]:
    """The temperature with the highest mean bits, and those bits; choose on instances that are not scored afterwards.

    Goes from 1 to whichever neighbour among `TEMPERATURES` has more, as long as one has: half as many are tried as
    there are.
    """

    @functools.cache
    def mean_bits(place: int) -> float:
        return float(np.mean(score(task, instances, tails, answers, TEMPERATURES[place]).bits))

    best, last = TEMPERATURES.index(1.0), len(TEMPERATURES) - 1
    while True:
        around = {max(best - 1, 0), best, min(best + 1, last)}
        onward = max(sorted(around, key=lambda place: place != best), key=mean_bits)
        if onward == best:
            return TEMPERATURES[best], mean_bits(best)
        best = onward


@functools.partial(jax.jit, static_argnums=0)
def _references(task, instances):
    return jax.vmap(lambda instance: task.reference(instance, jnp.float64))(instances)


@functools.partial(jax.jit, static_argnums=0)
def _score(task, instances, tails, logits):
    def one(instance, tail, answer):
        return _worth(task, task.outcomes(instance, answer), tail)

    return jax.vmap(one)(instances, tails, logits)


@functools.partial(jax.jit, static_argnums=0)
def _ceiling(task, instances, tails):
    def one(instance, tail):
        return _worth(task, task.optimum(instance, jnp.float64), tail)

    return jax.vmap(one)(instances, tails)


def _worth(task, outcomes, tail):
    return bits(outcomes, tail).value, task.succeeded(outcomes), outcomes.mean_utility()
