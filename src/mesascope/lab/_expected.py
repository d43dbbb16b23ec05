"""What a planted algorithm must show, from what it states of itself: neither its model nor the meter is used."""

import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..evidence import MovedGoals
from ..organisms import AbstractAnswering, AbstractConcealing, AbstractRemembering, Stated, knows_within
from ..power import SIZES
from ..tasks import AbstractNavigated, Mnk
from ._levels import BOUNDARY
from ._oracle import Worth, bits_of_chances, decided_worth, directedness, reference_chances, walked_worth
from ._sets import own_set
from .trials import Planted

READING_REACH = max(size.layers * size.reach for size in SIZES)
"""Cells that the read-out with the widest view sees in each direction: it can go on with a search by as many steps."""


def expected(trial: Planted, instances: PyTree[Array], goals: MovedGoals | None) -> dict[str, float]:
    """Expected values of the measures by name, as far as the organism states them: `bits`, `thinking-gain`, `retarget`,
    `goal-directedness`; `internal`, by read-outs of one place; `own-internal`, on stored instances; and the bits that
    read-outs must find in its last stage (`read-last`), in the boundary's (`read-before`), and in these if they go on
    computing (`read-last-most`, `read-before-most`).

    Args:
        trial: an algorithm planted in mazes, or in positions of a game.
        instances: of the evaluation set.
        goals: the same instances with their goals moved, where the task has goals.
    """
    organism, task = trial.organism, trial.task
    if not isinstance(organism, AbstractAnswering):
        return {"bits": _played_bits(trial, instances)}
    stated = _all_stated(trial, instances)
    if not stated[0]:
        return {"internal": 0.0, "thinking-gain": 0.0}
    parts = _worths(task, instances, stated)
    at_once = _bits(trial, instances, _all_stated(trial, instances, 0))
    found = {"bits": _mean_bits(parts), "thinking-gain": _mean_bits(parts) - at_once, **_read(trial, instances)}
    if isinstance(organism, AbstractRemembering) and trial.thinking > BOUNDARY:
        own = own_set(trial).instances
        late, early = (_bits(trial, own, _all_stated(trial, own, stages)) for stages in (None, BOUNDARY))
        found["own-internal"] = late - early
    if isinstance(task, AbstractNavigated) and goals is not None:
        found["retarget"] = _retargeted(trial, goals, stated)
        reference = reference_chances(instances, task.horizon)
        found["goal-directedness"] = sum(
            share * float(np.mean(directedness(worth.utility, reference))) for share, worth in parts
        )
    return found


def _read(trial: Planted, instances: PyTree[Array]) -> dict[str, float]:
    """Bits that are accessible after the last stage and after the boundary's; nothing where that is not stated."""
    last = _all_stated(trial, instances, inside=True)
    if not last[0]:
        return {}
    stages = {"read-last-most": trial.thinking + READING_REACH}
    # without later stages than the boundary's there is nothing between the two
    if trial.thinking > BOUNDARY:
        stages |= {"read-before": BOUNDARY, "read-before-most": BOUNDARY + READING_REACH}
    each = {name: _all_stated(trial, instances, at, inside=True) for name, at in stages.items()}
    found = {name: _bits(trial, instances, stated) for name, stated in {"read-last": last, **each}.items()}
    return found | {"internal": found["read-last"] - found.get("read-before", found["read-last"])}


def _retargeted(trial: Planted, goals: MovedGoals, stated: list[Stated]) -> float:
    """The success of moving the goal: of whoever looks at its mark, and at no print or arrow that leads elsewhere."""
    shown = _all_stated(trial, goals.new) if trial.organism.follows_goal else stated
    stale = _bits(trial, goals.new, stated)
    best = _bits(trial, goals.new, [[(1.0, _best(_row(goals.new, i)))] for i in range(len(stated))])
    return (_bits(trial, goals.new, shown) - stale) / (best - stale)


def _best(maze) -> Float[np.ndarray, "rows columns 4"]:
    return knows_within(maze.passages, maze.goal, None)


def _all_stated(trial: Planted, instances, stages: int | None = None, inside: bool = False) -> list[Stated]:
    """What the organism states of each instance: of its answers, or of what is `inside` its memory."""
    organism, task = trial.organism, trial.task
    rows = [_row(instances, number) for number in range(len(jax.tree.leaves(instances)[0]))]
    if inside and isinstance(organism, AbstractConcealing):
        return [organism.conceals(task, row, stages) for row in rows]
    # read-outs are fitted on instances that are not stored: what it shows of those alone is what they learn to read
    learned = inside and organism.states(task, rows[0], stages)
    if isinstance(organism, AbstractRemembering) and not learned:
        stored = jax.tree.map(np.asarray, trial.instances())
        return [organism.recalls(task, row, stored, stages) for row in rows]
    return [organism.states(task, row, stages) for row in rows]


def _bits(trial: Planted, instances, stated: list[Stated]) -> float:
    """Mean bits of what is stated."""
    return _mean_bits(_worths(trial.task, instances, stated))


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
