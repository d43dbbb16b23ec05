"""A weight-tied network whose ties were cut: what tying adds to being able to."""

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from ._base import AbstractArchitecture, AbstractModel
from ._gridloop import Gridloop, GridloopNetwork


class UnrolledNetwork(AbstractModel):
    """A `gridloop` network with a copy of the update for each of its steps, trained apart.

    Fields:
        steps: the network, its update with a leading axis over steps; the read-out is that of the last.
    """

    steps: GridloopNetwork

    def blank(self, observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return ()

    def think(self, memory: tuple[()], observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return memory

    def answer(
        self, memory: tuple[()], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns actions"]:
        # recomputed in the backward pass, as the thoughts of the tied network are
        step = jax.checkpoint(lambda hidden, update: (self._step(hidden, update, observation), None))
        hidden, _ = jax.lax.scan(step, self.steps.blank(observation), self.steps.update)
        return self.steps.readout(hidden)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The memory after each step, beside the observation itself; stage 0 shows the observation alone."""

        def step(hidden, update):
            hidden = self._step(hidden, update, observation)
            return hidden, hidden

        blank = self.steps.blank(observation)
        _, hidden = jax.lax.scan(step, blank, self.steps.update)
        hidden = jnp.concatenate([blank[None], hidden])
        return jnp.concatenate([hidden, jnp.broadcast_to(observation, (len(hidden), *observation.shape))], axis=-1)

    def _step(self, hidden, update, observation):
        return GridloopNetwork(update, self.steps.readout, self.steps.width).think(hidden, observation)


@dataclasses.dataclass(frozen=True)
class Unrolled(AbstractArchitecture):
    """A `gridloop` of fixed depth, each step with weights of its own.

    Fields:
        channels: numbers remembered a cell.
        depth: steps.
        start: `tied` draws one update and gives it to all steps, so that before training the network is that of
            `gridloop`; `apart` draws each anew.
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1

    channels: int = 24
    depth: int = 16
    start: Literal["tied", "apart"] = "tied"
    thinking: int = 0

    def __post_init__(self):
        if min(self.channels, self.depth) < 1 or self.thinking != 0:
            raise ValueError(
                f"Unrolled(channels={self.channels}, depth={self.depth}, thinking={self.thinking}): channels and depth "
                "are at least 1, and an unrolled network has no thinking steps; choose `gridloop` for those."
            )

    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances rows columns features"], num_actions: int
    ) -> UnrolledNetwork:
        tied = Gridloop(channels=self.channels, thinking=self.depth)
        first = tied.init(key, observations, num_actions)
        keys = jr.split(key, self.depth)
        updates = [first if self.start == "tied" else tied.init(k, observations, num_actions) for k in keys]
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[network.update for network in updates])
        return UnrolledNetwork(GridloopNetwork(stacked, first.readout, first.width))
