"""f(x): base bits that must be spent to get a learned algorithm capable of x bits at run time."""

import abc
import dataclasses

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

from ._checks import check_not_negative, check_positive


class AbstractCost(abc.ABC):
    """A cost f with f(0) = 0 that never falls.

    Not to be confused with the run-time cost of performing x bits: f is paid once, by the base optimizer.
    """

    @abc.abstractmethod
    def value(self, x: ArrayLike) -> Float[np.ndarray, "..."]:
        """f(x) in base bits, for `x` in run-time bits, 0 or more."""

    @abc.abstractmethod
    def slope(self, x: ArrayLike) -> Float[np.ndarray, "..."]:
        """f'(x) for x above 0: the price of one more run-time bit in base bits."""

    @abc.abstractmethod
    def inverse(self, power: ArrayLike) -> Float[np.ndarray, "..."]:
        """F(power): the largest x that `power` base bits can pay for; infinite where there is no largest."""

    @abc.abstractmethod
    def knots(self) -> Float[np.ndarray, " knots"]:
        """Values of x that were measured, ascending; none for a formula."""

    def extrapolates(self, x: ArrayLike) -> Bool[np.ndarray, "..."]:
        """Whether f(x) rests on nothing measured: x beyond the last knot, or between 0 and the first."""
        x, knots = np.asarray(x, float), self.knots()
        if len(knots) == 0:
            return np.zeros(x.shape, bool)
        return (x > knots[-1]) | ((x > 0) & (x < knots[0]))


@dataclasses.dataclass(frozen=True)
class Linear(AbstractCost):
    """f(x) = a x.

    Fields:
        a: base bits for one run-time bit, above 0.
    """

    a: float

    def __post_init__(self):
        check_positive("Linear", a=self.a)

    def value(self, x):
        return self.a * np.asarray(x, float)

    def slope(self, x):
        return np.full(np.shape(x), float(self.a))

    def inverse(self, power):
        return np.asarray(power, float) / self.a

    def knots(self):
        return np.empty(0)


@dataclasses.dataclass(frozen=True)
class FixedPlusLinear(AbstractCost):
    """f(x) = c [x > 0] + a x: the first bit needs machinery, further ones cost the same each.

    Fields:
        c: base bits for any run-time optimizer at all, 0 or more.
        a: base bits for one run-time bit, above 0.
    """

    c: float
    a: float

    def __post_init__(self):
        check_not_negative("FixedPlusLinear", c=self.c)
        check_positive("FixedPlusLinear", a=self.a)

    def value(self, x):
        x = np.asarray(x, float)
        return np.where(x > 0, self.c, 0.0) + self.a * x

    def slope(self, x):
        return np.full(np.shape(x), float(self.a))

    def inverse(self, power):
        return np.maximum(np.asarray(power, float) - self.c, 0) / self.a

    def knots(self):
        return np.empty(0)


@dataclasses.dataclass(frozen=True)
class Power(AbstractCost):
    """f(x) = a x^k: each further bit is dearer (k > 1), as dear (k = 1) or cheaper (k < 1) than the one before.

    Fields:
        a: base bits for the first run-time bit, above 0.
        k: exponent, above 0.
    """

    a: float
    k: float

    def __post_init__(self):
        check_positive("Power", a=self.a, k=self.k)

    def value(self, x):
        with np.errstate(over="ignore"):
            return self.a * np.asarray(x, float) ** self.k

    def slope(self, x):
        with np.errstate(divide="ignore", over="ignore"):
            return self.a * self.k * np.asarray(x, float) ** (self.k - 1)

    def inverse(self, power):
        with np.errstate(over="ignore"):
            return (np.asarray(power, float) / self.a) ** (1 / self.k)

    def knots(self):
        return np.empty(0)


@dataclasses.dataclass(frozen=True)
class Exponential(AbstractCost):
    """f(x) = a (e^(b x) - 1): one more run-time bit multiplies the price of the next.

    Fields:
        a: scale in base bits, above 0.
        b: growth for each run-time bit, above 0; log 2 where every bit doubles the price.
    """

    a: float
    b: float

    def __post_init__(self):
        check_positive("Exponential", a=self.a, b=self.b)

    def value(self, x):
        with np.errstate(over="ignore"):
            return self.a * np.expm1(self.b * np.asarray(x, float))

    def slope(self, x):
        with np.errstate(over="ignore"):
            return self.a * self.b * np.exp(self.b * np.asarray(x, float))

    def inverse(self, power):
        return np.log1p(np.asarray(power, float) / self.a) / self.b

    def knots(self):
        return np.empty(0)
