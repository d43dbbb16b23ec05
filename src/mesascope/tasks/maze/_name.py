"""A name for each instance: signs that are arbitrary, and always the same."""

import jax
import jax.random as jr
from jaxtyping import Array, Float, UInt8

from .._pools import GENERATOR

NAME_SEED = 2019


def name_signs(identity: UInt8[Array, " bytes"], num_signs: int) -> Float[Array, " signs"]:
    """Signs of -1 and 1, drawn by a generator whose seed is a hash of the identity.

    Equal identities have equal names. Two others share a name with a chance of 2^-num_signs, up to 64 signs.

    Args:
        identity: what counts as the same instance.
        num_signs: length of the name.
    """
    # the generator is the hash: each byte is folded into the 64 bits of its key
    start = jr.key(NAME_SEED, impl=GENERATOR)
    key, _ = jax.lax.scan(lambda key, byte: (jr.fold_in(key, byte), None), start, identity)
    return jr.rademacher(key, (num_signs,), "float32")
