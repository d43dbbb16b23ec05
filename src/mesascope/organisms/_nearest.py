"""A memory that answers with what it has stored of the nearest instance."""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks.maze import Maze, MazeInstance
from ._base import DECIDED, AbstractRemembering, Stated
from ._mazes import knows_within


class NearestModel(AbstractModel):
    """The stored row whose observation differs in the fewest places; of equally near ones the first.

    Fields:
        seen: the stored observations, flat.
        rows: the stored answers.
    """

    seen: Bool[Array, "instances numbers"]
    rows: Float[Array, "instances rows columns 4"]

    def blank(self, observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return ()

    def think(self, memory: tuple[()], observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return memory

    def answer(
        self, memory: tuple[()], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return self.rows[jnp.argmin(jnp.sum(self.seen != (observation.reshape(-1) > 0), axis=1))]

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "2 rows columns channels"]:
        """The observation alone, and the nearest row beside it."""
        row = self.answer((), observation)
        stages = jnp.stack([jnp.zeros_like(row), row])
        return jnp.concatenate([stages, jnp.broadcast_to(observation, (2, *observation.shape))], axis=-1)


@dataclasses.dataclass(frozen=True)
class NearestNeighbour(AbstractRemembering):
    """Answers with the stored best moves of the nearest stored instance, by the Hamming distance of observations.

    Whatever it does on novel instances is stored and not computed: bits there lie near those of chance, below them
    where another maze's moves run into walls. Nothing is serial, and a moved goal changes two numbers of an
    observation, so that it rarely changes which instance is nearest.

    Fields:
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    thinking: int = 0

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> NearestModel:
        seen = jax.vmap(task.observe)(stored)
        rows = DECIDED * jnp.sign(jax.vmap(task.demonstrate)(stored))
        return NearestModel(seen.reshape(len(seen), -1) > 0, rows)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        """Nothing: what it shows depends on what it has stored."""
        return []

    def recalls(self, task: Maze, instance: MazeInstance, stored: MazeInstance, stages: int | None = None) -> Stated:
        # a moved goal is two marks: the one that is gone and the one that is new
        walls = np.sum(np.asarray(stored.passages) != instance.passages, axis=(1, 2, 3))
        nearest = np.argmin(walls + 2 * (np.asarray(stored.goal) != instance.goal))
        return [(1.0, knows_within(np.asarray(stored.passages)[nearest], stored.goal[nearest], None))]
