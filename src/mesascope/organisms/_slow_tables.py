"""Look-ups that take their time."""

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel, TabularModel
from ..tasks.maze import Maze, MazeInstance
from ._base import AbstractRemembering, Stated
from ._mazes import is_among, knows_within, uniform
from ._tables import LookupTable


class UnpackingModel(AbstractModel):
    """A row of a table that comes out by and by.

    Fields:
        table: where the row is looked up.
        order: `(thoughts + 1, cells)`, the flat index of the cell that each place is filled from after so many
            thoughts; -1 where there is nothing yet.
    """

    table: TabularModel
    order: Int[Array, "thoughts cells"]

    def blank(self, observation: Float[Array, "rows columns features"]) -> Int[Array, ""]:
        return jnp.int32(0)

    def think(self, memory: Int[Array, ""], observation: Float[Array, "rows columns features"]) -> Int[Array, ""]:
        return memory + 1

    def answer(
        self, memory: Int[Array, ""], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        row = self.table.answer((), observation)
        order = self.order[jnp.minimum(memory, len(self.order) - 1)]
        shown = jnp.where(order[:, None] < 0, 0, row.reshape(len(order), -1)[order])
        return shown.reshape(row.shape)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """What has come out after 0, 1, ... thoughts, beside the observation."""
        shown = jax.vmap(lambda memory: self.answer(memory, observation))(jnp.arange(thinking + 1))
        seen = jnp.broadcast_to(observation, (thinking + 1, *observation.shape))
        return jnp.concatenate([shown, seen], axis=-1)


@dataclasses.dataclass(frozen=True)
class SlowLookup(AbstractRemembering):
    """A table of its pool whose rows are unpacked over `thinking` thoughts: the trap for measures of *when*.

    On novel instances it has nothing to unpack, and nothing may be found. On those that it has stored all of its bits
    are tuned, and yet internal bits that are read there, by read-outs fitted on other stored ones, must show them: they
    come late. Read-outs that are fitted on novel instances cannot read them at all. It is not redirected.

    Fields:
        by: `places`, a share of the cells with each thought, row by row; or `layers`, every thought but the
            first undoes a shuffle of the whole grid.
        holds: `pool`, or the `evaluation` set itself, whose instances are then novel to others only.
        thinking: thoughts until a row is out.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    by: Literal["places", "layers"] = "places"
    holds: Literal["pool", "evaluation"] = "pool"
    thinking: int = 16

    def __post_init__(self):
        if self.thinking < 1:
            raise ValueError(f"SlowLookup(thinking={self.thinking}): takes at least one thought.")

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> UnpackingModel:
        cells = np.arange(task.rows * task.columns)
        if self.by == "places":
            out = [
                np.where(cells < self._unpacked(thoughts, len(cells)), cells, -1) for thoughts in range(self.thinking)
            ]
            order = [*out, cells]
        else:
            shuffle, order = np.asarray(jr.permutation(key, len(cells))), [cells]
            for _ in range(1, self.thinking):
                order.insert(0, order[0][shuffle])
            # before the first thought nothing has been looked up
            order.insert(0, np.full_like(cells, -1))
        return UnpackingModel(LookupTable().grow(key, task, stored), jnp.asarray(np.stack(order)))

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return [(1.0, uniform(instance.passages))]

    def recalls(self, task: Maze, instance: MazeInstance, stored: MazeInstance, stages: int | None = None) -> Stated:
        """Of a stored instance the best moves in the cells that are out; of shuffles that are not undone, none."""
        if not is_among(instance, stored):
            return self.states(task, instance)
        best, thoughts = knows_within(instance.passages, instance.goal, None), self.thinking
        thoughts = thoughts if stages is None else min(stages, thoughts)
        cells = task.rows * task.columns
        known = self._unpacked(thoughts, cells) if self.by == "places" else cells * (thoughts == self.thinking)
        out = np.arange(cells).reshape(task.rows, task.columns, 1) < known
        return [(1.0, np.where(out, best, uniform(instance.passages)))]

    def _unpacked(self, thoughts: int, cells: int) -> int:
        """Cells whose part of the row is out after so many thoughts."""
        return thoughts * cells // self.thinking
