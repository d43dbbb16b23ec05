"""The post's tabular model: a free parameter for each instance, place and action."""

import dataclasses
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, UInt32

from ._base import AbstractArchitecture, AbstractModel


class Table(eqx.Module):
    """Rows that are trained one at a time: a row that a batch does not visit does not move."""

    rows: Float[Array, "instances *places actions"]


class TabularModel(AbstractModel):
    """A row of logits for each instance of the pool, found by exact comparison of a 64-bit fingerprint.

    An observation outside the pool has no row and is answered with equal logits.
    """

    table: Table
    fingerprints: UInt32[Array, "instances 2"]

    def blank(self, observation: Float[Array, "*places features"]) -> tuple[()]:
        return ()

    def think(self, memory: tuple[()], observation: Float[Array, "*places features"]) -> tuple[()]:
        return memory

    def answer(
        self, memory: tuple[()], observation: Float[Array, "*places features"]
    ) -> Float[Array, "*places actions"]:
        found = jnp.all(self.fingerprints == fingerprint(observation), axis=-1)
        row = self.table.rows[jnp.argmax(found)]
        return jnp.where(jnp.any(found), row, 0)

    def stages(
        self, observation: Float[Array, "*places features"], thinking: int
    ) -> Float[Array, "stages *places channels"]:
        """The looked-up row beside the observation; stage 0 shows the observation alone."""
        row = self.answer((), observation)
        stages = jnp.stack([jnp.zeros_like(row), row])
        return jnp.concatenate([stages, jnp.broadcast_to(observation, (2, *observation.shape))], axis=-1)


def fingerprint(observation: Float[Array, "*places features"]) -> UInt32[Array, " 2"]:
    """Two independent 32-bit hashes of an observation's exact bits."""
    words = jax.lax.bitcast_convert_type(observation.reshape(-1), jnp.uint32)
    place = jnp.arange(1, words.size + 1, dtype=jnp.uint32)

    def mixed(multiplier):
        word = (words ^ (words >> 16)) * jnp.uint32(multiplier) + place * jnp.uint32(0x9E3779B9)
        word = (word ^ (word >> 15)) * jnp.uint32(0x85EBCA6B)
        word = (word ^ (word >> 13)) * jnp.uint32(multiplier)
        return jnp.sum(word ^ (word >> 16), dtype=jnp.uint32)

    return jnp.stack([mixed(0xC2B2AE35), mixed(0x27D4EB2F)])


@dataclasses.dataclass(frozen=True)
class Tabular(AbstractArchitecture):
    """A table with a row for each instance of the pool, all zeros at first.

    Fields:
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1

    thinking: int = 0

    def __post_init__(self):
        if self.thinking != 0:
            raise ValueError(f"Tabular(thinking={self.thinking}): a table has no thinking steps.")

    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances *places features"], num_actions: int
    ) -> TabularModel:
        rows = jnp.zeros((*observations.shape[:-1], num_actions), jnp.float32)
        return TabularModel(Table(rows), jax.vmap(fingerprint)(observations))
