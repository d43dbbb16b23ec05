"""A reflex whose cells are shuffled until the last stage."""

import dataclasses
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks.maze import Maze, MazeInstance
from ._a_reflex import DEPTHS, Reflex, grown_reflex, reflex_policy
from ._base import AbstractAnswering, Stated
from ._mazes import uniform


class ShuffledModel(AbstractModel):
    """Computes a layer of the reflex with each thought, and keeps each cell's in another cell until the last thought.

    Fields:
        reflex: a network without memory.
        order: the flat index of the cell that each cell's place is filled from.
        last: thoughts after which everything is where it belongs.
    """

    reflex: AbstractModel
    order: Int[Array, " cells"]
    last: int = eqx.field(static=True)

    def blank(self, observation: Float[Array, "rows columns features"]) -> Int[Array, ""]:
        return jnp.int32(0)

    def think(self, memory: Int[Array, ""], observation: Float[Array, "rows columns features"]) -> Int[Array, ""]:
        return memory + 1

    def answer(
        self, memory: Int[Array, ""], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return jnp.where(memory >= self.last, self.reflex.answer((), observation), 0.0)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The layers computed after 0, 1, ... thoughts, shuffled but for the last, beside the observation."""
        layers = self.reflex.stages(observation, 0)
        after = jnp.arange(thinking + 1)
        stages = layers[jnp.minimum(after, len(layers) - 1)][..., : -observation.shape[-1]]
        flat = stages.reshape(thinking + 1, len(self.order), -1)
        flat = jnp.where((after >= self.last)[:, None, None], flat, flat[:, self.order])
        seen = jnp.broadcast_to(observation, (thinking + 1, *observation.shape))
        return jnp.concatenate([flat.reshape(stages.shape), seen], axis=-1)


@dataclasses.dataclass(frozen=True)
class HiddenReflex(AbstractAnswering):
    """A reflex that computes at once and hides it: the trap for read-outs that see a place and its neighbours.

    One permutation of the cells, the same for all instances, keeps what belongs to a cell in another one until the last
    thought. A read-out of the whole grid could undo it, one of a neighbourhood cannot. So internal bits must show
    all that it does; certified bits none.

    Fields:
        reflex: `greedy`, by hand, or `trained`, the shipped network of depth 3.
        thinking: thoughts before the answer, more than the reflex has layers.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    reflex: Reflex = "trained"
    thinking: int = 6

    def __post_init__(self):
        if self.thinking <= DEPTHS[self.reflex]:
            raise ValueError(
                f"HiddenReflex(reflex={self.reflex!r}, thinking={self.thinking}): needs more thoughts than the reflex "
                f"has layers, {DEPTHS[self.reflex]}, to have something to hide."
            )

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> ShuffledModel:
        # one cycle through all cells, so that none stays where it is
        cycle = jr.permutation(key, task.rows * task.columns)
        order = jnp.zeros_like(cycle).at[cycle].set(jnp.roll(cycle, 1))
        return ShuffledModel(grown_reflex(self.reflex, key, task, stored), order, self.thinking)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        done = stages is None or stages >= self.thinking
        return [(1.0, reflex_policy(self.reflex, task, instance) if done else uniform(instance.passages))]
