"""Where the median of a quantity comes to stay above a level."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..outcomes import Estimate

RESAMPLES = 2000
"""Of the units at each size, for the interval."""


def crossover(sizes: Sequence[float], measured: Sequence[Float[np.ndarray, " units"]], level: float) -> Estimate | None:
    """The size from which on the median over units exceeds a level, with the 95% interval over resampled units.

    Infinite where that size is beyond the largest.

    Args:
        sizes: rising; without any there is no crossover.
        measured: of each size, the quantity of each unit.
        level: what it is compared with.
    """
    if not len(sizes):
        return None
    ends, generator = np.array([*sizes, np.inf]), np.random.default_rng(0)

    def first(medians: Float[np.ndarray, "sizes draws"]) -> Float[np.ndarray, " draws"]:
        # the largest size that does not exceed ends what comes before it
        beyond = np.cumprod((medians > level)[::-1], axis=0)[::-1].sum(axis=0).astype(int)
        return ends[len(sizes) - beyond]

    drawn = [np.median(v[generator.integers(len(v), size=(RESAMPLES, len(v)))], axis=1) for v in measured]
    value = first(np.array([[np.median(values)] for values in measured]))[0]
    low, high = np.quantile(first(np.array(drawn)), [0.025, 0.975], method="nearest")
    return Estimate(float(value), float(low), float(high))
