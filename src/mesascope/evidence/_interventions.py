"""Interventions: whether the plan that a probe reads in a memory is the plan that the network goes by."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..models import AbstractModel
from ..outcomes import Estimate
from ..power import binomial_limits
from ..stats import mean_interval
from ._probes import LinearProbe, fit_probe, split_instances


class Intervention(NamedTuple):
    """What came of moving a memory at one place, over the instances in which it was moved.

    Fields:
        success: share whose own answer at that place prefers the target after the remaining thoughts.
        random: the same share after a change of the same size in a random direction.
        untouched: the same share without any change; above 0 where the network was wrong to begin with.
        gain: success - random, paired by instance.
        probe: share in which the probe named a best move at that place before the change; where this is low, a
            failure says nothing.
        size: mean length of the change, in standard deviations of the memory's channels.
        instances: number of instances in which the memory was moved.
    """

    success: Estimate
    random: Estimate
    untouched: Estimate
    gain: Estimate
    probe: Estimate
    size: float
    instances: int


def intervene(
    model: AbstractModel,
    observations: Float[Array, "instances *places features"],
    best: Bool[Array, "instances *places actions"],
    places: Int[Array, " instances"],
    targets: Int[Array, " instances"],
    thoughts: int,
    thinking: int,
    strength: float = 2.0,
    seed: int = 0,
) -> Intervention:
    """How often rewriting the plan in a network's memory rewrites its answer, beside random changes of the same size.

    A linear plan probe is fitted on the memories of half of the instances after `thoughts` thoughts. In each of the
    others the memory of one place is changed by `strength` times the least change that makes the probe name the
    target there; the network thinks on up to `thinking`, and answers. Success shows that the direction is used;
    failure does not show that the plan is not, as later thoughts may restore it from the observation or from other
    places: compare several `thoughts`, the last of which leaves no time to restore anything.

    Least is meant in standard deviations of each channel over instances and places:

        min |x|   subject to   (w_target - w_j) x >= s_j - s_target   for every other move j

    solved exactly as non-negative least squares (Lawson and Hanson, 1974, chapter 23). At strength 1 the probe is
    undecided, at 2 its lead is mirrored. Instances that are left out: without a target, those in which the probe names
    the target already, and those in which no change makes it do so.

    Args:
        model: a network whose memory is one array `(*places, channels)`.
        observations: what it sees.
        best: which moves are best, such as `task.demonstrate(...) > 0`; none at places that ask for nothing.
        places: flat index, row-major, of the place to change, such as a maze's start.
        targets: the move to put there, such as one of `other_moves`; -1 leaves the instance out.
        thoughts: number of thoughts before the change.
        thinking: number of thoughts before the answer, in all.
        strength: multiple of the least change.
        seed: of the split in halves and of the random directions.

    Raises:
        ValueError: the memory is not one such array, `thoughts` is not within `thinking`, indices are out of range, or
            there is no instance left in which the memory was moved.

    References:
        Giulianelli et al. (2018), Under the hood; Li et al. (2022), Emergent world representations; on plans found
        by probes in networks that play Sokoban: Bush et al. (2025), Interpreting emergent planning.
    """
    best, places, targets = np.asarray(best, bool), np.asarray(places), np.asarray(targets)
    blank = jax.vmap(model.blank)(observations)
    _check(blank, best, places, targets, thoughts, thinking)
    memories = np.asarray(_think(model, observations, blank, jnp.asarray(thoughts)))
    split = split_instances(len(best), seed)
    probe = _plan_probe(memories, best, split)

    rows, changes = _least_changes(probe, memories, places, targets, split.held_out)
    _check_moved(rows, thoughts)
    changes = strength * changes
    before, there = memories[rows], places[rows]

    def prefers_target(change):
        after = _moved(before, there, change * probe.scale)
        answers = _conclude(model, observations[rows], after, jnp.asarray(thinking - thoughts))
        return np.argmax(_at(np.asarray(answers), there), axis=-1) == targets[rows]

    arms = (changes, _random_directions(probe, changes, seed), np.zeros_like(changes))
    success, random, untouched = map(prefers_target, arms)
    named = np.argmax(probe.scores(_at(before, there)), axis=-1)
    return Intervention(
        *map(_share, (success, random, untouched)),
        gain=mean_interval(success.astype(float) - random),
        probe=_share(_at(best[rows], there)[np.arange(len(rows)), named]),
        size=float(np.mean(np.linalg.norm(changes, axis=-1))),
        instances=len(rows),
    )


def other_moves(
    allowed: Bool[Array, "instances *places actions"],
    best: Bool[Array, "instances *places actions"],
    places: Int[Array, " instances"],
    seed: int = 0,
) -> Int[np.ndarray, " instances"]:
    """A move at one place of each instance that is allowed and not best, each as likely; -1 where there is none.

    Args:
        allowed: which moves lead anywhere, such as the passages of mazes.
        best: which moves are best.
        places: flat index, row-major, of the place.
        seed: of the choice.
    """
    places = np.asarray(places)
    open_moves = _at(np.asarray(allowed, bool), places) & ~_at(np.asarray(best, bool), places)
    lot = np.random.default_rng(seed).random(open_moves.shape)
    return np.where(np.any(open_moves, axis=-1), np.argmax(np.where(open_moves, lot, -1), axis=-1), -1)


def _plan_probe(memories, best, split) -> LinearProbe:
    features = memories.reshape(len(best), -1, memories.shape[-1]).astype(np.float64)
    best = best.reshape(len(best), -1, best.shape[-1])
    targets = best / np.maximum(np.sum(best, axis=-1, keepdims=True), 1)
    return fit_probe(features, targets, np.any(best, axis=-1), split)


def _least_changes(probe, memories, places, targets, candidates):
    """The instances in which the memory is to be moved, and by how much, in standard deviations."""
    rows = candidates[targets[candidates] >= 0]
    scores = probe.scores(_at(memories[rows], places[rows]))
    changes = [_least_change(probe.weights, *pair) for pair in zip(scores, targets[rows])]
    moved = [index for index, change in enumerate(changes) if np.any(change)]
    return rows[moved], np.array([changes[index] for index in moved])


def _least_change(weights, scores, target) -> Float[np.ndarray, " channels"]:
    """min |x| subject to slopes x >= lacking, by its dual; zero where nothing is lacking or nothing helps."""
    from scipy.optimize import nnls

    others = np.arange(len(scores)) != target
    slopes, lacking = (weights[:, [target]] - weights[:, others]).T, scores[others] - scores[target]
    if np.all(lacking <= 0):
        return np.zeros(len(weights))
    goal = np.append(np.zeros(len(weights)), 1.0)
    system = np.concatenate([slopes.T, lacking[None]])
    residual = goal - system @ nnls(system, goal)[0]
    # the last residual is 1 / (1 + |x|^2): a change of a million standard deviations is none
    return -residual[:-1] / residual[-1] if residual[-1] > 1e-12 else np.zeros(len(weights))


def _random_directions(probe, changes, seed) -> Float[np.ndarray, "moved channels"]:
    """As long as the changes, within the channels that vary."""
    noise = np.random.default_rng((seed, 2)).normal(size=changes.shape) * np.any(probe.weights != 0, axis=-1)
    lengths = np.linalg.norm(changes, axis=-1, keepdims=True)
    return noise * lengths / np.linalg.norm(noise, axis=-1, keepdims=True)


def _at(values, places) -> Float[np.ndarray, "instances channels"]:
    return values.reshape(len(values), -1, values.shape[-1])[np.arange(len(values)), places]


def _moved(memories, places, changes):
    after = memories.reshape(len(memories), -1, memories.shape[-1]).copy()
    after[np.arange(len(after)), places] += changes.astype(after.dtype)
    return after.reshape(memories.shape)


def _share(hits) -> Estimate:
    found = int(np.sum(hits))
    return Estimate(found / len(hits), *map(float, binomial_limits(found, len(hits))))


@eqx.filter_jit
def _think(model, observations, memories, thoughts):
    def one(observation, memory):
        # a traced count: one program for every number of thoughts
        return jax.lax.fori_loop(0, thoughts, lambda _, memory: model.think(memory, observation), memory)

    return jax.vmap(one)(observations, memories)


@eqx.filter_jit
def _conclude(model, observations, memories, thoughts):
    return jax.vmap(model.answer)(_think(model, observations, memories, thoughts), observations)


def _check_moved(rows, thoughts: int) -> None:
    if len(rows) == 0:
        raise ValueError(
            f"intervene(..., thoughts={thoughts}): there is no instance with a target in which the memory could be "
            "moved; a probe of a memory that does not vary names nothing: think at least once before."
        )


def _check(blank, best, places, targets, thoughts, thinking):
    if not isinstance(blank, jax.Array) or blank.shape[:-1] != best.shape[:-1]:
        raise _refusal(
            f"the memory is {jax.tree.map(jnp.shape, blank)} and not one array of the shape {best.shape[:-1]} and "
            "channels; choose a model that thinks place by place, such as `gridloop`."
        )
    if not 0 <= thoughts <= thinking:
        raise _refusal(f"thoughts={thoughts} is not between 0 and thinking={thinking}; intervene earlier.")
    num_places, actions = best[0, ..., 0].size, best.shape[-1]
    for name, values, low, high in (("places", places, 0, num_places), ("targets", targets, -1, actions)):
        if values.shape != (len(best),) or np.any((values < low) | (values >= high)):
            raise _refusal(
                f"{name} holds one index an instance, from {low} to {high - 1}; received the shape {values.shape} "
                f"with values from {np.min(values)} to {np.max(values)}."
            )


def _refusal(reason: str) -> ValueError:
    return ValueError(f"intervene(...): {reason}")
