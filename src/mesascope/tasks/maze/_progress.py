"""Mazes walked by the letter: how far a deterministic policy follows the shortest path."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int32, PRNGKeyArray, UInt8

from ...outcomes import EnumeratedTail, Outcomes
from .._base import AbstractAnswered
from ._grid import distances, look
from ._task import Maze, MazeInstance, Style


class ProgressInstance(NamedTuple):
    """A perfect maze with its distances.

    Fields:
        passages, start, goal: of the maze.
        far: `(rows, columns)`, moves from each cell to the goal.
    """

    passages: Bool[Array, "rows columns 4"]
    start: Int32[Array, ""]
    goal: Int32[Array, ""]
    far: Int32[Array, "rows columns"]

    @property
    def maze(self) -> MazeInstance:
        """The maze without its distances."""
        return MazeInstance(self.passages, self.start, self.goal)


class MazeProgress(AbstractAnswered):
    """Follow the shortest path of a perfect maze as far as one deterministic policy does.

    The answer is carried out by the letter: in each cell the move of the largest logit, the same at every visit.
    Whoever leaves the one path of a perfect maze so never comes back to it. Utility is minus the moves of the path that
    are left then; 0 is the goal. The reference is the policy reference, a uniformly random deterministic policy: it
    leaves at most m of d moves with probability 4^-(d - m), so that every move of progress is 2 bits. Training needs no
    gradient here and has none.

    Fields:
        rows, columns, style, min_distance: as in `Maze`.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 4

    rows: int = eqx.field(static=True, default=5)
    columns: int = eqx.field(static=True, default=5)
    style: Style = eqx.field(static=True, default="depth-first")
    min_distance: int = eqx.field(static=True, default=4)

    def __check_init__(self):
        # the maze beneath refuses what does not fit together
        self.maze()

    def maze(self) -> Maze:
        """The task that the mazes are drawn from."""
        cells = self.rows * self.columns
        return Maze(self.rows, self.columns, self.style, min_distance=self.min_distance, horizon=cells)

    def draw(self, key: PRNGKeyArray) -> ProgressInstance:
        maze = self.maze().draw(key)
        return ProgressInstance(*maze, distances(maze.passages, maze.goal))

    def identity(self, instance: ProgressInstance) -> UInt8[Array, " bytes"]:
        return self.maze().identity(instance.maze)

    def episode(self, key: PRNGKeyArray, instance: ProgressInstance) -> ProgressInstance:
        return instance

    def observe(self, episode: ProgressInstance) -> Float[Array, "rows columns features"]:
        return self.maze().observe(episode.maze)

    def outcomes(self, episode: ProgressInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        left = self._left(episode, jnp.argmax(answer, axis=-1))
        return Outcomes(-left[None].astype(answer.dtype), jnp.ones(1, answer.dtype))

    def reference(self, episode: ProgressInstance, dtype) -> EnumeratedTail:
        left = jnp.arange(self.rows * self.columns)[::-1].astype(dtype)
        made = episode.far.reshape(-1)[episode.start] - left
        return EnumeratedTail(-left, -2 * jnp.maximum(made, 0).astype(dtype))

    def optimum(self, episode: ProgressInstance, dtype) -> Outcomes:
        return Outcomes(jnp.zeros(1, dtype), jnp.ones(1, dtype))

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of reaching the goal."""
        return jnp.sum(outcomes.weight * (outcomes.utility >= 0), axis=-1)

    def _left(self, episode: ProgressInstance, chosen) -> Int32[Array, ""]:
        """Moves of the path that are left where the policy leaves it."""
        nearer = jnp.stack([look(episode.far, move, -1) == episode.far - 1 for move in range(4)], axis=-1)
        right = jnp.take_along_axis(nearer & episode.passages, chosen[..., None], axis=-1).reshape(-1)
        step = jnp.array([-self.columns, 1, self.columns, -1], jnp.int32)[chosen.reshape(-1)]

        def walk(_, cell):
            return jnp.where(right[cell], cell + step[cell], cell)

        cell = jax.lax.fori_loop(0, self.rows * self.columns, walk, episode.start)
        return episode.far.reshape(-1)[cell]
