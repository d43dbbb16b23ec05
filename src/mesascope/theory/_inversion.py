"""Numeric inverse of a function that never falls."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

MAX_HALVINGS = 1100  # from the largest float to the smallest


def last_true(
    holds: Callable[[Float[np.ndarray, " n"]], Bool[np.ndarray, " n"]],
    low: Float[np.ndarray, " n"],
    high: Float[np.ndarray, " n"],
    floor: float = 0.0,
) -> Float[np.ndarray, " n"]:
    """The largest x in [`low`, `high`] up to which `holds(x)` is true, by bisection to the last digit or to `floor`.

    Args:
        holds: true at `low` and, from some x on, false.
        low: where it holds.
        high: where it does not.
        floor: differences below it do not matter.
    """
    low, high = np.array(low, float), np.array(high, float)
    for _ in range(MAX_HALVINGS):
        middle = low + (high - low) / 2
        if not np.any((middle > low) & (middle < high) & (high - low > 4e-16 * high + floor)):
            break
        true = holds(middle)
        low, high = np.where(true, middle, low), np.where(true, high, middle)
    return low
