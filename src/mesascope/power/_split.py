"""The secondary split of bits: what a reflex explains, and what goes beyond it."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..outcomes import AbstractTail, EnumeratedTail, Estimate, Outcomes, bits

REFERENCE_SHARE = 0.05
"""How much of the reference is mixed into a reflex, so that it may do everything that the reference may."""


class MixtureTail(AbstractTail):
    """The tail of a behaviour that is one of several by chance.

    Fields:
        parts: tails of the same episode.
        shares: their probabilities.
    """

    parts: tuple[AbstractTail, ...]
    shares: Float[Array, " parts"]

    def log2_survival(self, utility: Float[Array, "*batch atoms"], strict: bool = False) -> Estimate:
        found = [part.log2_survival(utility, strict) for part in self.parts]
        weights = jnp.log2(self.shares)

        def mixed(values):
            return jax.nn.logsumexp(jnp.stack(values, -1) * jnp.log(2) + weights * jnp.log(2), axis=-1) / jnp.log(2)

        return Estimate(*(mixed(values) for values in zip(*found)))


class Parts(NamedTuple):
    """Two parts that add up to the bits of a policy.

    Fields:
        reflex: sum_k w_k log2(P_0(U >= u_k) / P_ref(U >= u_k)): what a reflex explains.
        beyond: sum_k w_k -log2 P_0(U >= u_k): power against the reflex as a reference.
    """

    reflex: Estimate
    beyond: Estimate


def split(outcomes: Outcomes, reference: AbstractTail, reflex: AbstractTail, share: float = REFERENCE_SHARE) -> Parts:
    """The bits of a policy as a reflex's part and the part beyond it.

    Exact but delicate: `beyond` is never 0, not even for the reflex itself, so that its zero is what siblings of the
    reflex score against each other (`leave_one_out`), and it depends on the share of the reference mixed in. Surplus
    and internal bits come first.

    Args:
        outcomes: of the policy, on one episode.
        reference: the tail of the reference.
        reflex: the tail of a reflex.
        share: of the reference mixed into the reflex, above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"split(share={share}): some of the reference must be mixed in, above 0 and at most 1.")
    mixed = MixtureTail((reflex, reference), jnp.array([1 - share, share]))
    beyond = bits(outcomes, mixed)
    whole = bits(outcomes, reference)
    return Parts(Estimate(whole.value - beyond.value, whole.low - beyond.high, whole.high - beyond.low), beyond)


def leave_one_out(
    siblings: Sequence[Outcomes], reference: EnumeratedTail, share: float = REFERENCE_SHARE
) -> Float[np.ndarray, " siblings"]:
    """The null of `split`: what each sibling of a reflex scores beyond the mixture of the others, on one episode.

    Args:
        siblings: outcomes of networks of one shallow architecture, differing in the seed, at least 2; over the support
            of the reference.
        reference: the tail of the reference, whose support must hold every outcome.
        share: of the reference mixed in, as in `split`.
    """
    if len(siblings) < 2:
        raise ValueError(
            f"leave_one_out({len(siblings)} siblings): nobody is left when one is left out; give 2 or more."
        )
    tails = [tail_on(reference.support, outcomes) for outcomes in siblings]
    found = []
    for left_out, outcomes in enumerate(siblings):
        others = tuple(tail for number, tail in enumerate(tails) if number != left_out)
        reflex = MixtureTail(others, jnp.full(len(others), 1 / len(others)))
        found.append(split(outcomes, reference, reflex, share).beyond.value)
    return np.array(found)


def tail_on(support: Float[Array, " atoms"], outcomes: Outcomes) -> EnumeratedTail:
    """The tail of a policy's outcomes on a given ascending support; -inf where it never does as well."""
    reached = jnp.sum(jnp.where(outcomes.utility >= support[:, None], outcomes.weight, 0), axis=-1)
    return EnumeratedTail(support, jnp.log2(reached))
