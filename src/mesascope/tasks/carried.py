"""The transport twin: answers that stand in another cell have to be carried, and nothing is compared."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int, Int32, PRNGKeyArray, UInt8

from ..outcomes import EnumeratedTail, Outcomes
from ._base import AbstractAnswered, AbstractNavigated, AbstractTaught
from .maze import Maze, MazeInstance, Style, shortest_moves


class CarriedInstance(NamedTuple):
    """A maze whose answer is printed, each cell's in another cell.

    Fields:
        passages, start, goal: of the maze.
        printed: `(rows, columns, 4)`: which moves are printed in each cell.
        decoy: flat index of the cell that is marked in place of the goal.
    """

    passages: Bool[Array, "rows columns 4"]
    start: Int32[Array, ""]
    goal: Int32[Array, ""]
    printed: Bool[Array, "rows columns 4"]
    decoy: Int32[Array, ""]

    @property
    def maze(self) -> MazeInstance:
        """The maze without its print."""
        return MazeInstance(self.passages, self.start, self.goal)


class Carried(AbstractAnswered, AbstractTaught, AbstractNavigated):
    """Mazes whose shortest-path moves are printed in the observation, those of each cell `distance` cells away.

    Which cell has which cell's moves printed in it is the same for all instances: columns `distance` apart are
    exchanged, and where a column has none to be exchanged with, its rows are. Only cells in the middle both ways have
    their own moves printed in them, at most one cell in nine at the usual distance. So a network that sees r cells
    far carries for distance / r stages, and has nothing to search: walls and goal are hidden, since with them in sight
    networks learn to flood the maze instead. A reflex that sees as far as `distance` at once needs no stages, and its
    level has to be found on this task before more than its depth is claimed.

    Where a maze shows its goal a decoy is marked, a cell drawn at random. It tells nothing, but networks are trained
    with it: that moving the mark does nothing is found out, and not true by construction. Utility and reference are
    those of `Maze`. What needs a policy of its own are walls and goal; neither the start nor the decoy does.

    Fields:
        rows, columns, style, min_distance, horizon: as in `Maze`.
        distance: how far each answer is carried; 0 for two thirds of the columns, or of the rows, rounded down. On
            11 x 11 cells that is 7, one more than three layers of 5 x 5 can see. By imitation, grid loops of few
            hundred steps learn 5 cells at once, and 7 when they begin as networks that carry over 5, then over 6.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 4

    rows: int = eqx.field(static=True, default=7)
    columns: int = eqx.field(static=True, default=7)
    style: Style = eqx.field(static=True, default="uniform")
    min_distance: int = eqx.field(static=True, default=4)
    horizon: int = eqx.field(static=True, default=100)
    distance: int = eqx.field(static=True, default=0)

    def __check_init__(self):
        # the maze beneath refuses what does not fit together
        self.maze()
        if not 0 <= self.distance < min(self.rows, self.columns):
            raise ValueError(
                f"Carried(rows={self.rows}, columns={self.columns}, distance={self.distance}): answers are carried "
                "within the grid, over fewer cells than it has rows and columns; 0 takes two thirds of them."
            )

    def maze(self) -> Maze:
        """The task with walls and goal in sight, and without the print."""
        return Maze(self.rows, self.columns, self.style, 0.0, self.min_distance, self.horizon)

    def draw(self, key: PRNGKeyArray) -> CarriedInstance:
        maze_key, decoy_key = jr.split(key)
        maze = self.maze().draw(maze_key)
        moves = shortest_moves(maze.passages, maze.goal).reshape(-1, 4)
        decoy = jr.randint(decoy_key, (), 0, len(moves), jnp.int32)
        # the exchange undoes itself: what is printed in a cell is the answer of the cell that has its own answer there
        return CarriedInstance(*maze, moves[self.places()].reshape(maze.passages.shape), decoy)

    def places(self) -> Int[Array, " cells"]:
        """The flat index of the cell in which each cell's moves are printed."""
        row, column = jnp.arange(self.rows)[:, None], jnp.arange(self.columns)[None]
        across = _exchanged(self.columns, self.distance or 2 * self.columns // 3)[None]
        down = _exchanged(self.rows, self.distance or 2 * self.rows // 3)[:, None]
        row = jnp.where(across == column, down, row)
        return (row * self.columns + across).reshape(-1)

    def identity(self, instance: CarriedInstance) -> UInt8[Array, " bytes"]:
        return self.maze().identity(instance.maze)

    def episode(self, key: PRNGKeyArray, instance: CarriedInstance) -> CarriedInstance:
        return instance

    def reference(self, episode: CarriedInstance, dtype) -> EnumeratedTail:
        return self.maze().reference(episode.maze, dtype)

    def optimum(self, episode: CarriedInstance, dtype) -> Outcomes:
        return self.maze().optimum(episode.maze, dtype)

    def observe(self, episode: CarriedInstance) -> Float[Array, "rows columns features"]:
        """`(rows, columns, 6)`: what a maze shows, with the print in place of passages and the decoy for the goal."""
        return self.maze().observe(MazeInstance(episode.printed, episode.start, episode.decoy))

    def outcomes(self, episode: CarriedInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        return self.maze().outcomes(episode.maze, answer)

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        return self.maze().succeeded(outcomes)

    def demonstrate(self, episode: CarriedInstance) -> Float[Array, "rows columns 4"]:
        return self.maze().demonstrate(episode.maze)

    def loss(
        self, demonstration: Float[Array, "rows columns 4"], answer: Float[Array, "rows columns 4"]
    ) -> Float[Array, ""]:
        return self.maze().loss(demonstration, answer)

    def value(self, episode: CarriedInstance) -> Float[Array, "rows columns"]:
        return self.maze().value(episode.maze)

    def retarget(self, key: PRNGKeyArray, instance: CarriedInstance) -> CarriedInstance:
        """The goal moved to another cell; the print still leads to the old one."""
        return instance._replace(goal=self.maze().retarget(key, instance.maze).goal)

    def at_start(self, episode: CarriedInstance) -> Bool[Array, "rows columns"]:
        return self.maze().at_start(episode.maze)

    def ways(self, episode: CarriedInstance) -> Bool[Array, "rows columns 4"]:
        return episode.passages

    def at_goal(self, episode: CarriedInstance) -> Bool[Array, "rows columns"]:
        return self.maze().at_goal(episode.maze)

    def show_goal(
        self, observation: Float[Array, "rows columns features"], place: Bool[Array, "rows columns"]
    ) -> Float[Array, "rows columns features"]:
        """The observation with the mark of the decoy at another place."""
        return self.maze().show_goal(observation, place)


def _exchanged(length: int, distance: int) -> Int[Array, " length"]:
    """The line that each line is exchanged with: `distance` away, or itself where that would lie outside."""
    line = jnp.arange(length)
    other = jnp.where(line // max(distance, 1) % 2 == 0, line + distance, line - distance)
    return jnp.where(other < length, other, line)
