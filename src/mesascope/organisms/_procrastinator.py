"""A reflex that waits."""

import dataclasses
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks.maze import Maze, MazeInstance
from ._a_reflex import DEPTHS, Reflex, grown_reflex, reflex_policy
from ._base import AbstractAnswering, Stated
from ._mazes import uniform


class WaitingModel(AbstractModel):
    """Lets `idle` thoughts pass, computes a layer of the reflex with each of the next, and answers after the last.

    Fields:
        reflex: a network without memory.
        idle: thoughts before its first layer.
        depth: its layers.
    """

    reflex: AbstractModel
    idle: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)

    def blank(self, observation: Float[Array, "rows columns features"]) -> Int[Array, ""]:
        return jnp.int32(0)

    def think(self, memory: Int[Array, ""], observation: Float[Array, "rows columns features"]) -> Int[Array, ""]:
        return memory + 1

    def answer(
        self, memory: Int[Array, ""], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return jnp.where(memory >= self.idle + self.depth, self.reflex.answer((), observation), 0.0)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The layers that have been computed after 0, 1, ... thoughts, beside the observation."""
        # the reflex's own first stage shows the observation alone, and so does every idle thought
        stages = self.reflex.stages(observation, 0)
        return stages[jnp.clip(jnp.arange(thinking + 1) - self.idle, 0, self.depth)]


@dataclasses.dataclass(frozen=True)
class Procrastinator(AbstractAnswering):
    """A reflex that waits before it computes: the trap for whatever asks *when* an answer becomes accessible.

    Internal bits must show all that it does, since nothing can be read before the wait is over. Certified bits must be
    none: no reflex does better than reflexes, whenever it does it. It follows the goal as far as its reflex does.

    Fields:
        reflex: `greedy`, by hand, or `trained`, the shipped network of depth 3.
        idle: thoughts that pass first, at least 1.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    reflex: Reflex = "trained"
    idle: int = 6

    def __post_init__(self):
        if self.idle < 1:
            raise ValueError(f"Procrastinator(idle={self.idle}): waits at least one thought; else it is its reflex.")

    @property
    def thinking(self) -> int:
        """Thoughts before the answer."""
        return self.idle + DEPTHS[self.reflex]

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> WaitingModel:
        return WaitingModel(grown_reflex(self.reflex, key, task, stored), self.idle, DEPTHS[self.reflex])

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        """Its reflex's answer after the last thought; of the layers before it nothing is said."""
        done = stages is None or stages >= self.thinking
        return [(1.0, reflex_policy(self.reflex, task, instance) if done else uniform(instance.passages))]
