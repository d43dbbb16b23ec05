"""What several factors say of one quantity at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..outcomes import Estimate
from ._crossed import Spread


def rises(
    values: Float[np.ndarray, " units"], factors: Sequence[Float[np.ndarray, " units"]], level: float = 0.95
) -> list[Estimate] | None:
    """By least squares, what a quantity rises by from the least of a factor to the greatest, the others held fixed.

    Args:
        values: the quantity, one number a unit.
        factors: each with one number a unit.
        level: coverage of Student's interval, of as many degrees of freedom as there are units beyond the coefficients.

    Returns:
        A rise for each factor; None where there are fewer than two degrees of freedom, or where a factor is the same
        for all units or follows from the others.
    """
    from scipy.stats import t as student

    if (fit := _fit(values, factors)) is None:
        return None
    reach = student.ppf((1 + level) / 2, fit.freedom) * fit.errors
    return [Estimate(float(s), float(s - r), float(s + r)) for s, r in zip(fit.rises, reach)]


def rise_p_value(
    values: Float[np.ndarray, " units"],
    factors: Sequence[Float[np.ndarray, " units"]],
    threshold: float,
    above: bool,
) -> float:
    """Student's one-sided p of the null that the rise by the first factor lies at a threshold, or on its other side.

    Args:
        values: the quantity, one number a unit.
        factors: each with one number a unit, of which `rises` makes an estimate.
        threshold: what the rise is held against.
        above: whether the alternative is a rise above the threshold.
    """
    from scipy.stats import t as student

    fit = _fit(values, factors)
    return float(student.sf((fit.rises[0] - threshold) * (1 if above else -1) / fit.errors[0], fit.freedom))


def rise_spread(values: Float[np.ndarray, " units"], factors: Sequence[Float[np.ndarray, " units"]]) -> Spread | None:
    """The rise by the first factor with its error; None where `rises` is."""
    fit = _fit(values, factors)
    return None if fit is None else Spread(float(fit.rises[0]), float(fit.errors[0]), fit.freedom)


class _Fit(NamedTuple):
    rises: Float[np.ndarray, " factors"]
    errors: Float[np.ndarray, " factors"]
    freedom: int


def _fit(values: Float[np.ndarray, " units"], factors: Sequence[Float[np.ndarray, " units"]]) -> _Fit | None:
    values = np.asarray(values, float)
    freedom = len(values) - len(factors) - 1
    if freedom < 2:
        return None
    spans = [np.ptp(factor) for factor in factors]
    if min(spans) == 0:
        return None
    # factors of like size, so that whether they are independent can be told
    design = np.stack([np.ones(len(values))] + [np.asarray(f, float) / s for f, s in zip(factors, spans)], axis=1)
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    slopes, *_ = np.linalg.lstsq(design, values, rcond=None)
    left = values - design @ slopes
    errors = np.sqrt(left @ left / freedom * np.diag(np.linalg.inv(design.T @ design)))
    return _Fit(slopes[1:], errors[1:], freedom)
