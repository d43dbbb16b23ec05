"""The prediction without a free parameter: two measured curves, and the toy model between them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

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

    @classmethod
    def measured(cls, visits: Float[np.ndarray, " points"], bits: Float[np.ndarray, " points"]) -> "Curve":
        """A curve through measured points; nothing is known before the first visit."""
        return cls(np.append(0.0, visits), np.append(0.0, bits))

    def at(self, visits: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Interpolated bits."""
        return np.interp(visits, self.visits, np.maximum.accumulate(self.bits))


class Curves(NamedTuple):
    """What is measured before anything is predicted.

    Fields:
        run_time: X, novel bits over visits at unlimited N.
        tuning: g, tuned bits over visits at N = 1.
        ceiling: B, bits of a best policy.
    """

    run_time: Curve
    tuning: Curve
    ceiling: float


class Prediction(NamedTuple):
    """What a model predicts for each cell of a grid, in bits.

    Fields:
        novel, tuned: at the best division with the fewest visits for run-time power.
        novel_low, novel_high: over all equally good divisions.
        at_ceiling: the best total is the ceiling, so that many divisions are equally good: do not score.
        extrapolated: a curve was needed beyond its last point.
    """

    novel: Float[np.ndarray, "..."]
    tuned: Float[np.ndarray, "..."]
    novel_low: Float[np.ndarray, "..."]
    novel_high: Float[np.ndarray, "..."]
    at_ceiling: Bool[np.ndarray, "..."]
    extrapolated: Bool[np.ndarray, "..."]


def predict(visits: ArrayLike, instances: ArrayLike, curves: Curves) -> Prediction:
    """How budgets of visits divide between run-time power and tuning, if both were bought at measured prices.

        sigma* = argmax over 0 <= sigma <= t of  min(B, X(sigma) + g((t - sigma) / N))
        novel = X(sigma*)        tuned = min(B - X(sigma*), g((t - sigma*) / N))

    f is the inverse of X, in visits, and no constant of bits per step is needed. Both curves have straight pieces, so
    that the best division lies at a kink of one of them, or on the piece where the ceiling is met.

    Args:
        visits: t, gradients of single instances in all.
        instances: N, broadcast against the visits.
        curves: X, g and B.

    Raises:
        ValueError: visits are negative, N is below 1, or a curve does not begin at 0 and ascend.
    """
    return divide(visits, instances, curves, divisor=np.asarray(instances, float))


def divide(
    visits: ArrayLike,
    instances: ArrayLike,
    curves: Curves,
    divisor: Float[np.ndarray, "..."],
    slowness: ArrayLike = 1.0,
    need: ArrayLike | None = None,
) -> Prediction:
    """As `predict`, with what rivals change.

    Args:
        visits: t.
        instances: N.
        curves: X, g and B.
        divisor: visits for one visit of every instance: N in the model as written.
        slowness: X becomes X(sigma / slowness).
        need: bits beyond which nothing counts, in place of B.

    Raises:
        ValueError: as `predict`.
    """
    check_cells(visits, instances, curves)
    numbers = np.broadcast_arrays(visits, divisor, slowness, curves.ceiling if need is None else need)
    shape = numbers[0].shape
    t, d, slow, need = (np.asarray(values, float).reshape(-1, 1) for values in numbers)
    kinks = np.concatenate([slow * curves.run_time.visits, t - d * curves.tuning.visits, 0 * t, t], axis=1)
    splits = np.sort(np.clip(kinks, 0, t), axis=1)
    total = curves.run_time.at(splits / slow) + curves.tuning.at((t - splits) / d)
    fewest, most = _best(splits, total, need)
    novel_low, novel_high = (curves.run_time.at(split / slow[:, 0]) for split in (fewest, most))
    tuned = np.minimum(np.maximum(need[:, 0] - novel_low, 0), curves.tuning.at((t[:, 0] - fewest) / d[:, 0]))
    beyond = (t / slow > curves.run_time.visits[-1]) | (t / d > curves.tuning.visits[-1])
    fields = (novel_low, tuned, novel_low, novel_high, np.max(total, axis=1) >= need[:, 0] - LEVEL, beyond[:, 0])
    return Prediction(*(np.reshape(field, shape) for field in fields))


def check_cells(visits: ArrayLike, instances: ArrayLike, curves: Curves) -> None:
    """Raises a ValueError for cells that cannot be and curves that are none."""
    if not np.all(np.asarray(visits) >= 0) or not np.all(np.asarray(instances) >= 1):
        raise ValueError(f"predict(visits={visits}, instances={instances}): visits are at least 0 and N at least 1.")
    for name, curve in (("run_time", curves.run_time), ("tuning", curves.tuning)):
        if curve.visits[0] != 0 or np.any(np.diff(curve.visits) <= 0):
            raise ValueError(f"predict({name}): visits begin at 0 and ascend; given {curve.visits}.")


def _best(
    splits: Float[np.ndarray, "cells kinks"],
    total: Float[np.ndarray, "cells kinks"],
    need: Float[np.ndarray, "cells 1"],
):
    """The fewest and the most visits for run-time power among the best divisions of each cell."""
    near = total >= np.minimum(np.max(total, axis=1, keepdims=True), need) - LEVEL
    first = np.argmax(near, axis=1)
    last = near.shape[1] - 1 - np.argmax(near[:, ::-1], axis=1)
    return _met(splits, total, need[:, 0], first, first - 1), _met(splits, total, need[:, 0], last, last + 1)


def _met(splits, total, need, inside, outside) -> Float[np.ndarray, " cells"]:
    """Where the total meets the need between a kink at which it is good enough and the next one, at which it is not."""
    rows = np.arange(len(splits))
    outside = np.clip(outside, 0, splits.shape[1] - 1)
    good, bad = total[rows, inside], total[rows, outside]
    share = np.divide(good - need, good - bad, out=np.zeros_like(good), where=(good > need) & (bad < need))
    return splits[rows, inside] + share * (splits[rows, outside] - splits[rows, inside])
