"""A search within one stage."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..tasks.maze import GOAL_FEATURE, Maze, MazeInstance, shortest_moves
from ._base import DECIDED, AbstractAnswering, Stated
from ._mazes import knows_within
from ._reflexes import AtOnce


def flooded_at_once(observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns 4"]:
    """The shortest moves, by a whole flood fill between one stage and the next."""
    goal = jnp.argmax(observation[..., GOAL_FEATURE].reshape(-1))
    return DECIDED * shortest_moves(observation[..., :4] > 0, goal).astype(jnp.float32)


@dataclasses.dataclass(frozen=True)
class OneStageSearch(AbstractAnswering):
    """A whole flood fill within one stage, as attention over the grid or a power of a matrix could do it.

    Bits and retargeting must show it in full. Internal bits cannot: they count what happens between stages, and here
    everything happens between two of them. Nor can certified bits, which count from a later stage than it has.

    Fields:
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = True
    follows_goal: ClassVar[bool] = True

    thinking: int = 0

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> AtOnce:
        return AtOnce(flooded_at_once)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return [(1.0, knows_within(instance.passages, instance.goal, None))]
