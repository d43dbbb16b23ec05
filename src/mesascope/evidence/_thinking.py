"""What thinking longer brings, and what as much computation brings without it."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..outcomes import AbstractTail, Estimate, Outcomes, bits
from ..power import answer_all, score
from ..stats import mean_interval
from ..tasks import AbstractAnswered


class ThinkingGain(NamedTuple):
    """Bits after all thoughts beyond those after the fewest, and what two controls gain; paired by instance.

    Fields:
        gain: of thinking. Exactly 0 for a model without the knob. Switching thoughts off takes a trained network off
            what it was trained on: an upper bound of what thinking contributes.
        best_of: of drawing as many answers from the fewest thoughts as there are thoughts in all, and keeping the best
            outcome, as if it were known: equal computation spent on luck.
        noise: of replacing every thought beyond the fewest by a random change of memory of the same size; nan for a
            memory that is not of floating-point arrays.
    """

    gain: Estimate
    best_of: Estimate
    noise: Estimate


def thinking_gain(
    key: PRNGKeyArray,
    model: AbstractModel,
    task: AbstractAnswered,
    instances: PyTree[Array],
    tails: AbstractTail,
    thinking: int,
    fewest: int = 0,
    temperature: float = 1.0,
) -> ThinkingGain:
    """What a model's thoughts contribute, beside equal-compute best-of-n and noise in their place.

    Args:
        key: of the noise.
        model: the model.
        task: an answered task.
        instances: to measure on, with a leading axis.
        tails: their references.
        thinking: units of thinking in all.
        fewest: units of thinking that it is compared with.
        temperature: of sampling.
    """
    few = answer_all(task, fewest, model, instances)
    before = score(task, instances, tails, few, temperature).bits
    after = score(task, instances, tails, answer_all(task, thinking, model, instances), temperature).bits
    lucky = best_of_bits(task, instances, tails, np.asarray(few) / temperature, max(thinking, 1))
    noisy = _noisy(task, fewest, thinking, model, instances, key)
    noise = np.full(len(before), np.nan) if noisy is None else score(task, instances, tails, noisy, temperature).bits
    return ThinkingGain(
        mean_interval(after - before),
        mean_interval(lucky - before),
        Estimate(np.nan, np.nan, np.nan) if noisy is None else mean_interval(noise - before),
    )


def best_of_bits(
    task: AbstractAnswered, instances: PyTree[Array], tails: AbstractTail, answers: Array, count: int
) -> Float[np.ndarray, " instances"]:
    """Bits of the best of `count` independent outcomes of each answer, exactly.

    P(best >= u) = 1 - (1 - P(U >= u))^count
    """
    with jax.enable_x64(True):
        return np.asarray(_best_of(task, instances, tails, jnp.asarray(np.asarray(answers, np.float64)), count))


@eqx.filter_jit
def _best_of(task, instances, tails, answers, count):
    def one(instance, tail, answer):
        outcomes = task.outcomes(instance, answer)
        order = jnp.argsort(-outcomes.utility)
        # from the best down, so that what never happens has exactly no chance
        reached = jnp.minimum(jnp.cumsum(outcomes.weight[order]), 1.0)
        best = jnp.diff(-jnp.expm1(count * jnp.log1p(-reached)), prepend=0.0)
        return bits(Outcomes(outcomes.utility[order], best), tail).value

    return jax.vmap(one)(instances, tails, answers)


def _noisy(task, fewest, thinking, model, instances, key):
    one = jax.tree.map(lambda leaf: leaf[0], instances)
    memory = jax.tree.leaves(eqx.filter_eval_shape(lambda m: m.blank(task.observe(one)), model))
    if not memory or not all(jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in memory):
        return None
    return _noised(task, fewest, thinking, model, instances, key)


@eqx.filter_jit
def _noised(task, fewest, thinking, model, instances, key):
    def one(row):
        instance, key = row
        observation = task.observe(instance)
        think = lambda _, memory: model.think(memory, observation)  # noqa: E731
        memory = jax.lax.fori_loop(0, fewest, think, model.blank(observation))

        def step(moment, state):
            real, noisy = state
            onward = model.think(real, observation)
            leaves, structure = jax.tree.flatten(noisy)
            changes = [new - old for new, old in zip(jax.tree.leaves(onward), jax.tree.leaves(real))]
            keys = jr.split(jr.fold_in(key, moment), len(leaves))
            moved = [leaf + _like(k, change) for k, leaf, change in zip(keys, leaves, changes)]
            return onward, jax.tree.unflatten(structure, moved)

        _, noisy = jax.lax.fori_loop(fewest, thinking, step, (memory, memory))
        return model.answer(noisy, observation)

    keys = jr.split(key, len(jax.tree.leaves(instances)[0]))
    return jax.lax.map(one, (instances, keys), batch_size=64)


def _like(key, change):
    """A random direction with the norm of a change."""
    noise = jr.normal(key, change.shape, change.dtype)
    return noise * jnp.linalg.norm(change) / jnp.maximum(jnp.linalg.norm(noise), 1e-9)
