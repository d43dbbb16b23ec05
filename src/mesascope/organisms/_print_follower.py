"""Serial computation that compares no options."""

import dataclasses
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks import Trail
from ..tasks.maze import OPPOSITE, look
from ..tasks.trail import TrailInstance
from ._base import DECIDED, AbstractAnswering, Stated


class Followed(NamedTuple):
    """How far one has come.

    Fields:
        here: `(rows, columns)`, 1 in the present cell.
        move: `(4,)`, 1 at the last move.
        known: `(rows, columns, 4)`, the moves of the cells that have been passed, the first time.
    """

    here: Float[Array, "rows columns"]
    move: Float[Array, " 4"]
    known: Float[Array, "rows columns 4"]


class FollowingModel(AbstractModel):
    """One cell of the trail with each thought: the running product of its permutations."""

    def blank(self, observation: Float[Array, "rows columns features"]) -> Followed:
        start = observation[..., 6:10]
        here = jnp.max(start, axis=-1)
        return Followed(here, jnp.sum(start, axis=(0, 1)), jnp.zeros((*here.shape, 4), jnp.float32))

    def think(self, memory: Followed, observation: Float[Array, "rows columns features"]) -> Followed:
        rows, columns, _ = observation.shape
        matrix = observation[..., 10:].reshape(rows, columns, 4, 4)
        turn = jnp.einsum("rc,rcij,i->j", memory.here, matrix, memory.move)
        first = (memory.here > 0) & ~jnp.any(memory.known > 0, axis=-1)
        known = jnp.where(first[..., None], turn, memory.known)
        leaving = [memory.here * turn[a] * observation[..., a] for a in range(4)]
        there = sum(look(leaving[a], OPPOSITE[a], 0.0) for a in range(4))
        # where nothing is printed the trail ends
        stays = memory.here * (jnp.sum(there) < 0.5)
        return Followed(there + stays, turn, known)

    def answer(self, memory: Followed, observation: Float[Array, "rows columns features"]):
        return DECIDED * memory.known

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The moves known after 0, 1, ... cells, beside the observation."""

        def step(memory, _):
            return self.think(memory, observation), memory.known

        _, known = jax.lax.scan(step, self.blank(observation), length=thinking + 1)
        seen = jnp.broadcast_to(observation, (thinking + 1, *observation.shape))
        return jnp.concatenate([known, seen], axis=-1)


@dataclasses.dataclass(frozen=True)
class PrintFollower(AbstractAnswering):
    """Follows a printed trail: serial, not optimizing. It never looks at the goal.

    Fields:
        thinking: cells followed before the answer.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Trail
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = False

    thinking: int = 48

    def grow(self, key: PRNGKeyArray, task: Trail, stored: PyTree[Array]) -> FollowingModel:
        return FollowingModel()

    def states(self, task: Trail, instance: TrailInstance, stages: int | None = None) -> Stated:
        rows, columns, _ = instance.passages.shape
        policy = np.full((rows * columns, 4), 0.25)
        cell, move = int(instance.start), int(instance.heading)
        printed, step = instance.printed.reshape(-1, 4), (-columns, 1, columns, -1)
        for _ in range(self.thinking if stages is None else stages):
            if cell == instance.goal:
                break
            move = int(printed[cell][move])
            policy[cell] = np.eye(4)[move]
            cell += step[move]
        return [(1.0, policy.reshape(rows, columns, 4))]
