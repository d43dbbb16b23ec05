"""What networks are made of; layers over a grid are matrix products on shifted copies, on a CPU up to ten times faster
than convolutions."""

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray


class Affine(eqx.Module):
    """`values @ kernel + bias` over the last axis; the kernel is drawn from a normal of scale gain / sqrt(inputs)."""

    kernel: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, key: PRNGKeyArray, inputs: int, outputs: int, gain: float = 1.0):
        self.kernel = jr.normal(key, (inputs, outputs), jnp.float32) * jnp.float32(gain / inputs**0.5)
        self.bias = jnp.zeros(outputs, jnp.float32)

    def __call__(self, values: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        return values @ self.kernel + self.bias


def cross_shifts(values: Float[Array, "rows columns channels"]) -> Float[Array, "rows columns channels_times_5"]:
    """Each cell's channels beside those of its four neighbours, zeros beyond the border."""
    padded = jnp.pad(values, ((1, 1), (1, 1), (0, 0)))
    around = [padded[:-2, 1:-1], padded[1:-1, 2:], padded[2:, 1:-1], padded[1:-1, :-2]]
    return jnp.concatenate([values, *around], axis=-1)


def square_shifts(
    values: Float[Array, "rows columns channels"], width: int
) -> Float[Array, "rows columns channels_times_width_squared"]:
    """Each cell's channels beside those of the `width` x `width` square around it, zeros beyond the border."""
    rows, columns, _ = values.shape
    reach = width // 2
    padded = jnp.pad(values, ((reach, reach), (reach, reach), (0, 0)))
    square = [padded[i : i + rows, j : j + columns] for i in range(width) for j in range(width)]
    return jnp.concatenate(square, axis=-1)


def place_waves(shape: tuple[int, ...], channels: int) -> Float[Array, "*places channels"]:
    """Sines and cosines of each place's coordinates, channels shared out among the axes.

    Args:
        shape: of the places; axes of length 1 tell nothing and get no channels.
        channels: shared out among the axes in pairs of a sine and a cosine, zeros where some are left over; wave
            lengths rise from 2 pi by factors of 10000^(2 / channels of the axis) (Vaswani et al. 2017, section 3.5).
    """
    axes = [axis for axis, length in enumerate(shape) if length > 1] or [0]
    each = channels // len(axes) // 2 * 2
    rates = 10_000.0 ** (-jnp.arange(0, each, 2) / each)
    waves = []
    for axis in axes:
        angles = jnp.arange(shape[axis], dtype=jnp.float32)[:, None] * rates
        both = jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)
        along = both.reshape(*(length if i == axis else 1 for i, length in enumerate(shape)), each)
        waves.append(jnp.broadcast_to(along, (*shape, each)))
    found = jnp.concatenate(waves, axis=-1)
    return jnp.pad(found, [(0, 0)] * len(shape) + [(0, channels - found.shape[-1])])


def evened(values: Float[Array, "*batch channels"]) -> Float[Array, "*batch channels"]:
    """Each vector divided by its root mean square (Zhang & Sennrich 2019), without learned scales."""
    return values * jax.lax.rsqrt(jnp.mean(values**2, axis=-1, keepdims=True) + 1e-6)
