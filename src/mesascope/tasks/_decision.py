"""One decision between options, some of which keep what can be had: what the tasks of one move share."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ..outcomes import EnumeratedTail, Outcomes

UTILITIES = (0.0, 1.0)
"""Of an option that gives something away, and of one that keeps what can be had."""


def decided(
    logits: Float[Array, " options"], options: Bool[Array, " options"], kept: Bool[Array, " options"]
) -> Outcomes:
    """The outcomes of a choice with probabilities proportional to exp(logits) among the options that there are.

    Args:
        logits: `(options,)`, of any option.
        options: `(options,)`, which of them there are.
        kept: `(options,)`, which keep what can be had; at least one.
    """
    total, good = (jax.nn.logsumexp(logits, where=which) for which in (options, kept))
    chance = jnp.exp(jnp.minimum(good - total, 0))
    return Outcomes(jnp.array(UTILITIES, logits.dtype), jnp.stack([1 - chance, chance]))


def by_chance(options: Bool[Array, " options"], kept: Bool[Array, " options"], dtype) -> EnumeratedTail:
    """The tail of a uniform choice: P(U >= 1) = kept / options."""
    share = jnp.sum(kept).astype(dtype) / jnp.sum(options).astype(dtype)
    return EnumeratedTail(jnp.array(UTILITIES, dtype), jnp.stack([jnp.zeros((), dtype), jnp.log2(share)]))


def surely_kept(dtype) -> Outcomes:
    """The outcomes of a choice that keeps what can be had."""
    return Outcomes(jnp.array(UTILITIES, dtype), jnp.array((0.0, 1.0), dtype))


def surprise(demonstration: Float[Array, " options"], logits: Float[Array, " options"]) -> Float[Array, ""]:
    """-log2 of the probability that falls to the options that the demonstration takes, in bits.

    An option that does not exist is as wrong as one that gives something away.
    """
    good = jax.nn.logsumexp(logits, where=demonstration > 0)
    return (jax.nn.logsumexp(logits) - good) / jnp.log(2.0)
