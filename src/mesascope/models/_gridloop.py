"""A weight-tied recurrent network over a grid."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from ._base import AbstractArchitecture, AbstractModel
from ._layers import Affine, cross_shifts


class GridloopNetwork(AbstractModel):
    """The same gated update of every cell from its neighbours, repeated as often as one thinks.

        [c, g] = update([h, h of the four neighbours, observation])
        h <- h + sigmoid(g) (tanh(c) - h)

    Walls are features like any other: nothing but training says that they stop anything.
    """

    update: Affine
    readout: Affine

    def blank(self, observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns channels"]:
        channels = self.readout.kernel.shape[0]
        return jnp.zeros((*observation.shape[:2], channels), jnp.float32)

    def think(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns channels"]:
        update = self.update(jnp.concatenate([cross_shifts(memory), observation], axis=-1))
        candidate, gate = jnp.split(update, 2, axis=-1)
        return memory + jax.nn.sigmoid(gate) * (jnp.tanh(candidate) - memory)

    def answer(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns actions"]:
        return self.readout(memory)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The memory after 0, 1, ... thoughts, beside the observation itself, so that no stage hides it."""

        def step(memory, _):
            memory = self.think(memory, observation)
            return memory, memory

        blank = self.blank(observation)
        _, memories = jax.lax.scan(step, blank, length=thinking)
        memories = jnp.concatenate([blank[None], memories])
        seen = jnp.broadcast_to(observation, (thinking + 1, *observation.shape))
        return jnp.concatenate([memories, seen], axis=-1)


@dataclasses.dataclass(frozen=True)
class Gridloop(AbstractArchitecture):
    """A weight-tied gated network over the grid, run for a number of thinking steps.

    Fields:
        channels: numbers remembered a cell.
        thinking: updates before the answer in training.
    """

    version: ClassVar[int] = 1

    channels: int = 24
    thinking: int = 16

    def __post_init__(self):
        if self.channels < 1 or self.thinking < 1:
            raise ValueError(
                f"gridloop(channels={self.channels}, thinking={self.thinking}): both are at least 1; for a network "
                "without thoughts take feedforward."
            )

    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances rows columns features"], num_actions: int
    ) -> GridloopNetwork:
        update_key, readout_key = jr.split(key)
        features = observations.shape[-1]
        update = Affine(update_key, 5 * self.channels + features, 2 * self.channels)
        return GridloopNetwork(update, Affine(readout_key, self.channels, num_actions, gain=0.5))
