"""A weight-tied recurrent network over a grid."""

import dataclasses
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from ._base import AbstractArchitecture, AbstractModel
from ._layers import Affine, cross_shifts, square_shifts


class GridloopNetwork(AbstractModel):
    """The same gated update of every cell from its neighbours, repeated as often as one thinks.

        [c, g] = update([h, h of the four neighbours, observation])
        h <- h + sigmoid(g) (tanh(c) - h)

    Where `width` is given, h and observation of the whole square around the cell instead.

    Walls are features like any other: nothing but training says that they stop anything.
    """

    update: Affine
    readout: Affine
    width: int = eqx.field(static=True, default=0)

    def blank(self, observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns channels"]:
        channels = self.readout.kernel.shape[0]
        return jnp.zeros((*observation.shape[:2], channels), jnp.float32)

    def think(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns channels"]:
        update = self.update(self._around(memory, observation))
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

    def _around(self, memory, observation):
        if self.width:
            return square_shifts(jnp.concatenate([memory, observation], axis=-1), self.width)
        return jnp.concatenate([cross_shifts(memory), observation], axis=-1)


@dataclasses.dataclass(frozen=True)
class Gridloop(AbstractArchitecture):
    """A weight-tied gated network over the grid, run for a number of thinking steps.

    Fields:
        channels: numbers remembered a cell.
        thinking: updates before the answer in training.
        width: side of the square of cells that an update sees, odd; 0 for the cell and its four neighbours.
    """

    version: ClassVar[int] = 1

    channels: int = 24
    thinking: int = 16
    width: int = 0

    def __post_init__(self):
        if self.channels < 1 or self.thinking < 1:
            raise ValueError(
                f"gridloop(channels={self.channels}, thinking={self.thinking}): both are at least 1; for a network "
                "without thoughts take feedforward."
            )
        if self.width < 0 or (self.width and self.width % 2 == 0):
            raise ValueError(f"gridloop(width={self.width}): the side of a square is odd; 0 for the four neighbours.")

    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances rows columns features"], num_actions: int
    ) -> GridloopNetwork:
        update_key, readout_key = jr.split(key)
        features = observations.shape[-1]
        crossed, squared = 5 * self.channels + features, self.width**2 * (self.channels + features)
        update = Affine(update_key, squared if self.width else crossed, 2 * self.channels)
        readout = Affine(readout_key, self.channels, num_actions, gain=0.5)
        return GridloopNetwork(update, readout, self.width)
