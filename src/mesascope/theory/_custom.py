"""A cost given as a callable."""

import dataclasses
from collections.abc import Callable

import numpy as np

from ._costs import AbstractCost
from ._inversion import last_true

STEP = 1e-3  # relative; balances rounding (1e-16 / STEP) and truncation (STEP^4)


@dataclasses.dataclass(frozen=True)
class Custom(AbstractCost):
    """f as a function of an array.

    Fields:
        function: x, 0 or more, to base bits; keeps the shape; f(0) = 0; never falls.
        derivative: f' for x above 0; a five-point difference, good to about 12 digits where f is smooth, if None.

    The solver looks at f in steps of 3% of x: an optimum in a bend finer than that may be missed.

    Raises:
        ValueError: when evaluated, for a wrong shape and numbers that are not finite, negative, falling, or not 0 at 0.

    Example:
        >>> Custom(lambda x: 0.5 * x**2).inverse([2.0, 8.0]).tolist()
        [2.0, 4.0]
    """

    function: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray], np.ndarray] | None = None

    def __post_init__(self):
        at_zero = self.value(np.zeros(1))[0]
        if at_zero != 0:
            raise ValueError(
                f"Custom(function): f(0) is 0, for no run-time optimizer is free; it is {at_zero}; "
                "subtract it, and from power likewise."
            )

    def value(self, x):
        x = np.asarray(x, float)
        found = np.asarray(self.function(x), float)
        if found.shape != x.shape:
            raise ValueError(
                f"Custom(function): maps shape {x.shape} to {found.shape}; f keeps the shape; see numpy.vectorize."
            )
        _check_values("Custom(function)", x, found)
        return found

    def slope(self, x):
        x = np.asarray(x, float)
        if self.derivative is not None:
            return np.asarray(self.derivative(x), float)
        h = STEP * x
        near, far = self.value(x + h) - self.value(x - h), self.value(x + 2 * h) - self.value(x - 2 * h)
        return (8 * near - far) / (12 * np.where(h > 0, h, np.inf))

    def inverse(self, power):
        power = np.asarray(power, float)
        wanted, back = np.unique(power, return_inverse=True)
        high = np.ones(wanted.shape)
        for _ in range(1000):
            affordable = self.value(high) <= wanted
            if not affordable.any():
                break
            high = np.where(affordable, 2 * high, high)
        found = last_true(lambda x: self.value(x) <= wanted, np.zeros(wanted.shape), high)
        return np.where(affordable, np.inf, found)[back].reshape(power.shape)

    def knots(self):
        return np.empty(0)


def _check_values(call: str, x: np.ndarray, found: np.ndarray) -> None:
    order = np.argsort(x, axis=None)
    x, found = x.ravel()[order], found.ravel()[order]
    bad = ~np.isfinite(found) | (found < 0)
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(
            f"{call}: f is finite and 0 or more; f({x[i]:g}) = {found[i]}; clip it, or give the model a cap."
        )
    # rounding may let a flat f fall by some last digits
    falls = np.diff(found) < -1e-12 * found[1:]
    if falls.any():
        i = int(np.argmax(falls))
        raise ValueError(
            f"{call}: f never falls, for who can do more can do less; "
            f"f({x[i]:g}) = {found[i]:g} and f({x[i + 1]:g}) = {found[i + 1]:g}; take its running maximum."
        )
