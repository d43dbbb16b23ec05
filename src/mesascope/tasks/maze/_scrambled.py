"""The maze with its cells in another order: what a network owes to being built as a grid."""

from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Int, PRNGKeyArray

from ...outcomes import Outcomes
from .._base import AbstractAnswered, AbstractTaught
from ._otherwise import AbstractMazeOtherwise
from ._task import Maze, MazeInstance, Style

ORDER_SEED = 2019


class ScrambledMaze(AbstractMazeOtherwise, AbstractAnswered, AbstractTaught):
    """`Maze`, seen and answered with its cells in a random order that is always the same.

    Nothing is hidden: whoever is not built to expect neighbours side by side sees the same task. Only places move, so
    that what is said of a place is said of the cell that was put there.

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
        # the maze beneath refuses what does not fit together
        self.maze()

    def maze(self) -> Maze:
        """The task with its cells in order."""
        return Maze(self.rows, self.columns, self.style, self.braid, self.min_distance, self.horizon)

    def draw(self, key: PRNGKeyArray) -> MazeInstance:
        return self.maze().draw(key)

    def observe(self, episode: MazeInstance) -> Float[Array, "rows columns features"]:
        return self._scrambled(self.maze().observe(episode))

    def outcomes(self, episode: MazeInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        return self.maze().outcomes(episode, self._sorted(answer))

    def demonstrate(self, episode: MazeInstance) -> Float[Array, "rows columns 4"]:
        return self._scrambled(self.maze().demonstrate(episode))

    def loss(
        self, demonstration: Float[Array, "rows columns 4"], answer: Float[Array, "rows columns 4"]
    ) -> Float[Array, ""]:
        return self.maze().loss(demonstration, answer)

    def value(self, episode: MazeInstance) -> Float[Array, "rows columns"]:
        return self._scrambled(self.maze().value(episode))

    def _order(self) -> Int[Array, " places"]:
        """Which cell is at each place."""
        return jr.permutation(jr.key(ORDER_SEED, impl="threefry2x32"), self.rows * self.columns)

    def _scrambled(self, cells: Array) -> Array:
        return cells.reshape(self.rows * self.columns, -1)[self._order()].reshape(cells.shape)

    def _sorted(self, places: Array) -> Array:
        return places.reshape(self.rows * self.columns, -1)[jnp.argsort(self._order())].reshape(places.shape)
