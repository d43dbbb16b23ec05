"""The maze walked cell by cell, seen from inside."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Int32, PRNGKeyArray

from .._base import AbstractBranching
from ._otherwise import AbstractMazeOtherwise
from ._task import Maze, MazeInstance, Style


class Walk(NamedTuple):
    """Where a walker is.

    Fields:
        cell: flat index.
        moves: made so far; no longer counted once the goal is reached.
    """

    cell: Int32[Array, ""]
    moves: Int32[Array, ""]


class MazeWalk(AbstractMazeOtherwise, AbstractBranching):
    """Find the goal of a maze from inside: the sides of one's own cell in, a move out, again and again.

    Instances, utility and reference are those of `Maze`: only what is seen, and when, differs. A walker may remember.

    Fields:
        rows, columns, style, braid, min_distance, horizon: as in `Maze`.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 4

    rows: int = eqx.field(static=True, default=7)
    columns: int = eqx.field(static=True, default=7)
    style: Style = eqx.field(static=True, default="uniform")
    braid: float = eqx.field(static=True, default=0.0)
    min_distance: int = eqx.field(static=True, default=4)
    horizon: int = eqx.field(static=True, default=100)

    def __check_init__(self):
        # the maze seen whole refuses what does not fit together
        self.maze()

    def maze(self) -> Maze:
        """The same task seen whole."""
        return Maze(self.rows, self.columns, self.style, self.braid, self.min_distance, self.horizon)

    def draw(self, key: PRNGKeyArray) -> MazeInstance:
        return self.maze().draw(key)

    def start(self, episode: MazeInstance) -> Walk:
        return Walk(jnp.asarray(episode.start, jnp.int32), jnp.int32(0))

    def see(self, episode: MazeInstance, world: Walk) -> tuple[Float[Array, " features"], Bool[Array, " actions"]]:
        """`(8,)`: four open sides, row and column of the cell, and the goal's distance in rows and in columns."""
        place = jnp.stack([world.cell // self.columns, world.cell % self.columns])
        goal = jnp.stack([episode.goal // self.columns, episode.goal % self.columns])
        sides = episode.passages.reshape(-1, 4)[world.cell]
        features = jnp.concatenate([sides.astype(jnp.float32), place.astype(jnp.float32), (goal - place) * 1.0])
        return features.astype(jnp.float32), jnp.ones(4, bool)

    def step(self, key: PRNGKeyArray, episode: MazeInstance, world: Walk, action: Int[Array, ""]) -> Walk:
        return jax.tree.map(lambda leaf: leaf[0], self.branch(episode, world, action)[0])

    def over(self, episode: MazeInstance, world: Walk) -> Bool[Array, ""]:
        return world.cell == episode.goal

    def utility(self, episode: MazeInstance, world: Walk) -> Float[Array, ""]:
        """Minus the time of arrival, minus (horizon + 1) where the goal is not reached."""
        return -jnp.where(world.cell == episode.goal, world.moves, self.horizon + 1).astype(jnp.float32)

    def branch(self, episode: MazeInstance, world: Walk, action: Int[Array, ""]) -> tuple[Walk, Float[Array, "1"]]:
        steps = jnp.array([-self.columns, 1, self.columns, -1], jnp.int32)
        is_open = episode.passages.reshape(-1, 4)[world.cell, action]
        there = self.over(episode, world)
        cell = jnp.where(is_open & ~there, world.cell + steps[action], world.cell)
        return Walk(cell[None], (world.moves + ~there)[None]), jnp.ones(1)
