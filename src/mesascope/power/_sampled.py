"""Tails of references that were drawn, with exact limits."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..outcomes import AbstractTail, Estimate

LEVEL = 0.95
"""Coverage of the limits of everything that is drawn."""


class SampledTail(AbstractTail):
    """The tail of a reference of which independent outcomes were drawn.

    Limits are those of Clopper and Pearson (1934), carried through the logarithm: exact for every number of draws.
    Where no draw does as well, the value and the lower limit are -inf and the upper limit says what is known.

    Fields:
        draws: `(draws,)` utilities, ascending.
    """

    draws: Float[Array, " draws"]

    def log2_survival(self, utility: Float[Array, "*batch atoms"], strict: bool = False) -> Estimate:
        draws = np.asarray(self.draws)
        found = len(draws) - np.searchsorted(draws, np.asarray(utility), side="right" if strict else "left")
        return _log2(Estimate(found / len(draws), *binomial_limits(found, len(draws))))


def sampled_tail(utilities: Float[np.ndarray, " draws"]) -> SampledTail:
    """The tail of a reference from the utilities of independent episodes.

    Raises:
        ValueError: there are no draws, or one is not a number.
    """
    utilities = np.asarray(utilities, float)
    if utilities.size == 0 or np.any(np.isnan(utilities)):
        raise ValueError(f"sampled_tail({utilities}): needs at least one utility of the reference, none of them nan.")
    return SampledTail(np.sort(utilities))


def binomial_limits(successes, trials: int, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Clopper and Pearson's exact limits of a probability.

    Args:
        successes: `(*batch)` numbers of successes.
        trials: number of independent trials.
        level: coverage.
    """
    from scipy.stats import beta

    successes = np.asarray(successes)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(successes > 0, beta.ppf(tail, successes, trials - successes + 1), 0.0)
        high = np.where(successes < trials, beta.ppf(1 - tail, successes + 1, trials - successes), 1.0)
    return low, high


def _log2(probability: Estimate) -> Estimate:
    with np.errstate(divide="ignore"):
        return Estimate(*(jnp.asarray(np.log2(part)) for part in probability))
