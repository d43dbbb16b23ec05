"""Mazes of several kinds, or of one of them: a distribution that can be restricted."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ...outcomes import Outcomes
from .._base import AbstractAnswered, AbstractTaught
from ._generate import aldous_broder, depth_first
from ._grid import distances
from ._otherwise import AbstractMazeOtherwise
from ._task import Maze, MazeInstance

SMALLER = 2
"""Cells that a small maze has fewer on a side."""

MOST_ATTEMPTS = 1000


class MazeKinds(AbstractMazeOtherwise, AbstractAnswered, AbstractTaught):
    """Mazes of every kind in equal shares, or of those alone that the fields leave.

    A kind is a style, a size and a distance. A small maze is walled in at the upper left of the same grid, so that one
    network can be shown all kinds. Start and goal are from `near` to `far - 1` moves apart, or `far` and more. All else
    is as in `Maze`: what is utility, reference, the same instance.

    Fields:
        rows, columns: of the grid, and of a large maze in cells; a small one has two fewer each way.
        style, size, distance: one kind alone, or `any`.
        near, far: the bands of distance, in moves.
        horizon: number of moves allowed.
        show_answer: as in `Maze`.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 4

    rows: int = eqx.field(static=True, default=7)
    columns: int = eqx.field(static=True, default=7)
    style: Literal["any", "uniform", "depth-first"] = eqx.field(static=True, default="any")
    size: Literal["any", "small", "large"] = eqx.field(static=True, default="any")
    distance: Literal["any", "near", "far"] = eqx.field(static=True, default="any")
    near: int = eqx.field(static=True, default=4)
    far: int = eqx.field(static=True, default=9)
    horizon: int = eqx.field(static=True, default=100)
    show_answer: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        smallest = min(self.rows, self.columns) - SMALLER
        if smallest < 2 or not 1 <= self.near < self.far < (self.rows - SMALLER) * (self.columns - SMALLER):
            raise ValueError(
                f"MazeKinds(rows={self.rows}, columns={self.columns}, near={self.near}, far={self.far}): a small maze "
                f"is {SMALLER} cells shorter and narrower, at least 2 x 2, and must have room for a path of `far` "
                "moves; `near` is at least 1 and below `far`."
            )
        # the maze beneath refuses what does not fit together
        self.maze()

    def maze(self) -> Maze:
        """The task as one kind of maze, by which instances of all kinds are measured."""
        bounds = {"min_distance": self.near, "horizon": self.horizon}
        return Maze(self.rows, self.columns, **bounds, show_answer=self.show_answer)

    def draw(self, key: PRNGKeyArray) -> MazeInstance:
        """A kind; then a maze, a goal, and a start in its band of distances, drawn anew until there is one."""
        kind_key, attempt_key = jr.split(key)
        style, small, far = self._kind(kind_key)

        def attempt(state):
            _, _, count = state
            maze_key, goal_key, start_key = jr.split(jr.fold_in(attempt_key, count), 3)
            passages, inside = self._passages(maze_key, style, small)
            goal = _among(goal_key, inside)
            apart = distances(passages, goal).reshape(-1)
            band = jnp.where(far, apart >= self.far, (apart >= self.near) & (apart < self.far)) & inside
            return MazeInstance(passages, _among(start_key, band), goal), jnp.any(band), count + 1

        def undone(state):
            return ~state[1] & (state[2] < MOST_ATTEMPTS)

        nothing = MazeInstance(jnp.zeros((self.rows, self.columns, 4), bool), jnp.int32(0), jnp.int32(0))
        instance, *_ = jax.lax.while_loop(undone, attempt, (nothing, jnp.array(False), 0))
        return instance

    def observe(self, episode: MazeInstance) -> Float[Array, "rows columns features"]:
        return self.maze().observe(episode)

    def outcomes(self, episode: MazeInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        return self.maze().outcomes(episode, answer)

    def demonstrate(self, episode: MazeInstance) -> Float[Array, "rows columns 4"]:
        return self.maze().demonstrate(episode)

    def loss(
        self, demonstration: Float[Array, "rows columns 4"], answer: Float[Array, "rows columns 4"]
    ) -> Float[Array, ""]:
        return self.maze().loss(demonstration, answer)

    def value(self, episode: MazeInstance) -> Float[Array, "rows columns"]:
        return self.maze().value(episode)

    def _kind(self, key: PRNGKeyArray):
        """Style, smallness and farness, drawn where the field says `any`."""
        drawn = jr.bernoulli(key, shape=(3,))
        fixed = ((self.style, "depth-first"), (self.size, "small"), (self.distance, "far"))
        return [coin if chosen == "any" else jnp.array(chosen == yes) for coin, (chosen, yes) in zip(drawn, fixed)]

    def _passages(self, key: PRNGKeyArray, style: Bool[Array, ""], small: Bool[Array, ""]):
        """`(rows, columns, 4)` passages of a maze, and which cells are its own."""
        rows, columns = self.rows, self.columns
        large, little = (self._generated(key, style, rows - less, columns - less) for less in (0, SMALLER))
        walled = jnp.zeros_like(large).at[: rows - SMALLER, : columns - SMALLER].set(little)
        cells = jnp.zeros((rows, columns), bool).at[: rows - SMALLER, : columns - SMALLER].set(True)
        return jnp.where(small, walled, large), (cells | ~small).reshape(-1)

    def _generated(self, key: PRNGKeyArray, depth: Bool[Array, ""], rows: int, columns: int):
        if self.style == "any":
            return jnp.where(depth, depth_first(key, rows, columns), aldous_broder(key, rows, columns))
        return {"uniform": aldous_broder, "depth-first": depth_first}[self.style](key, rows, columns)


def _among(key: PRNGKeyArray, cells: Bool[Array, " cells"]):
    """One of the cells, uniformly."""
    return jr.categorical(key, jnp.where(cells, 0.0, -jnp.inf).astype(jnp.float32)).astype(jnp.int32)
