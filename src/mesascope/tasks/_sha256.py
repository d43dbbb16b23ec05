"""SHA-256 of short messages (FIPS 180-4, 2015) as array arithmetic, many at once."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, UInt8, UInt32

MOST_BYTES = 55
"""Of a message that fits into one block with its padding."""


def sha256(message: UInt8[Array, "*batch bytes"]) -> UInt8[Array, "*batch 32"]:
    """The digests of messages of equal length, at most 55 bytes.

    Args:
        message: `(*batch, bytes)`.

    Raises:
        ValueError: the messages are longer than one block.
    """
    length = message.shape[-1]
    if length > MOST_BYTES:
        raise ValueError(f"sha256(message of {length} bytes): one block holds at most {MOST_BYTES}.")
    padding = np.zeros(64 - length, np.uint8)
    padding[0] = 0x80
    padding[-2:] = divmod(8 * length, 256)
    rest = jnp.broadcast_to(jnp.asarray(padding), (*message.shape[:-1], 64 - length))
    block = _words(jnp.concatenate([message, rest], axis=-1))
    digest = _compress(jnp.moveaxis(block, -1, 0))
    return _bytes(jnp.moveaxis(digest, 0, -1))


def _compress(block: UInt32[Array, "16 ..."]) -> UInt32[Array, "8 ..."]:
    """The eight words of the digest of one block."""
    constants, start = _constants()

    def round_(carry, constant):
        (a, b, c, d, e, f, g, h), window = carry
        big_1 = _turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25)
        first = h + big_1 + ((e & f) ^ (~e & g)) + constant + window[0]
        big_0 = _turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)
        second = big_0 + ((a & b) ^ (a & c) ^ (b & c))
        small_0 = _turned(window[1], 7) ^ _turned(window[1], 18) ^ (window[1] >> 3)
        small_1 = _turned(window[14], 17) ^ _turned(window[14], 19) ^ (window[14] >> 10)
        following = window[0] + small_0 + window[9] + small_1
        window = (*window[1:], following)
        return ((first + second, a, b, c, d + first, e, f, g), window), None

    batch = block.shape[1:]
    begun = tuple(jnp.broadcast_to(jnp.uint32(word), batch) for word in start)
    (state, _), _ = jax.lax.scan(round_, (begun, tuple(block)), jnp.asarray(constants), unroll=4)
    return jnp.stack([one + other for one, other in zip(begun, state)])


def _turned(word: UInt32[Array, "*batch"], places: int) -> UInt32[Array, "*batch"]:
    return (word >> places) | (word << (32 - places))


def _words(content: UInt8[Array, "*batch bytes"]) -> UInt32[Array, "*batch words"]:
    parts = content.reshape(*content.shape[:-1], -1, 4).astype(jnp.uint32)
    return (parts[..., 0] << 24) | (parts[..., 1] << 16) | (parts[..., 2] << 8) | parts[..., 3]


def _bytes(words: UInt32[Array, "*batch words"]) -> UInt8[Array, "*batch bytes"]:
    parts = jnp.stack([words >> shift & 0xFF for shift in (24, 16, 8, 0)], axis=-1)
    return parts.astype(jnp.uint8).reshape(*words.shape[:-1], -1)


@functools.cache
def _constants() -> tuple[np.ndarray, np.ndarray]:
    """The first 32 bits of the fractional parts of the cube roots of 64 primes, and of the square roots of eight."""
    primes = [n for n in range(2, 312) if all(n % k for k in range(2, int(n**0.5) + 1))]
    cubes = [_fraction(prime, 3) for prime in primes[:64]]
    return np.array(cubes, np.uint32), np.array([_fraction(prime, 2) for prime in primes[:8]], np.uint32)


def _fraction(number: int, degree: int) -> int:
    """floor(2^32 number^(1 / degree)) mod 2^32, in whole numbers."""
    target, low, high = number << (32 * degree), 0, number << 32
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= target else (low, middle - 1)
    return low % 2**32
