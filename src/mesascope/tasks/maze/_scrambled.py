"""The maze with its cells in another order: what a network owes to being built as a grid."""

from typing import ClassVar

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from ...outcomes import Outcomes
from ._task import Maze, MazeInstance

ORDER_SEED = 2019


class ScrambledMaze(Maze):
    """`Maze`, seen and answered with its cells in a random order that is always the same.

    Nothing is hidden: whoever is not built to expect neighbours side by side sees the same task. Only places move, so
    that what is said of a place is said of the cell that was put there.
    """

    version: ClassVar[int] = 1

    def observe(self, episode: MazeInstance) -> Float[Array, "rows columns features"]:
        return self._scrambled(super().observe(episode))

    def outcomes(self, episode: MazeInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        return super().outcomes(episode, self._sorted(answer))

    def demonstrate(self, episode: MazeInstance) -> Float[Array, "rows columns 4"]:
        return self._scrambled(super().demonstrate(episode))

    def value(self, episode: MazeInstance) -> Float[Array, "rows columns"]:
        return self._scrambled(super().value(episode))

    def at_start(self, episode: MazeInstance) -> Bool[Array, "rows columns"]:
        return self._scrambled(super().at_start(episode))

    def at_goal(self, episode: MazeInstance) -> Bool[Array, "rows columns"]:
        return self._scrambled(super().at_goal(episode))

    def ways(self, episode: MazeInstance) -> Bool[Array, "rows columns 4"]:
        return self._scrambled(super().ways(episode))

    def _order(self) -> Int[Array, " places"]:
        """Which cell is at each place."""
        key: PRNGKeyArray = jr.key(ORDER_SEED, impl="threefry2x32")
        return jr.permutation(key, self.rows * self.columns)

    def _scrambled(self, cells: Array) -> Array:
        return cells.reshape(self.rows * self.columns, -1)[self._order()].reshape(cells.shape)

    def _sorted(self, places: Array) -> Array:
        return places.reshape(self.rows * self.columns, -1)[jnp.argsort(self._order())].reshape(places.shape)
