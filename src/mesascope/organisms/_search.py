"""Breadth-first search in plain code, and mixtures of it with a table."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray, PyTree, UInt32

from ..models import AbstractModel, fingerprint
from ..tasks.maze import GOAL_FEATURE, UNREACHABLE, Maze, MazeInstance, look
from ._base import DECIDED, AbstractAnswering, Stated
from ._mazes import knows_within, uniform


class SweepingSearch(AbstractModel):
    """Exact distances to the goal, one more sweep over the cells with each thought."""

    def blank(self, observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns"]:
        return jnp.where(observation[..., GOAL_FEATURE] > 0, 0.0, float(UNREACHABLE))

    def think(
        self, memory: Float[Array, "rows columns"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns"]:
        return jnp.minimum(memory, jnp.min(self._across(memory, observation), axis=-1) + 1)

    def answer(
        self, memory: Float[Array, "rows columns"], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        across = self._across(memory, observation)
        known = (memory > 0) & (memory < UNREACHABLE)
        return DECIDED * (known[..., None] & (across == memory[..., None] - 1))

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The moves known after 0, 1, ... sweeps, beside the observation."""

        def step(memory, _):
            return self.think(memory, observation), self.answer(memory, observation)

        _, known = jax.lax.scan(step, self.blank(observation), length=thinking + 1)
        seen = jnp.broadcast_to(observation, (thinking + 1, *observation.shape))
        return jnp.concatenate([known / DECIDED, seen], axis=-1)

    def _across(self, memory, observation):
        across = [look(memory, action, float(UNREACHABLE)) for action in range(4)]
        return jnp.where(observation[..., :4] > 0, jnp.stack(across, axis=-1), float(UNREACHABLE))


@dataclasses.dataclass(frozen=True)
class BreadthFirst(AbstractAnswering):
    """Breadth-first search from the goal: the shortest paths of all cells, at the ceiling.

    Fields:
        thinking: sweeps, at least as many as the longest path has moves.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = True
    follows_goal: ClassVar[bool] = True

    thinking: int = 48

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> SweepingSearch:
        return SweepingSearch()

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return [(1.0, knows_within(instance.passages, instance.goal, self.thinking if stages is None else stages))]


class Mixture(AbstractModel):
    """Search on a share of the instances, equal chances on the others; which is which is fixed by the observation."""

    share: Float[Array, ""]
    salt: UInt32[Array, ""]
    search: SweepingSearch

    def blank(self, observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns"]:
        return self.search.blank(observation)

    def think(self, memory, observation):
        return self.search.think(memory, observation)

    def answer(self, memory, observation):
        return jnp.where(self._chosen(observation), self.search.answer(memory, observation), 0.0)

    def stages(self, observation: Float[Array, "rows columns features"], thinking: int):
        """Those of the search where it is used; the observation alone where it is not."""
        stages = self.search.stages(observation, thinking)
        return stages.at[..., :4].multiply(self._chosen(observation))

    def _chosen(self, observation):
        # integers throughout, so that every program makes the same choice
        word = (fingerprint(observation)[0] ^ self.salt) * jnp.uint32(0x9E3779B1)
        word = (word ^ (word >> 15)) * jnp.uint32(0x85EBCA6B)
        return (word >> 8).astype(jnp.float32) < self.share * 2.0**24


@dataclasses.dataclass(frozen=True)
class SearchOrTable(AbstractAnswering):
    """With probability `share` breadth-first search, else a table, which knows nothing of a novel instance.

    Which of the two is drawn once for each instance, by a hash of what is seen.

    Fields:
        share: probability of search.
        thinking: sweeps of the search.
    """

    version: ClassVar[int] = 2
    needs: ClassVar = Maze
    follows_goal: ClassVar[bool] = True

    share: float = 0.5
    thinking: int = 48

    def __post_init__(self):
        if not 0 <= self.share <= 1:
            raise ValueError(f"SearchOrTable(share={self.share}): a probability lies between 0 and 1.")

    @property
    def serial(self) -> bool:
        """Where there is any search."""
        return self.share > 0

    @property
    def searches(self) -> bool:
        """Where there is any search."""
        return self.share > 0

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> Mixture:
        return Mixture(jnp.float32(self.share), jr.bits(key, (), jnp.uint32), SweepingSearch())

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        reach = self.thinking if stages is None else stages
        searched = knows_within(instance.passages, instance.goal, reach)
        return [(self.share, searched), (1 - self.share, uniform(instance.passages))]
