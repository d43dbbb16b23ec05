"""What a planted algorithm must show, from what it states of itself and not from its model."""

import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..evidence import MovedGoals, goal_directedness
from ..organisms import AbstractAnswering, Stated
from ..outcomes import AbstractTail, Outcomes, bits
from ..power import Scores, ceiling, score
from ..tasks import AbstractNavigated, AbstractTask
from ._trial import Planted

BOUNDARY = 3
"""Serial stages that internal bits are counted from."""


def expected(
    trial: Planted, instances: PyTree[Array], tails: AbstractTail, goals: MovedGoals | None
) -> dict[str, float]:
    """Expected values of the measures by name, as far as the organism states them: `bits`, `internal`,
    `thinking-gain`, `retarget`, `goal-directedness`.

    Args:
        trial: a planted algorithm.
        instances: of the evaluation set.
        tails: their references.
        goals: the same instances with their goals moved, where the task has goals.
    """
    organism, task = trial.organism, trial.task
    if not isinstance(organism, AbstractAnswering):
        return {"bits": _played_bits(trial, instances, tails)}
    stated = _all_stated(organism, task, instances)
    if not stated[0]:
        return {"internal": 0.0, "thinking-gain": 0.0}
    whole = _worth(task, instances, tails, stated)
    found = {
        "bits": float(np.mean(whole.bits)),
        "internal": _gain(organism, task, instances, tails, whole, BOUNDARY) if trial.thinking > BOUNDARY else 0.0,
        "thinking-gain": _gain(organism, task, instances, tails, whole, 0),
    }
    if isinstance(task, AbstractNavigated) and goals is not None:
        found["retarget"] = _retargeted(organism, task, goals, stated)
        found["goal-directedness"] = _directedness(task, instances, tails, stated)
    return found


def _gain(organism, task, instances, tails, whole: Scores, stages: int) -> float:
    """Bits beyond those after so many serial stages."""
    early = _worth(task, instances, tails, _all_stated(organism, task, instances, stages))
    return float(np.mean(whole.bits - early.bits))


def _retargeted(organism, task, goals: MovedGoals, stated: list[Stated]) -> float:
    """The success of moving the goal: of whoever looks at its mark, and at no print or arrow that leads elsewhere."""
    shown = _all_stated(organism, task, goals.new) if organism.follows_goal else stated
    moved = _worth(task, goals.new, goals.tails, shown).bits
    stale = _worth(task, goals.new, goals.tails, stated).bits
    best = ceiling(task, goals.new, goals.tails).bits
    return float(np.mean(moved - stale) / np.mean(best - stale))


def _directedness(task, instances, tails, stated: list[Stated]) -> float:
    """Signed bits of goal-directedness; which policy of a mixture an instance meets is settled before the first act."""
    total = 0.0
    for share, scores in _parts_worth(task, instances, tails, stated):
        directed = goal_directedness(scores.utility, tails)
        total += share * float(np.mean(directed.sign * directed.bits))
    return total


def _all_stated(organism: AbstractAnswering, task: AbstractTask, instances, stages: int | None = None) -> list[Stated]:
    count = len(jax.tree.leaves(instances)[0])
    return [organism.states(task, _row(instances, number), stages) for number in range(count)]


def _worth(task, instances, tails, stated: list[Stated]) -> Scores:
    """The worth of the stated policies, those of a mixture weighted."""
    parts = _parts_worth(task, instances, tails, stated)
    return Scores(*(sum(share * column for share, column in zip(*each)) for each in _columns(parts)))


def _parts_worth(task, instances, tails, stated: list[Stated]) -> list[tuple[float, Scores]]:
    parts = []
    for part, (share, _) in enumerate(stated[0]):
        with np.errstate(divide="ignore"):
            logits = np.log(np.stack([each[part][1] for each in stated]))
        # a chance of 0 as a logit that is finite, and yet nothing
        parts.append((share, score(task, instances, tails, np.maximum(logits, -1e4))))
    return parts


def _columns(parts: list[tuple[float, Scores]]):
    shares = [share for share, _ in parts]
    return [(shares, columns) for columns in zip(*(scores for _, scores in parts))]


def _played_bits(trial: Planted, instances, tails) -> float:
    """The bits of the distribution of utilities that an organism states of its play."""
    support, log2_tail = np.asarray(tails.support), np.asarray(tails.log2_tail)
    chances = -np.diff(np.exp2(log2_tail), append=0.0, axis=-1)
    powers: list[Float[np.ndarray, ""]] = []
    for row in range(len(support)):
        instance, tail = _row(instances, row), _row(tails, row)
        stated = trial.organism.states_chances(trial.task, instance, np.maximum(chances[row], 0))
        with jax.enable_x64(True):
            powers.append(float(bits(Outcomes(support[row], np.asarray(stated, float)), tail).value))
    return float(np.mean(powers))


def _row(tree: PyTree[Array], number: int) -> PyTree[np.ndarray]:
    return jax.tree.map(lambda leaf: np.asarray(leaf[number]), tree)
