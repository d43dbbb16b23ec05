"""How far a verdict is from chance: one-sided p-values, and Holm's correction over a family of them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def mean_p_value(values: Float[np.ndarray, " units"], threshold: float, above: bool) -> float:
    """Student's one-sided p of the null that the mean lies at a threshold, or on its other side.

    Args:
        values: one number a unit, two or more.
        threshold: what the mean is held against.
        above: whether the alternative is a mean above the threshold.

    Returns:
        A probability; 0 or 1 where the values do not vary.
    """
    from scipy.stats import t as student

    gap = (np.mean(values) - threshold) * (1 if above else -1)
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    if error == 0:
        return float(gap <= 0)
    return float(student.sf(gap / error, len(values) - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) adjusted p-values: at level a, all nulls with one below a can be rejected together.

        p of rank k of m:  max over ranks j <= k of min(1, (m - j + 1) p_j)

    Args:
        p_values: of a family of tests, in any order.

    Returns:
        The adjusted ones, in the same order.
    """
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    raised = np.minimum(np.maximum.accumulate(np.asarray(p_values, float)[order] * factors), 1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = raised
    return adjusted.tolist()
