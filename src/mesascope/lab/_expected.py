"""What a planted algorithm must show, from what it states of itself: neither its model nor the meter is used."""

import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..evidence import MovedGoals
from ..organisms import AbstractAnswering, Stated, knows_within
from ..tasks import AbstractNavigated, AbstractTask, Mnk
from ._levels import BOUNDARY
from ._oracle import Worth, bits_of_chances, decided_worth, directedness, reference_chances, walked_worth
from .trials import Planted


def expected(trial: Planted, instances: PyTree[Array], goals: MovedGoals | None) -> dict[str, float]:
    """Expected values of the measures by name, as far as the organism states them: `bits`, `internal`,
    `thinking-gain`, `retarget`, `goal-directedness`.

    Args:
        trial: an algorithm planted in mazes, or in positions of a game.
        instances: of the evaluation set.
        goals: the same instances with their goals moved, where the task has goals.
    """
    organism, task = trial.organism, trial.task
    if not isinstance(organism, AbstractAnswering):
        return {"bits": _played_bits(trial, instances)}
    stated = _all_stated(organism, task, instances)
    if not stated[0]:
        return {"internal": 0.0, "thinking-gain": 0.0}
    parts = _worths(task, instances, stated)
    found = {
        "bits": _mean_bits(parts),
        "internal": _gain(organism, task, instances, parts, BOUNDARY) if trial.thinking > BOUNDARY else 0.0,
        "thinking-gain": _gain(organism, task, instances, parts, 0),
    }
    if isinstance(task, AbstractNavigated) and goals is not None:
        found["retarget"] = _retargeted(organism, task, goals, stated)
        reference = reference_chances(instances, task.horizon)
        found["goal-directedness"] = sum(
            share * float(np.mean(directedness(worth.utility, reference))) for share, worth in parts
        )
    return found


def _gain(organism, task, instances, parts, stages: int) -> float:
    """Bits beyond those after so many serial stages."""
    return _mean_bits(parts) - _mean_bits(_worths(task, instances, _all_stated(organism, task, instances, stages)))


def _retargeted(organism, task, goals: MovedGoals, stated: list[Stated]) -> float:
    """The success of moving the goal: of whoever looks at its mark, and at no print or arrow that leads elsewhere."""
    shown = _all_stated(organism, task, goals.new) if organism.follows_goal else stated
    stale = _mean_bits(_worths(task, goals.new, stated))
    best = _mean_bits(_worths(task, goals.new, [[(1.0, _best(_row(goals.new, i)))] for i in range(len(stated))]))
    return (_mean_bits(_worths(task, goals.new, shown)) - stale) / (best - stale)


def _best(maze) -> Float[np.ndarray, "rows columns 4"]:
    return knows_within(maze.passages, maze.goal, None)


def _all_stated(organism: AbstractAnswering, task: AbstractTask, instances, stages: int | None = None) -> list[Stated]:
    count = len(jax.tree.leaves(instances)[0])
    return [organism.states(task, _row(instances, number), stages) for number in range(count)]


def _worths(task, instances, stated: list[Stated]) -> list[tuple[float, Worth]]:
    """The worth of each policy of a mixture, with its share."""
    shares = [share for share, _ in stated[0]]
    policies = [np.stack([np.asarray(each[part][1], float) for each in stated]) for part in range(len(shares))]
    if isinstance(task, Mnk):
        worths = [decided_worth(instances, policy, task.in_a_row, task.gravity) for policy in policies]
    else:
        worths = [walked_worth(instances, policy, task.horizon) for policy in policies]
    return list(zip(shares, worths))


def _mean_bits(parts: list[tuple[float, Worth]]) -> float:
    return sum(share * float(np.mean(worth.bits)) for share, worth in parts)


def _played_bits(trial: Planted, instances) -> float:
    """The bits of the distribution of arrival times that an organism states of its play."""
    reference = reference_chances(instances, trial.task.horizon)
    stated: list[Float[np.ndarray, " times"]] = []
    for number, chances in enumerate(reference):
        # organisms speak of utilities in ascending order, which is times in descending order
        of_utilities = trial.organism.states_chances(trial.task, _row(instances, number), chances[::-1])
        stated.append(np.asarray(of_utilities, float)[::-1])
    return float(np.mean(bits_of_chances(np.stack(stated), reference)))


def _row(tree: PyTree[Array], number: int) -> PyTree[np.ndarray]:
    return jax.tree.map(lambda leaf: np.asarray(leaf[number]), tree)
