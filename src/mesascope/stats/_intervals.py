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


def difference_interval(
    ones: Float[np.ndarray, " ones"], others: Float[np.ndarray, " others"], level: float = 0.95
) -> Estimate:
    """Difference of the means of two independent samples with Welch's interval, which allows unequal variances.

    Args:
        ones: two numbers or more.
        others: two numbers or more, whose mean is taken from that of `ones`.
        level: coverage.
    """
    from scipy.stats import ttest_ind

    limits = ttest_ind(ones, others, equal_var=False).confidence_interval(level)
    return Estimate(float(np.mean(ones) - np.mean(others)), float(limits.low), float(limits.high))
