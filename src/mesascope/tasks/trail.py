"""Mazes with printed turns: serial computation leads to the goal, without any search."""

import itertools
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int, Int8, Int32, PRNGKeyArray, UInt8

from ..outcomes import EnumeratedTail, Outcomes
from ._base import AbstractAnswered, AbstractNavigated, AbstractTaught
from .maze import OPPOSITE, Maze, MazeInstance, Style, distances, shortest_moves


class TrailInstance(NamedTuple):
    """A maze in whose cells it is printed which way to go on.

    Fields:
        passages, start, goal: of the maze.
        heading: the move with which one comes to the start.
        printed: `(rows, columns, 4)`: the move that follows each move, a permutation; -1 at the goal of a trail that is
            not blind.
        decoy: flat index of the cell that is marked in place of the goal, on blind trails.
    """

    passages: Bool[Array, "rows columns 4"]
    start: Int32[Array, ""]
    goal: Int32[Array, ""]
    heading: Int32[Array, ""]
    printed: Int8[Array, "rows columns 4"]
    decoy: Int32[Array, ""] | None = None

    @property
    def maze(self) -> MazeInstance:
        """The maze without its print."""
        return MazeInstance(self.passages, self.start, self.goal)


class Trail(AbstractAnswered, AbstractTaught, AbstractNavigated):
    """Mazes in which the turn at each junction is the running product of permutations printed along the way.

    A cell's permutation says with which move to go on, for each move with which one may come. Whoever begins at the
    start with the heading given there, and in every cell replaces the last move by what the permutation makes of it,
    arrives by the shortest path without comparing any options: serial, and not search. Nothing is printed at the goal.
    In every other cell, on the path or not, whoever comes in by one open side is led out by another, so that no print
    alone tells where the path runs.

    Networks that are trained with walls and goal in sight learn to flood the maze instead. A *blind* trail hides both:
    no walls are shown, permutations are drawn as if all sides were open, the goal has one, too, and where a maze shows
    its goal a decoy is marked, a cell drawn at random. Only on the path can be known what to do, and only there it is
    taught. The decoy tells nothing, but networks are trained with it: that moving the mark does nothing is found out,
    and not true by construction.

    Utility and reference are those of `Maze`. The start is seen, and is part of what needs a policy of its own.

    Fields:
        rows, columns, style, min_distance, horizon: as in `Maze`.
        blind: whether walls and goal are hidden.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 4

    rows: int = eqx.field(static=True, default=7)
    columns: int = eqx.field(static=True, default=7)
    style: Style = eqx.field(static=True, default="depth-first")
    min_distance: int = eqx.field(static=True, default=4)
    horizon: int = eqx.field(static=True, default=100)
    blind: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        # the maze beneath refuses what does not fit together
        self.maze()

    def maze(self) -> Maze:
        """The task without the print."""
        return Maze(self.rows, self.columns, self.style, 0.0, self.min_distance, self.horizon)

    def draw(self, key: PRNGKeyArray) -> TrailInstance:
        maze_key, heading_key, print_key = jr.split(key, 3)
        maze = self.maze().draw(maze_key)
        # real sides would show through which ways the print never leads
        sides = jnp.ones_like(maze.passages) if self.blind else maze.passages
        sides = sides.reshape(-1, 4)
        turns = jnp.argmax(shortest_moves(maze.passages, maze.goal), axis=-1).reshape(-1)
        heading = _heading(heading_key, sides[maze.start], turns[maze.start])
        wanted = self._wanted(maze, heading, turns)
        keys = jr.split(print_key, len(sides))
        printed = jax.vmap(_permutation)(keys, sides, wanted, turns)
        if self.blind:
            # a fourth key, for which those of other trails need not change
            decoy = jr.randint(jr.split(key, 4)[3], (), 0, len(sides), jnp.int32)
            return TrailInstance(*maze, heading, printed.reshape(self.rows, self.columns, 4), decoy)
        # the trail ends at the goal
        printed = printed.at[maze.goal].set(-1)
        return TrailInstance(*maze, heading, printed.reshape(self.rows, self.columns, 4))

    def _wanted(self, maze: MazeInstance, heading, turns) -> Int32[Array, " cells"]:
        """The move with which the path comes to each of its cells; -1 off the path, and at the goal."""
        step = jnp.array([-self.columns, 1, self.columns, -1], jnp.int32)

        def onward(_, state):
            cell, move, wanted = state
            there = cell == maze.goal
            wanted = jnp.where(there, wanted, wanted.at[cell].set(move))
            move = jnp.where(there, move, turns[cell].astype(jnp.int32))
            return jnp.where(there, cell, cell + step[move]), move, wanted

        nowhere = jnp.full(self.rows * self.columns, -1, jnp.int32)
        return jax.lax.fori_loop(0, self.rows * self.columns, onward, (maze.start, heading, nowhere))[2]

    def identity(self, instance: TrailInstance) -> UInt8[Array, " bytes"]:
        start = jnp.stack([instance.start & 255, instance.start >> 8, instance.heading]).astype(jnp.uint8)
        printed = instance.printed.reshape(-1).astype(jnp.uint8)
        return jnp.concatenate([self.maze().identity(instance.maze), start, printed])

    def episode(self, key: PRNGKeyArray, instance: TrailInstance) -> TrailInstance:
        return instance

    def reference(self, episode: TrailInstance, dtype) -> EnumeratedTail:
        return self.maze().reference(episode.maze, dtype)

    def optimum(self, episode: TrailInstance, dtype) -> Outcomes:
        return self.maze().optimum(episode.maze, dtype)

    def observe(self, episode: TrailInstance) -> Float[Array, "rows columns features"]:
        """`(rows, columns, 26)`: what a maze shows; the heading, in the start; the permutation's matrix.

        Of a blind trail the passages are zeros, and the decoy is marked in place of the goal.
        """
        hidden = MazeInstance(jnp.zeros_like(episode.passages), episode.start, episode.decoy)
        start = self.at_start(episode)[..., None] * jax.nn.one_hot(episode.heading, 4)
        matrix = jax.nn.one_hot(episode.printed, 4).reshape(self.rows, self.columns, 16)
        shown = self.maze().observe(hidden if self.blind else episode.maze)
        return jnp.concatenate([shown, start, matrix], axis=-1)

    def outcomes(self, episode: TrailInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        return self.maze().outcomes(episode.maze, answer)

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        return self.maze().succeeded(outcomes)

    def demonstrate(self, episode: TrailInstance) -> Float[Array, "rows columns 4"]:
        """Shortest-path moves; on a blind trail those of the path from the start, and zero everywhere else."""
        best = self.maze().demonstrate(episode.maze)
        return best * self._path(episode)[..., None] if self.blind else best

    def loss(
        self, demonstration: Float[Array, "rows columns 4"], answer: Float[Array, "rows columns 4"]
    ) -> Float[Array, ""]:
        return self.maze().loss(demonstration, answer)

    def value(self, episode: TrailInstance) -> Float[Array, "rows columns"]:
        """Minus the moves to the goal; on a blind trail nan off the path."""
        value = self.maze().value(episode.maze)
        return jnp.where(self._path(episode), value, jnp.nan) if self.blind else value

    def retarget(self, key: PRNGKeyArray, instance: TrailInstance) -> TrailInstance:
        """The goal moved to another cell; the print still leads to the old one."""
        return instance._replace(goal=self.maze().retarget(key, instance.maze).goal)

    def at_start(self, episode: TrailInstance) -> Bool[Array, "rows columns"]:
        return self.maze().at_start(episode.maze)

    def ways(self, episode: TrailInstance) -> Bool[Array, "rows columns 4"]:
        return episode.passages

    def at_goal(self, episode: TrailInstance) -> Bool[Array, "rows columns"]:
        return self.maze().at_goal(episode.maze)

    def show_goal(
        self, observation: Float[Array, "rows columns features"], place: Bool[Array, "rows columns"]
    ) -> Float[Array, "rows columns features"]:
        """The observation with the goal, or the decoy, marked at another place."""
        return self.maze().show_goal(observation, place)

    def _path(self, episode: TrailInstance) -> Bool[Array, "rows columns"]:
        """The cells of the only path from start to goal, both of them inside."""
        here, there = (distances(episode.passages, end) for end in (episode.start, episode.goal))
        return here + there == there.reshape(-1)[episode.start]


def _heading(key: PRNGKeyArray, sides: Bool[Array, " 4"], turn: Int[Array, ""]) -> Int32[Array, ""]:
    """A move that comes in by an open side other than the one that the path leaves by, if there is another."""
    others = sides & (jnp.arange(4) != turn)
    side = jr.categorical(key, jnp.where(others | (~jnp.any(others) & sides), 0.0, -jnp.inf).astype(jnp.float32))
    return jnp.array(OPPOSITE, jnp.int32)[side]


def _permutation(key: PRNGKeyArray, sides: Bool[Array, " 4"], wanted: Int[Array, ""], turn: Int[Array, ""]):
    """A random permutation of moves that leads from every open side out by another.

    Args:
        key: random key.
        sides: which sides of the cell are open.
        wanted: a move that is to be followed by `turn`; -1 for none.
        turn: the move to follow it.
    """
    # sideways[p, s] is the side that p leads to from side s; whoever comes in by side s comes with the opposite move
    sideways = jnp.array(list(itertools.permutations(range(4))))
    opposite = jnp.array(OPPOSITE)
    returns = (sideways == jnp.arange(4)) & (jnp.sum(sides) > 1)
    leads = jnp.all(jnp.where(sides, sides[sideways] & ~returns, True), axis=1)
    kept = (wanted < 0) | (sideways[:, opposite[wanted]] == turn)
    chosen = jr.categorical(key, jnp.where(leads & kept, 0.0, -jnp.inf).astype(jnp.float32))
    return sideways[chosen][opposite].astype(jnp.int8)
