"""Answers at every place of a grid, each right or wrong."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def mean_surprise(
    demonstration: Float[Array, "rows columns answers"], answer: Float[Array, "rows columns answers"]
) -> Float[Array, ""]:
    """-log2 of the probability of the demonstrated answer, mean over the places where there is one.

    Args:
        demonstration: one-hot; all zero at places that ask for nothing.
        answer: logits.
    """
    surprise = -jnp.sum(demonstration * jax.nn.log_softmax(answer), axis=-1)
    return jnp.sum(surprise) / jnp.sum(demonstration) / jnp.log(2.0)
