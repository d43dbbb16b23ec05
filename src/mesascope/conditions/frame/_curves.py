"""Curves along training or over the knob: what they reach, where they cross a level, and what the equation predicts."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ...theory import Curve, Curves, Prediction, predict
from ._cells import Runs
from ._measures import tuned_at


def novel_curves(runs: Runs, steps: Sequence[int], view: str = "novel-tempered") -> Float[np.ndarray, "seeds steps"]:
    """Bits on novel instances at checkpoints, a row a ledger."""
    return np.array([[ledger.mean(view, step=step) for step in steps] for ledger in runs.ledgers])


def tuned_curves(runs: Runs, steps: Sequence[int], ceiling: float) -> Float[np.ndarray, "seeds steps"]:
    """Tuned bits at checkpoints, a row a ledger, on the scale of the evaluation set.

    A small pool of long mazes has room for more bits than others.

    Args:
        runs: of one cell, at two seeds or more.
        steps: checkpoints.
        ceiling: bits of a best policy on the evaluation set.
    """
    measures = [tuned_at(step) for step in steps]
    scales = [ceiling / ledger.mean("own-ceiling") for ledger in runs.ledgers]
    return np.array([[m.of(ledger, runs) * scale for m in measures] for ledger, scale in zip(runs.ledgers, scales)])


def predicted_by_equation(
    unlimited: Runs, single: Runs, sizes: Sequence[float], visits: Sequence[float]
) -> Prediction | None:
    """Novel and tuned bits at each N and number of visits by the equation of section 2.1, with nothing fitted.

    Args:
        unlimited: networks at unlimited N, whose novel bits are the price of run-time power.
        single: networks at N = 1, whose tuned bits are the price of tuning.
        sizes: N.
        visits: gradients of single instances in all, at each N.

    Returns:
        None where a curve is missing, of a single seed, or diverged.
    """
    both = [*unlimited.ledgers, *single.ledgers]
    if min(len(unlimited.by), len(single.by)) < 2 or any(ledger.record.failed for ledger in both):
        return None
    steps, ceiling = unlimited.ledgers[0].steps(), unlimited.ledgers[0].mean("novel-ceiling")
    bought = novel_curves(unlimited, steps), tuned_curves(single, steps, ceiling)
    curves = [
        Curve.measured(np.array(steps, float) * runs.trial.batch, np.mean(bits, axis=0))
        for runs, bits in zip((unlimited, single), bought)
    ]
    return predict(np.array(visits), np.array(sizes), Curves(*curves, ceiling))


def crossing(x: Sequence[float], y: Sequence[float], level: float) -> float | None:
    """The x at which y falls below a level, between points on an octave scale; None where it never does."""
    below = np.flatnonzero(np.asarray(y) < level)
    if not len(below) or below[0] == 0:
        return None if not len(below) else float(x[0])
    k = below[0]
    share = (y[k - 1] - level) / (y[k - 1] - y[k])
    return float(2 ** (np.log2(x[k - 1]) + share * np.log2(x[k] / x[k - 1])))
