"""Intervals over training seeds."""

import numpy as np
from jaxtyping import Float

from ..outcomes import Estimate


def mean_interval(values: Float[np.ndarray, " seeds"], level: float = 0.95) -> Estimate:
    """The mean over seeds with Student's interval.

    Args:
        values: one number a training seed.
        level: coverage.

    Returns:
        The mean and its limits; infinite limits for a single seed, which says nothing of the spread.

    Raises:
        ValueError: there is no value, or one that is not finite.
    """
    from scipy.stats import t as student

    values = np.asarray(values, float)
    if len(values) == 0 or not np.all(np.isfinite(values)):
        raise ValueError(f"mean_interval({values}): needs at least one value, all finite; report failed seeds apart.")
    mean = float(np.mean(values))
    if len(values) == 1:
        return Estimate(mean, -np.inf, np.inf)
    margin = student.ppf((1 + level) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return Estimate(mean, mean - float(margin), mean + float(margin))


def slope_interval(x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"], level: float = 0.95) -> Estimate:
    """The least-squares slope of y over x with Student's interval.

    Raises:
        ValueError: there are fewer than three points, or all have the same x.
    """
    from scipy.stats import linregress, t as student

    if len(x) < 3 or np.ptp(x) == 0:
        raise ValueError(f"slope_interval(x={x}): needs at least three points, not all at the same x.")
    fit = linregress(x, y)
    margin = float(student.ppf((1 + level) / 2, len(x) - 2) * fit.stderr)
    return Estimate(float(fit.slope), float(fit.slope) - margin, float(fit.slope) + margin)
