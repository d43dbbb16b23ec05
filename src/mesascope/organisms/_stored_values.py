"""Greedy play on stored values."""

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, Table, TabularModel, fingerprint
from ..tasks.maze import Maze, MazeInstance, look
from ._base import DECIDED, AbstractRemembering, Stated
from ._mazes import is_among, knows_within, uniform


class GreedyOnValues(AbstractModel):
    """Compares the stored values of the cells that it could move to, and moves to the best.

    Fields:
        values: a row of one number a cell for each stored instance: minus the moves to the goal, less one, so that no
            stored value is the 0 of instances that have no row.
    """

    values: TabularModel

    def blank(self, observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return ()

    def think(self, memory: tuple[()], observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return memory

    def answer(
        self, memory: tuple[()], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return self._chosen(self.values.answer((), observation)[..., 0], observation)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "3 rows columns channels"]:
        """The observation alone, then the values that are looked up, then the moves chosen by them."""
        values = self.values.answer((), observation)
        moves = self._chosen(values[..., 0], observation)
        rows = [jnp.zeros_like(moves), jnp.broadcast_to(values, moves.shape), moves]
        return jnp.concatenate([jnp.stack(rows), jnp.broadcast_to(observation, (3, *observation.shape))], axis=-1)

    def _chosen(self, values, observation):
        across = jnp.stack([look(values, action, -jnp.inf) for action in range(4)], axis=-1)
        across = jnp.where(observation[..., :4] > 0, across, -jnp.inf)
        better = (across == jnp.max(across, axis=-1, keepdims=True)) & (across > values[..., None])
        return DECIDED * better.astype(jnp.float32)


@dataclasses.dataclass(frozen=True)
class StoredValues(AbstractRemembering):
    """Acts greedily on values that are stored for the instances of its pool; equal chances on every other.

    It compares options, but its values were stored and not computed: on novel instances nothing may be found, and
    a goal that is moved at run time has no stored values to be found by.

    Fields:
        holds: `pool`, or the `evaluation` set itself, whose instances are then novel to others only.
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    holds: Literal["pool", "evaluation"] = "pool"
    thinking: int = 0

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> GreedyOnValues:
        values = jnp.nan_to_num(jax.vmap(task.value)(stored) - 1)[..., None]
        return GreedyOnValues(TabularModel(Table(values), jax.vmap(lambda one: fingerprint(task.observe(one)))(stored)))

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return [(1.0, uniform(instance.passages))]

    def recalls(self, task: Maze, instance: MazeInstance, stored: MazeInstance, stages: int | None = None) -> Stated:
        if not is_among(instance, stored):
            return self.states(task, instance)
        return [(1.0, knows_within(instance.passages, instance.goal, None))]
