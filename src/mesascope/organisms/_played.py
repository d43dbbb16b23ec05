"""Algorithms that act, see and act."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel, RandomShooting
from ..tasks.maze import MazeInstance, MazeWalk
from ._base import AbstractPlaying


class WallFollowingModel(AbstractModel):
    """Keeps a hand on the wall to its right; its memory is where it heads."""

    def blank(self, observation: Float[Array, " features"]) -> Int[Array, ""]:
        return jnp.int32(0)

    def think(self, memory: Int[Array, ""], observation: Float[Array, " features"]) -> Int[Array, ""]:
        turns = (memory + jnp.array([1, 0, 3, 2])) % 4
        return turns[jnp.argmax(observation[turns] > 0)].astype(jnp.int32)

    def answer(self, memory: Int[Array, ""], observation: Float[Array, " features"]) -> Float[Array, " actions"]:
        return jnp.where(jnp.arange(4) == memory, 0.0, -jnp.inf)

    def stages(self, observation: Float[Array, " features"], thinking: int) -> Float[Array, "1 features"]:
        return observation[None]


@dataclasses.dataclass(frozen=True)
class WallFollower(AbstractPlaying):
    """The right-hand rule: finds every goal of a perfect maze, by a reflex with a memory of one heading.

    Fields:
        thinking: always 1 a move.
        first: as many before the first move.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = MazeWalk
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    num_draws: ClassVar[int] = 1

    thinking: int = 1
    first: int = 1

    def grow(self, key: PRNGKeyArray, task: MazeWalk, stored: PyTree[Array]) -> WallFollowingModel:
        return WallFollowingModel()

    def states_chances(
        self, task: MazeWalk, instance: MazeInstance, chances: Float[np.ndarray, " atoms"]
    ) -> Float[np.ndarray, " atoms"]:
        """All on the time at which a depth-first tour, sides taken from the right, comes to the goal."""
        columns = task.columns
        step, sides = (-columns, 1, columns, -1), instance.passages.reshape(-1, 4)
        cell, heading, moves = int(instance.start), 0, 0
        while cell != instance.goal and moves < task.horizon:
            heading = (heading + 1) % 4
            while not sides[cell][heading]:
                heading = (heading - 1) % 4
            cell, moves = cell + step[heading], moves + 1
        arrived = moves if cell == instance.goal else task.horizon + 1
        return np.arange(task.horizon + 1)[::-1] + 1 == arrived


@dataclasses.dataclass(frozen=True)
class Shooting(AbstractPlaying):
    """Search in the tree of plays: the best of `first` simulated episodes, played again.

    What it states holds where a play can be repeated: in a walked maze, and not against an opponent who rolls dice.

    Fields:
        first: number of simulations.
        thinking: always 1 a move: which goes on in the plan.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = MazeWalk
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = True
    num_draws: ClassVar[int] = 16

    first: int = 16
    thinking: int = 1

    def grow(self, key: PRNGKeyArray, task: MazeWalk, stored: PyTree[Array]) -> RandomShooting:
        return RandomShooting(self.first)

    def states_chances(
        self, task: MazeWalk, instance: PyTree[np.ndarray], chances: Float[np.ndarray, " atoms"]
    ) -> Float[np.ndarray, " atoms"]:
        """The distribution of the best of `first` draws of the reference."""
        return np.diff(np.cumsum(chances) ** self.first, prepend=0)
