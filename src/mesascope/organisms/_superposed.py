"""A flood fill in a superposed code."""

import dataclasses
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, Gridloop, GridloopNetwork
from ..tasks.maze import Maze, MazeInstance
from ._base import AbstractAnswering, Stated
from ._flood_fill import FloodFill
from ._mazes import knows_within

LOUD = 3.0
"""Factor of the features that are not the fill's, so that they drown it in every unit."""


class RecodedLoop(AbstractModel):
    """A grid loop whose memory is kept in other coordinates: decoded before each thought, encoded after it.

    Fields:
        loop: what is computed.
        code: memory is kept multiplied by it.
        decode: its inverse.
    """

    loop: GridloopNetwork
    code: Float[Array, "channels channels"]
    decode: Float[Array, "channels channels"]

    def blank(self, observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns channels"]:
        return self.loop.blank(observation) @ self.code

    def think(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns channels"]:
        return self.loop.think(memory @ self.decode, observation) @ self.code

    def answer(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return self.loop.answer(memory @ self.decode, observation)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The memory as it is kept after 0, 1, ... thoughts, beside the observation."""
        stages = self.loop.stages(observation, thinking)
        channels = len(self.code)
        return jnp.concatenate([stages[..., :channels] @ self.code, stages[..., channels:]], axis=-1)


def side_by_side(first: GridloopNetwork, second: GridloopNetwork) -> GridloopNetwork:
    """One loop that runs two, the channels of the second after those of the first, and answers with the first."""
    sizes = [len(network.readout.kernel) for network in (first, second)]
    both, seen = sum(sizes), first.update.kernel.shape[0] - 5 * sizes[0]
    kernel, bias = np.zeros((5 * both + seen, 2 * both)), np.zeros(2 * both)
    for network, size, shift in zip((first, second), sizes, (0, sizes[0])):
        own = shift + np.arange(size)
        # own channels and those of the four neighbours, then what is seen
        inputs = np.concatenate([*(group * both + own for group in range(5)), 5 * both + np.arange(seen)])
        outputs = np.concatenate([own, both + own])
        kernel[np.ix_(inputs, outputs)], bias[outputs] = network.update.kernel, network.update.bias
    readout = np.concatenate([first.readout.kernel, np.zeros((sizes[1], first.readout.kernel.shape[1]))])
    where = lambda n: (n.update.kernel, n.update.bias, n.readout.kernel)  # noqa: E731
    return eqx.tree_at(where, first, tuple(jnp.asarray(value, jnp.float32) for value in (kernel, bias, readout)))


@dataclasses.dataclass(frozen=True)
class SuperposedFloodFill(AbstractAnswering):
    """A flood fill whose memory is rotated at random, among more features than it needs.

    Beside the 6 channels of the fill the louder ones of an untrained loop, all multiplied by one random rotation, so
    that no unit stands for anything. It computes what a flood fill of as many steps does, and every measure must find
    the same: a read-out of a place can learn to turn it back, a look at single units cannot.

    Fields:
        channels: of memory, more than 6.
        thinking: number of steps, at least 1.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = True
    follows_goal: ClassVar[bool] = True

    channels: int = 16
    thinking: int = 24

    def __post_init__(self):
        if self.channels <= 6 or self.thinking < 1:
            raise ValueError(
                f"SuperposedFloodFill(channels={self.channels}, thinking={self.thinking}): needs more channels than "
                "the 6 of a flood fill, and at least one step."
            )

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> RecodedLoop:
        loop_key, code_key = jr.split(key)
        fill = FloodFill(self.thinking).grow(key, task, stored)
        one = jax.vmap(task.observe)(jax.tree.map(lambda leaf: leaf[:1], stored))
        other = Gridloop(self.channels - 6, self.thinking).init(loop_key, one, 4)
        loud = jnp.where(jnp.arange(self.channels) < 6, 1.0, LOUD)
        rotation = jr.orthogonal(code_key, self.channels)
        return RecodedLoop(side_by_side(fill, other), loud[:, None] * rotation, rotation.T / loud)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        steps = self.thinking if stages is None else stages
        return [(1.0, knows_within(instance.passages, instance.goal, steps - 1))]
