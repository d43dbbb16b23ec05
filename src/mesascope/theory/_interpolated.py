"""A cost read off measurements."""

import dataclasses
import functools
from typing import Literal

import numpy as np

from ._costs import AbstractCost
from ._inversion import last_true


@dataclasses.dataclass(frozen=True)
class Interpolated(AbstractCost):
    """f through measured points, from (0, 0) on, monotone between them and marked where it goes beyond them.

    Beyond the last point it goes on with the slope of the last piece. With straight pieces the best x is always a
    measured one (or the most that can be paid for), since f' changes nowhere else; `pchip` has no such preference.

    Fields:
        x: measured run-time bits, ascending; one may be 0.
        cost: base bits for each, never falling, higher at the last point than at the one before.
        shape: `linear` for straight pieces, `pchip` for monotone cubic ones.

    Raises:
        ValueError: numbers that are negative or not finite, lists of unlike length, x that does not ascend, a cost that
            falls, a cost above 0 at x = 0, a last piece that is flat.

    Example:
        >>> Interpolated((10, 20), (50, 200)).value([5, 15, 30]).tolist()
        [25.0, 125.0, 350.0]

    References:
        Fritsch & Butland (1984) for monotone cubic pieces.
    """

    x: tuple[float, ...]
    cost: tuple[float, ...]
    shape: Literal["linear", "pchip"] = "linear"

    def __post_init__(self):
        for name in ("x", "cost"):
            object.__setattr__(self, name, tuple(float(value) for value in getattr(self, name)))
        _check_points(self.x, self.cost)
        if self.shape not in ("linear", "pchip"):
            raise ValueError(
                f"Interpolated(shape={self.shape!r}): shape is 'linear' or 'pchip'; leave it out for linear."
            )

    def value(self, x):
        x = np.asarray(x, float)
        xs, costs = self._points
        inside = np.interp(x, xs, costs) if self._cubic is None else self._cubic(np.minimum(x, xs[-1]))
        return inside + self._last_slope * np.maximum(x - xs[-1], 0)

    def slope(self, x):
        x = np.asarray(x, float)
        xs, costs = self._points
        if self._cubic is not None:
            return np.where(x > xs[-1], self._last_slope, self._cubic_slope(np.minimum(x, xs[-1])))
        piece = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(xs) - 2)
        return (np.diff(costs) / np.diff(xs))[piece]

    def inverse(self, power):
        power = np.asarray(power, float)
        xs, costs = self._points
        left = np.minimum(np.searchsorted(costs, power, side="right") - 1, len(xs) - 2)
        beyond = xs[-1] + (power - costs[-1]) / self._last_slope
        if self._cubic is None:
            rise = np.maximum(np.diff(costs)[left], 1e-300)
            inside = xs[left] + np.diff(xs)[left] * np.minimum((power - costs[left]) / rise, 1.0)
        else:
            flat = power.ravel()
            low, high = xs[left].ravel(), xs[left + 1].ravel()
            inside = last_true(lambda x: self._cubic(x) <= flat, low, high).reshape(power.shape)
        return np.where(power >= costs[-1], beyond, inside)

    def knots(self):
        return np.array(self.x)

    @functools.cached_property
    def _points(self):
        xs, costs = np.array(self.x), np.array(self.cost)
        return (xs, costs) if xs[0] == 0 else (np.append(0.0, xs), np.append(0.0, costs))

    @functools.cached_property
    def _cubic(self):
        if self.shape == "linear":
            return None
        from scipy.interpolate import PchipInterpolator

        return PchipInterpolator(*self._points)

    @functools.cached_property
    def _cubic_slope(self):
        return self._cubic.derivative()

    @functools.cached_property
    def _last_slope(self):
        xs, costs = self._points
        return (costs[-1] - costs[-2]) / (xs[-1] - xs[-2])


def _check_points(x: tuple[float, ...], cost: tuple[float, ...]) -> None:
    call = f"Interpolated(x={x}, cost={cost})"
    if len(x) != len(cost) or len(x) == 0 or x == (0.0,):
        raise ValueError(f"{call}: needs as many costs as x, at least one point beyond x = 0; give measured pairs.")
    if not np.all(np.isfinite(x + cost)) or min(x + cost) < 0:
        raise ValueError(f"{call}: all numbers are finite and 0 or more; leave out what was not measured.")
    for i in range(1, len(x)):
        if x[i] <= x[i - 1]:
            raise ValueError(f"{call}: x ascends, but {x[i]} follows {x[i - 1]}; sort, and average repeated x.")
        if cost[i] < cost[i - 1]:
            raise ValueError(
                f"{call}: a cost never falls, but {cost[i]} at x = {x[i]} follows {cost[i - 1]} at x = {x[i - 1]}; "
                "take the running maximum or an isotonic fit."
            )
    if x[0] == 0 and cost[0] > 0:
        raise ValueError(
            f"{call}: f(0) is 0, for no run-time optimizer is free; subtract {cost[0]} from power and costs."
        )
    if cost[-1] == (cost[-2] if len(cost) > 1 else 0.0):
        raise ValueError(f"{call}: the last piece is flat, so that x has no limit; leave out the last point.")
