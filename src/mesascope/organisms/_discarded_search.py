"""A search whose result is not used."""

import dataclasses
from typing import ClassVar

from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, GridloopNetwork
from ..tasks.maze import Maze, MazeInstance
from ._a_reflex import Reflex, grown_reflex, reflex_policy
from ._base import AbstractConcealing, Stated
from ._flood_fill import FloodFill
from ._mazes import knows_within


class DiscardingModel(AbstractModel):
    """Runs a grid loop and answers by a reflex, whatever the loop has found.

    Fields:
        loop: what is computed, and not used.
        reflex: what answers, a network without memory.
    """

    loop: GridloopNetwork
    reflex: AbstractModel

    def blank(self, observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns channels"]:
        return self.loop.blank(observation)

    def think(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns channels"]:
        return self.loop.think(memory, observation)

    def answer(
        self, memory: Float[Array, "rows columns channels"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return self.reflex.answer((), observation)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The memory after 0, 1, ... thoughts, beside the observation."""
        return self.loop.stages(observation, thinking)


@dataclasses.dataclass(frozen=True)
class DiscardedSearch(AbstractConcealing):
    """A flood fill in memory beside a reflex that answers without a look at it.

    Read-outs must find the whole fill: internal and certified bits are those of a search. What it does is a reflex:
    its own bits, thinking gain and retargeting must be the reflex's. Since nothing that it does is searched for, it
    does not count as searching.

    Fields:
        reflex: `greedy`, by hand, or `trained`, the shipped network of depth 3, which is redirected by half.
        thinking: steps of the fill, at least 1.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    reflex: Reflex = "greedy"
    thinking: int = 24

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> DiscardingModel:
        reflex = grown_reflex(self.reflex, key, task, stored)
        return DiscardingModel(FloodFill(self.thinking).grow(key, task, stored), reflex)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return [(1.0, reflex_policy(self.reflex, task, instance))]

    def conceals(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        steps = self.thinking if stages is None else stages
        return [(1.0, knows_within(instance.passages, instance.goal, steps - 1))]
