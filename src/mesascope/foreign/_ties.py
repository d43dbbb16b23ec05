"""Near ties: how far rounding alone may set utilities of equal outcomes apart."""

import dataclasses
import functools
from collections.abc import Iterable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..outcomes import AbstractTail, Estimate

EXACT = 16
"""Binary digits up to which a fraction is taken for exact, as 0.5 and 0.375 are."""

SINGLE = 41
"""Binary digits up to which numbers are taken for sums of single precision, whose own are 24."""

OF_SINGLE, OF_DOUBLE = 2.0**-18, 2.0**-40
"""Tolerances relative to the size: rounding of single precision, and of double precision, added up over an episode."""

HALVES = ("float16", "bfloat16")


@dataclasses.dataclass(frozen=True)
class Rounding:
    """What tells how far rounding may set equal utilities apart.

    Fields:
        size: largest sum of absolute rewards of an episode, or largest absolute utility where it is no return.
        rewards: most binary digits of a reward; 0 where all are whole.
        utility: most binary digits of a utility; those of the rewards where it is their sum.
        coarse: distance of 1 from the next number in the 16-bit type of the rewards or utilities; 0 where none is.
    """

    size: float
    rewards: int
    utility: int
    coarse: float = 0.0

    @property
    def tolerance(self) -> float:
        """Utilities that differ by no more are tied; 0 where they are whole numbers."""
        if self.utility == 0:
            return 0.0
        return self.size * max(_relative(self.rewards), _relative(self.utility), 8 * self.coarse)


def joined(roundings: Iterable[Rounding]) -> Rounding:
    """The rounding of several episodes together."""

    def widest(one: Rounding, two: Rounding) -> Rounding:
        return Rounding(*map(max, dataclasses.astuple(one), dataclasses.astuple(two)))

    return functools.reduce(widest, roundings)


def num_digits(value: float) -> int:
    """Number of binary digits of a finite number; 0 where it is whole."""
    numerator, denominator = value.as_integer_ratio()
    return abs(numerator).bit_length() if denominator > 1 else 0


def coarseness(value: object) -> float:
    """The distance of 1 from the next number where a value is of a 16-bit type, else 0."""
    # PyTorch's types are named torch.bfloat16
    kind = str(getattr(value, "dtype", "")).rpartition(".")[2]
    return float(jnp.finfo(kind).eps) if kind in HALVES else 0.0


def rounding_of_table(utilities: Iterable[float]) -> Rounding:
    """The rounding of utilities of which only the values are known, as text or of a column."""
    utilities = list(utilities)
    digits = max(map(num_digits, utilities))
    with np.errstate(over="ignore"):
        if digits > SINGLE and all(float(str(np.float32(utility))) == utility for utility in utilities):
            # written in the few decimal digits that single precision has
            digits = SINGLE
    return Rounding(max(map(abs, utilities)), digits, digits)


def num_near(utilities: np.ndarray, reference: np.ndarray, tolerance: float) -> int:
    """Number of outcomes of the reference that only the tolerance ties to one of the policy's."""
    own = np.unique(utilities)
    apart = np.abs(reference[:, None] - own[None])
    return int(np.sum(np.any((apart > 0) & (apart <= tolerance), axis=1)))


class TolerantTail(AbstractTail):
    """A tail that takes utilities for equal where they differ by no more than a tolerance.

    Fields:
        tail: tells utilities apart exactly.
        tolerance: not negative.
    """

    tail: AbstractTail
    tolerance: float

    def log2_survival(self, utility: Float[Array, "*batch atoms"], strict: bool = False) -> Estimate:
        bound = np.asarray(utility, float) + (self.tolerance if strict else -self.tolerance)
        return self.tail.log2_survival(bound, strict)


def _relative(digits: int) -> float:
    return OF_SINGLE if EXACT < digits <= SINGLE else OF_DOUBLE
