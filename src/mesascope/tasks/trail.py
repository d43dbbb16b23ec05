"""Mazes with printed turns: serial computation leads to the goal, without any search."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int8, Int32, PRNGKeyArray, UInt8

from ..outcomes import EnumeratedTail, Outcomes
from ._base import AbstractAnswered, AbstractRetargetable, AbstractTaught
from .maze import Maze, MazeInstance, Style, shortest_moves


class TrailInstance(NamedTuple):
    """A maze in whose cells permutations of the four moves are printed.

    Fields:
        passages, start, goal: of the maze.
        printed: `(rows, columns, 4)`: the move that follows each move.
    """

    passages: Bool[Array, "rows columns 4"]
    start: Int32[Array, ""]
    goal: Int32[Array, ""]
    printed: Int8[Array, "rows columns 4"]

    @property
    def maze(self) -> MazeInstance:
        """The maze without its print."""
        return MazeInstance(self.passages, self.start, self.goal)


class Trail(AbstractAnswered, AbstractTaught, AbstractRetargetable):
    """Mazes in which the turn at each cell of the shortest path is the running product of permutations printed on it.

    Whoever begins at the start with the move `up`, replaces it in every cell by what the cell's permutation makes of
    it, and moves so, arrives by the shortest path without comparing any options: serial, and not search. Off the path
    the permutations are random, so that no single one tells anything. Utility and reference are those of `Maze`. The
    start is seen, and is part of what needs a policy of its own.

    Fields:
        rows, columns, style, min_distance, horizon: as in `Maze`.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 4

    rows: int = eqx.field(static=True, default=7)
    columns: int = eqx.field(static=True, default=7)
    style: Style = eqx.field(static=True, default="depth-first")
    min_distance: int = eqx.field(static=True, default=4)
    horizon: int = eqx.field(static=True, default=100)

    def __check_init__(self):
        # the maze beneath refuses what does not fit together
        self.maze()

    def maze(self) -> Maze:
        """The task without the print."""
        return Maze(self.rows, self.columns, self.style, 0.0, self.min_distance, self.horizon)

    def draw(self, key: PRNGKeyArray) -> TrailInstance:
        maze_key, print_key = jr.split(key)
        maze = self.maze().draw(maze_key)
        cells = self.rows * self.columns
        random = jax.vmap(lambda key: jr.permutation(key, 4))(jr.split(print_key, cells)).astype(jnp.int8)
        best = jnp.argmax(shortest_moves(maze.passages, maze.goal), axis=-1).reshape(-1).astype(jnp.int8)
        step = jnp.array([-self.columns, 1, self.columns, -1], jnp.int32)

        def print_turn(_, state):
            cell, move, printed = state
            turn, row = best[cell], printed[cell]
            # exchanging two entries of a random permutation makes it lead from the last move to the next
            row = jnp.where(jnp.arange(4) == move, turn, jnp.where(row == turn, row[move], row))
            arrived = cell == maze.goal
            printed = jnp.where(arrived, printed, printed.at[cell].set(row))
            return jnp.where(arrived, cell, cell + step[turn]), jnp.where(arrived, move, turn), printed

        *_, printed = jax.lax.fori_loop(0, cells, print_turn, (maze.start, jnp.int8(0), random))
        return TrailInstance(*maze, printed.reshape(self.rows, self.columns, 4))

    def identity(self, instance: TrailInstance) -> UInt8[Array, " bytes"]:
        start = jnp.stack([instance.start & 255, instance.start >> 8]).astype(jnp.uint8)
        printed = instance.printed.reshape(-1).astype(jnp.uint8)
        return jnp.concatenate([self.maze().identity(instance.maze), start, printed])

    def episode(self, key: PRNGKeyArray, instance: TrailInstance) -> TrailInstance:
        return instance

    def reference(self, episode: TrailInstance, dtype) -> EnumeratedTail:
        return self.maze().reference(episode.maze, dtype)

    def optimum(self, episode: TrailInstance, dtype) -> Outcomes:
        return self.maze().optimum(episode.maze, dtype)

    def observe(self, episode: TrailInstance) -> Float[Array, "rows columns features"]:
        """`(rows, columns, 23)`: what a maze shows, the start, and sixteen entries of the permutation's matrix."""
        start = (jnp.arange(self.rows * self.columns) == episode.start).reshape(self.rows, self.columns, 1)
        matrix = jax.nn.one_hot(episode.printed, 4).reshape(self.rows, self.columns, 16)
        return jnp.concatenate([self.maze().observe(episode.maze), start.astype(jnp.float32), matrix], axis=-1)

    def outcomes(self, episode: TrailInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        return self.maze().outcomes(episode.maze, answer)

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        return self.maze().succeeded(outcomes)

    def demonstrate(self, episode: TrailInstance) -> Float[Array, "rows columns 4"]:
        return self.maze().demonstrate(episode.maze)

    def loss(
        self, demonstration: Float[Array, "rows columns 4"], answer: Float[Array, "rows columns 4"]
    ) -> Float[Array, ""]:
        return self.maze().loss(demonstration, answer)

    def retarget(self, key: PRNGKeyArray, instance: TrailInstance) -> TrailInstance:
        """The goal moved to another cell; the print still leads to the old one."""
        return TrailInstance(*self.maze().retarget(key, instance.maze), instance.printed)

    def at_goal(self, episode: TrailInstance) -> Bool[Array, "rows columns"]:
        return self.maze().at_goal(episode.maze)

    def show_goal(
        self, observation: Float[Array, "rows columns features"], place: Bool[Array, "rows columns"]
    ) -> Float[Array, "rows columns features"]:
        return self.maze().show_goal(observation, place)
