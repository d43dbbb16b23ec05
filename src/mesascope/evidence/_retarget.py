"""Does behaviour follow the goal? The goal is moved at run time, weights frozen, and nothing else is changed."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, answer_after
from ..outcomes import Estimate
from ..power import ceiling, references, score
from ..stats import mean_interval
from ..tasks import AbstractAnswered, AbstractNavigated


class Retargeting(NamedTuple):
    """What moving the goal does.

    Fields:
        moved: `(instances,)` bits on the moved goal of a policy that is shown it.
        stale: `(instances,)` bits on the moved goal of a policy that is shown the old one.
        ceiling: `(instances,)` bits of the best policy for the moved goal.
        success: share of the way from stale to ceiling, (moved - stale) / (ceiling - stale) of the means, with its
            interval over instances: 1 for an algorithm that redirects itself fully, 0 for one that goes on as before.
    """

    moved: Float[np.ndarray, " instances"]
    stale: Float[np.ndarray, " instances"]
    ceiling: Float[np.ndarray, " instances"]
    success: Estimate


class MovedGoals(NamedTuple):
    """Instances and the same with other goals; made once, used for every model."""

    old: PyTree[Array]
    new: PyTree[Array]
    tails: PyTree[Array]


def move_goals(key: PRNGKeyArray, task: AbstractNavigated, instances: PyTree[Array]) -> MovedGoals:
    """The instances with other goals, one each, and the reference tails of those."""
    keys = jr.split(key, len(jax.tree.leaves(instances)[0]))
    new = jax.tree.map(np.asarray, jax.vmap(task.retarget)(keys, instances))
    return MovedGoals(instances, new, references(task, new))


def retargeting(
    model: AbstractModel, task: AbstractAnswered, goals: MovedGoals, thinking: int, temperature: float = 1.0
) -> Retargeting:
    """What a model makes of goals that are moved at run time.

    Only the mark of the goal is moved in what the model sees: a print or an arrow that leads to the old goal stays, so
    that whoever merely follows it is not redirected. Reflexes that look at the goal redirect themselves too: success
    says that behaviour is about the goal, and only with surplus and internal bits that it is search.

    Args:
        model: the model.
        task: an answered task whose goals can be moved.
        goals: from `move_goals`.
        thinking: units of thinking before the answer.
        temperature: of sampling.
    """
    shown = _answers(task, thinking, model, goals.old, goals.new)
    kept = _answers(task, thinking, model, goals.old, goals.old)
    moved = score(task, goals.new, goals.tails, shown, temperature).bits
    stale = score(task, goals.new, goals.tails, kept, temperature).bits
    best = ceiling(task, goals.new, goals.tails).bits
    return Retargeting(moved, stale, best, share_interval(moved - stale, best - stale))


def inner_retargeting(
    key: PRNGKeyArray, model: AbstractModel, task: AbstractAnswered, goals: MovedGoals, thinking: int, after: int = 1
) -> tuple[Estimate, Estimate]:
    """What editing a network's inner representation of the goal does, and what a random edit of the same size does.

    After `after` thoughts the memories of the old and the new goal's place are exchanged, and the network thinks on
    with no goal marked in what it sees: if memory holds the goal, behaviour follows the edit. The control adds to the
    same two places a random change of the same norm.

    Args:
        key: of the random edits.
        model: with one array `(*places, channels)` as memory.
        task: an answered task whose goals can be moved.
        goals: from `move_goals`.
        thinking: units of thinking, the first `after` included.
        after: thoughts before the edit.

    Returns:
        The success of the edit and of the control, as in `Retargeting`.

    Raises:
        ValueError: the memory is not one array over the places.
    """
    _check_memory(model, task, goals)
    stale = score(task, goals.new, goals.tails, _answers(task, thinking, model, goals.old, goals.old)).bits
    best = ceiling(task, goals.new, goals.tails).bits
    found = []
    for random in (False, True):
        logits = _edited(task, thinking, after, random, model, goals.old, goals.new, key)
        bits = score(task, goals.new, goals.tails, logits).bits
        found.append(share_interval(bits - stale, best - stale))
    return found[0], found[1]


def remembers_places(model: AbstractModel, task: AbstractAnswered, instances: PyTree[Array]) -> bool:
    """Whether a model's memory is one array with a row for each place, as edits of it need."""
    one = jax.tree.map(lambda leaf: leaf[0], instances)
    observation = jax.eval_shape(task.observe, one)
    memory = eqx.filter_eval_shape(lambda m, o: m.blank(o), model, observation)
    return isinstance(memory, jax.ShapeDtypeStruct) and memory.shape[:-1] == observation.shape[:-1]


def share_interval(gains: Float[np.ndarray, " instances"], rooms: Float[np.ndarray, " instances"]) -> Estimate:
    """The ratio of two means over the same instances, with its interval by the delta method."""
    ratio = float(np.mean(gains) / np.mean(rooms))
    spread = mean_interval((gains - ratio * rooms) / np.mean(rooms))
    return Estimate(ratio, ratio + spread.low, ratio + spread.high)


@eqx.filter_jit
def _answers(task, thinking, model, seen, goals):
    def one(instance, goal):
        observation = task.show_goal(task.observe(instance), task.at_goal(goal))
        return answer_after(model, observation, thinking)

    return jax.lax.map(lambda pair: one(*pair), (seen, goals), batch_size=64)


@eqx.filter_jit
def _edited(task, thinking, after, random, model, old, new, key):
    def one(old, new, key):
        observation = task.observe(old)
        here, there = task.at_goal(old)[..., None], task.at_goal(new)[..., None]
        memory = model.blank(observation)
        for _ in range(after):
            memory = model.think(memory, observation)
        places = tuple(range(memory.ndim - 1))
        first, second = jnp.sum(here * memory, axis=places), jnp.sum(there * memory, axis=places)
        change = here * (second - first) + there * (first - second)
        noise = (here | there) * jr.normal(key, memory.shape)
        noise = noise * jnp.linalg.norm(change) / jnp.maximum(jnp.linalg.norm(noise), 1e-9)
        memory = memory + (noise if random else change)
        unmarked = task.show_goal(observation, jnp.zeros_like(task.at_goal(old)))
        memory = jax.lax.fori_loop(after, thinking, lambda _, m: model.think(m, unmarked), memory)
        return model.answer(memory, unmarked)

    keys = jr.split(key, len(jax.tree.leaves(old)[0]))
    return jax.lax.map(lambda row: one(*row), (old, new, keys), batch_size=64)


def _check_memory(model, task, goals) -> None:
    if not remembers_places(model, task, goals.old):
        raise ValueError(
            f"inner_retargeting({type(model).__name__}): its memory is no array of shape (*places, channels); the edit "
            "needs one row of memory for each place."
        )
