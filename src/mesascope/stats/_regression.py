"""What several factors say of one quantity at once."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..outcomes import Estimate


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
    reach = student.ppf((1 + level) / 2, freedom) * errors
    return [Estimate(float(s), float(s - r), float(s + r)) for s, r in zip(slopes[1:], reach[1:])]
