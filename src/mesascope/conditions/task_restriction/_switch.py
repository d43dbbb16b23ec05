"""Where the equation says that services stop computing at run time, and where they do."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ...lab import Store, Training
from ...theory import Curve, Curves, Prediction, predict
from .._ledger import Ledger
from ..toy_model import novel_bits, tuned_bits
from ._services import Plan


class Switch(NamedTuple):
    """What the equation predicts of services whose slices are drawn at random.

    Fields:
        counts: K.
        ceiling: B, bits of a best policy on novel mazes.
        predicted: novel and tuned bits of a service, for each K.
    """

    counts: tuple[int, ...]
    ceiling: float
    predicted: Prediction


def read_switch(
    store: Store, unlimited: list[Training], single: list[Training], counts: tuple[int, ...], plan: Plan
) -> Switch | None:
    """The prediction from the curves that are finished; None where one of them is missing or of a single seed.

    Each of K services spends t/K visits on N/K mazes. Of its visits, sigma buy run-time bits at the price measured at
    unlimited N, and the others tuned bits at the price measured at N = 1: the switch lies where f'(x) = N/K.
    """
    run, one = ([Ledger(record) for record in store.records(trials)] for trials in (unlimited, single))
    if min(len(run), len(one)) < 2 or any(ledger.record.failed for ledger in run + one):
        return None
    steps, ceiling = run[0].steps(), run[0].mean("novel-ceiling")
    run_time = np.mean(novel_bits(run, steps, "novel-tempered"), axis=0)
    tuning = np.mean(tuned_bits(1, one, steps, ceiling), axis=0)
    curves = Curves(
        Curve.measured(np.array(steps, float) * run[0].record.trial.batch, run_time),
        Curve.measured(np.array(steps, float) * one[0].record.trial.batch, tuning),
        ceiling,
    )
    sizes = np.array([plan.instances / count for count in counts])
    visits = np.array([plan.steps // count * min(plan.batch, plan.instances // count) for count in counts])
    return Switch(counts, ceiling, predict(visits, sizes, curves))


def half_way(counts: tuple[int, ...], bits: Float[np.ndarray, " counts"]) -> float | None:
    """The K at which a quantity falls to half of what the general learner has, between K on an octave scale.

    None where it never does.
    """
    below = np.flatnonzero(bits < bits[0] / 2)
    if not len(below):
        return None
    k = below[0]
    share = (bits[k - 1] - bits[0] / 2) / (bits[k - 1] - bits[k])
    return float(2 ** (np.log2(counts[k - 1]) + share * np.log2(counts[k] / counts[k - 1])))
