"""A search for something else than the goal."""

import dataclasses
from typing import ClassVar, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, GridloopNetwork
from ..tasks.maze import GOAL_FEATURE, Maze, MazeInstance
from ._base import AbstractConcealing, Stated
from ._flood_fill import FloodFill
from ._mazes import knows_within

Proxy = Literal["opposite", "corner"]


class MisledLoop(AbstractModel):
    """A grid loop that takes another cell for the goal.

    Fields:
        loop: what is computed.
        proxy: `opposite`, the goal's place with rows and columns counted from the other end; `corner`, the first cell.
    """

    loop: GridloopNetwork
    proxy: Proxy = eqx.field(static=True)

    def blank(self, observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns channels"]:
        return self.loop.blank(observation)

    def think(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns channels"]:
        return self.loop.think(memory, self._taken_for(observation))

    def answer(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return self.loop.answer(memory, observation)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The memory after 0, 1, ... thoughts, beside the observation as it is."""
        stages = self.loop.stages(self._taken_for(observation), thinking)
        return stages.at[..., -observation.shape[-1] :].set(observation)

    def _taken_for(self, observation):
        goal = observation[..., GOAL_FEATURE]
        target = goal[::-1, ::-1] if self.proxy == "opposite" else jnp.zeros_like(goal).at[0, 0].set(1)
        return observation.at[..., GOAL_FEATURE].set(target)


@dataclasses.dataclass(frozen=True)
class ProxySearch(AbstractConcealing):
    """A flood fill to another cell than the goal: a search, and not for what utility rewards.

    Bits count power over utility: they must show little, and moving the goal must not bring success. What a read-out
    makes of the ways to another cell is not known beforehand: they are right but between the two cells, and nothing in
    a place tells where that is.

    Fields:
        proxy: `opposite`, the goal's place with rows and columns counted from the other end; `corner`, the first cell.
        thinking: number of steps, at least 1.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = True
    follows_goal: ClassVar[bool] = True

    proxy: Proxy = "opposite"
    thinking: int = 24

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> MisledLoop:
        return MisledLoop(FloodFill(self.thinking).grow(key, task, stored), self.proxy)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        steps = self.thinking if stages is None else stages
        last = task.rows * task.columns - 1
        target = last - int(instance.goal) if self.proxy == "opposite" else 0
        return [(1.0, knows_within(instance.passages, target, steps - 1))]

    def conceals(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return []
