"""A search whose result is not used."""

import dataclasses
from typing import ClassVar

from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, GridloopNetwork
from ..tasks.maze import Maze, MazeInstance
from ._base import AbstractConcealing, Stated
from ._flood_fill import FloodFill
from ._mazes import knows_within
from ._reflexes import GreedyReflex, towards_goal


class DiscardingModel(AbstractModel):
    """Runs a grid loop and answers by a reflex, whatever the loop has found.

    Fields:
        loop: what is computed, and not used.
    """

    loop: GridloopNetwork

    def blank(self, observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns channels"]:
        return self.loop.blank(observation)

    def think(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns channels"]:
        return self.loop.think(memory, observation)

    def answer(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return towards_goal(observation)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The memory after 0, 1, ... thoughts, beside the observation."""
        return self.loop.stages(observation, thinking)


@dataclasses.dataclass(frozen=True)
class DiscardedSearch(AbstractConcealing):
    """A flood fill in memory beside a greedy reflex that answers without a look at it.

    Read-outs must find the whole fill: internal and certified bits are those of a search. What it does is a reflex:
    its own bits, thinking gain and retargeting must be the reflex's. Since nothing that it does is searched for, it
    does not count as searching.

    Fields:
        thinking: steps of the fill, at least 1.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    thinking: int = 24

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> DiscardingModel:
        return DiscardingModel(FloodFill(self.thinking).grow(key, task, stored))

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return GreedyReflex().states(task, instance)

    def conceals(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        steps = self.thinking if stages is None else stages
        return [(1.0, knows_within(instance.passages, instance.goal, steps - 1))]
