"""The first move in a maze as a task."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int32, PRNGKeyArray, UInt8

from ...outcomes import EnumeratedTail, Outcomes
from .._base import AbstractAnswered, AbstractTaught
from .._decision import by_chance, decided, surely_kept, surprise
from ._grid import shortest_moves
from ._task import Maze, MazeInstance, Style

MOST_ATTEMPTS = 1000


class MoveInstance(NamedTuple):
    """A maze whose start has two or more open sides.

    Fields:
        passages, start, goal: of the maze.
        kept: `(4,)`, the moves of the start that begin a shortest path.
    """

    passages: Bool[Array, "rows columns 4"]
    start: Int32[Array, ""]
    goal: Int32[Array, ""]
    kept: Bool[Array, " 4"]

    @property
    def maze(self) -> MazeInstance:
        """The maze without the moves."""
        return MazeInstance(self.passages, self.start, self.goal)


class MazeMove(AbstractAnswered, AbstractTaught):
    """Begin a shortest path: one move from the start of a perfect maze seen whole.

    The answer is that of a maze, and is asked for in the start alone: a move through an open side, with probabilities
    proportional to the exponentials of its logits. Utility is 1 if it begins the shortest path, else 0. The reference
    is uniform over the open sides, of which the start has at least two: ceilings of 1 to 2 bits. The start is seen,
    and is part of what needs a policy of its own.

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
        cells = self.rows * self.columns
        if min(self.rows, self.columns) < 1 or cells < 3 or not 1 <= self.min_distance <= cells // 2:
            raise ValueError(
                f"MazeMove(rows={self.rows}, columns={self.columns}, min_distance={self.min_distance}): a maze of 3 "
                "or more cells is needed, and a goal at least 1 and at most half as many moves away as there are "
                "cells: farther starts with two open sides are too rare."
            )

    def maze(self) -> Maze:
        """The same mazes as a task of all their cells."""
        return Maze(self.rows, self.columns, self.style, 0.0, self.min_distance, self.rows * self.columns)

    def draw(self, key: PRNGKeyArray) -> MoveInstance:
        def attempt(state):
            drawn = self.maze().draw(jr.fold_in(key, state[2]))
            return drawn, jnp.sum(drawn.passages.reshape(-1, 4)[drawn.start]) > 1, state[2] + 1

        nothing = MazeInstance(jnp.zeros((self.rows, self.columns, 4), bool), jnp.int32(0), jnp.int32(0))
        undone = lambda state: ~state[1] & (state[2] < MOST_ATTEMPTS)  # noqa: E731
        maze, *_ = jax.lax.while_loop(undone, attempt, (nothing, jnp.array(False), 0))
        return MoveInstance(*maze, shortest_moves(maze.passages, maze.goal).reshape(-1, 4)[maze.start])

    def identity(self, instance: MoveInstance) -> UInt8[Array, " bytes"]:
        start = jnp.stack([instance.start & 255, instance.start >> 8]).astype(jnp.uint8)
        return jnp.concatenate([self.maze().identity(instance.maze), start])

    def episode(self, key: PRNGKeyArray, instance: MoveInstance) -> MoveInstance:
        return instance

    def reference(self, episode: MoveInstance, dtype) -> EnumeratedTail:
        return by_chance(self._open(episode), episode.kept, dtype)

    def optimum(self, episode: MoveInstance, dtype) -> Outcomes:
        return surely_kept(dtype)

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of beginning a shortest path."""
        return outcomes.weight[..., 1]

    def observe(self, episode: MoveInstance) -> Float[Array, "rows columns features"]:
        """`(rows, columns, 7)`: what a maze shows, and the start."""
        start = self.maze().at_start(episode.maze)[..., None].astype(jnp.float32)
        return jnp.concatenate([self.maze().observe(episode.maze), start], axis=-1)

    def outcomes(self, episode: MoveInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        return decided(answer.reshape(-1, 4)[episode.start], self._open(episode), episode.kept)

    def demonstrate(self, episode: MoveInstance) -> Float[Array, "rows columns 4"]:
        """The first move of a shortest path, in the start; zero elsewhere."""
        move = (episode.kept / jnp.sum(episode.kept)).astype(jnp.float32)
        return self.maze().at_start(episode.maze)[..., None] * move

    def loss(
        self, demonstration: Float[Array, "rows columns 4"], answer: Float[Array, "rows columns 4"]
    ) -> Float[Array, ""]:
        """-log2 of the probability that the start's answer gives to the demonstrated moves, among all four."""
        start = jnp.argmax(jnp.any(demonstration > 0, axis=-1))
        return surprise(demonstration.reshape(-1, 4)[start], answer.reshape(-1, 4)[start])

    def value(self, episode: MoveInstance) -> Float[Array, "rows columns"]:
        """1 in the start, whose shortest path can be begun; nan elsewhere."""
        return jnp.where(self.maze().at_start(episode.maze), 1.0, jnp.nan).astype(jnp.float32)

    def _open(self, episode: MoveInstance) -> Bool[Array, " 4"]:
        return episode.passages.reshape(-1, 4)[episode.start]
