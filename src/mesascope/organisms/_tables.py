"""Algorithms that store and do not compute."""

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, PyTree

from ..models import Table, TabularModel, fingerprint
from ..tasks.maze import Maze, MazeInstance
from ._base import DECIDED, AbstractAnswering, Stated
from ._mazes import uniform


@dataclasses.dataclass(frozen=True)
class LookupTable(AbstractAnswering):
    """The best policy of every instance of its pool, stored; equal chances on every other.

    Fields:
        holds: `pool`, or the `evaluation` set itself: then the instances that count as novel are not novel to it. All
            of its bits there are stored, none is computed, and no measure of achievement on that set can tell.
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = False

    holds: Literal["pool", "evaluation"] = "pool"
    thinking: int = 0

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> TabularModel:
        rows = DECIDED * jnp.sign(jax.vmap(task.demonstrate)(stored))
        return TabularModel(Table(rows), jax.vmap(lambda one: fingerprint(task.observe(one)))(stored))

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return [(1.0, uniform(instance.passages))]
