"""The prediction without a free parameter: two measured curves, and the toy model between them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

NUM_SPLITS = 4001
"""Ways to divide the visits that are compared."""

LEVEL = 1e-9
"""How near to the best two divisions count as equally good, in bits."""


class Curve(NamedTuple):
    """Bits over visits, as measured; linear in between, and constant beyond the last point.

    Fields:
        visits: ascending, from 0 on.
        bits: at those; a running maximum is taken, since what has been learned need not be used worse.
    """

    visits: Float[np.ndarray, " points"]
    bits: Float[np.ndarray, " points"]

    def at(self, visits: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Interpolated bits."""
        return np.interp(visits, self.visits, np.maximum.accumulate(self.bits))


class Prediction(NamedTuple):
    """What the model predicts for one cell of the grid, in bits.

    Fields:
        novel, tuned: at the best division with the fewest visits for run-time power.
        novel_low, novel_high: over all equally good divisions.
        at_ceiling: the best total is the ceiling, so that many divisions are equally good: do not score.
        extrapolated: a curve was needed beyond its last point.
    """

    novel: float
    tuned: float
    novel_low: float
    novel_high: float
    at_ceiling: bool
    extrapolated: bool


def predict(visits: float, instances: float, run_time: Curve, tuning: Curve, ceiling: float) -> Prediction:
    """How a budget of visits divides between run-time power and tuning, if both were bought at measured prices.

        sigma* = argmax over 0 <= sigma <= t of  min(B, X(sigma) + g((t - sigma) / N))
        novel = X(sigma*)        tuned = min(B - X(sigma*), g((t - sigma*) / N))

    f is the inverse of X, in visits, and no constant of bits per step is needed. (SCIENCE, section 7.)

    Args:
        visits: t, gradients of single instances in all.
        instances: N.
        run_time: X, novel bits over visits at unlimited N.
        tuning: g, tuned bits over visits at N = 1.
        ceiling: B, bits of a best policy.

    Raises:
        ValueError: visits are negative, N is below 1, or a curve does not begin at 0 and ascend.
    """
    if not visits >= 0 or not instances >= 1:
        raise ValueError(f"predict(visits={visits}, instances={instances}): visits are at least 0 and N at least 1.")
    for name, curve in (("run_time", run_time), ("tuning", tuning)):
        if curve.visits[0] != 0 or np.any(np.diff(curve.visits) <= 0):
            raise ValueError(f"predict({name}): visits begin at 0 and ascend; given {curve.visits}.")
    # all kinks of both curves are among the divisions that are compared
    kinks = np.concatenate([run_time.visits, visits - instances * tuning.visits])
    even = np.linspace(0, visits, NUM_SPLITS)
    splits = np.unique(np.clip(np.concatenate([even, kinks]), 0, visits))
    novel = run_time.at(splits)
    tuned = tuning.at((visits - splits) / instances)
    total = np.minimum(ceiling, novel + tuned)
    best = np.flatnonzero(total >= np.max(total) - LEVEL)
    first = best[0]
    return Prediction(
        float(novel[first]),
        float(min(max(ceiling - novel[first], 0), tuned[first])),
        float(np.min(novel[best])),
        float(np.max(novel[best])),
        bool(np.max(total) >= ceiling - LEVEL),
        bool(visits > run_time.visits[-1] or visits / instances > tuning.visits[-1]),
    )
