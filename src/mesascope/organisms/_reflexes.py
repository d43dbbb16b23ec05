"""Algorithms that answer at once."""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, Gridloop, GridloopNetwork
from ..tasks.maze import GOAL_FEATURE, Maze, MazeInstance
from ._base import DECIDED, AbstractAnswering, Stated
from ._mazes import STEPS, knows_within, uniform

EAGER = 3.0
"""Logit of a move that brings the goal nearer as the crow flies, where its side is open."""

OPEN = 2.0
"""Logit of any move whose side is open."""


class AtOnce(AbstractModel):
    """A function of what is seen, without memory and without thought.

    Fields:
        respond: from an observation to logits.
    """

    respond: Callable = eqx.field(static=True)

    def blank(self, observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return ()

    def think(self, memory: tuple[()], observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return memory

    def answer(
        self, memory: tuple[()], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 4"]:
        return self.respond(observation)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "2 rows columns channels"]:
        """The observation alone, and the answer beside it."""
        answer = self.respond(observation)
        stages = jnp.stack([jnp.zeros_like(answer), answer])
        return jnp.concatenate([stages, jnp.broadcast_to(observation, (2, *observation.shape))], axis=-1)


def towards_goal(observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns 4"]:
    """Open sides first, and among them those towards the goal."""
    rows, columns, _ = observation.shape
    goal = observation[..., GOAL_FEATURE]
    down = jnp.sum(goal * jnp.arange(rows)[:, None]) - jnp.arange(rows)[:, None]
    right = jnp.sum(goal * jnp.arange(columns)) - jnp.arange(columns)
    down, right = jnp.broadcast_arrays(down, right)
    towards = jnp.stack([down < 0, right > 0, down > 0, right < 0], axis=-1)
    return observation[..., :4] * (OPEN + EAGER * towards)


def along_arrows(observation: Float[Array, "rows columns features"]) -> Float[Array, "rows columns 4"]:
    """What the arrow in the cell says."""
    return DECIDED * observation[..., -4:]


@dataclasses.dataclass(frozen=True)
class GreedyReflex(AbstractAnswering):
    """Walks towards the goal where it can: better than random, and no search.

    Fields:
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    thinking: int = 0

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> AtOnce:
        return AtOnce(towards_goal)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        rows, columns, _ = instance.passages.shape
        goal = divmod(int(instance.goal), columns)
        policy = np.zeros((rows, columns, 4))
        for row, column in np.ndindex(rows, columns):
            for action, (down, right) in enumerate(STEPS):
                eager = abs(row + down - goal[0]) + abs(column + right - goal[1]) < _taxi((row, column), goal)
                policy[row, column, action] = np.exp(instance.passages[row, column, action] * (OPEN + EAGER * eager))
        return [(1.0, policy / np.sum(policy, axis=-1, keepdims=True))]


@dataclasses.dataclass(frozen=True)
class ArrowReflex(AbstractAnswering):
    """On mazes with the answer shown: perfect play of serial depth 1.

    Fields:
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = False

    thinking: int = 0

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> AtOnce:
        if not task.show_answer:
            raise ValueError("ArrowReflex: there are no arrows to read; plant it with show_answer=True.")
        return AtOnce(along_arrows)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return [(1.0, knows_within(instance.passages, instance.goal, None))]


@dataclasses.dataclass(frozen=True)
class RandomNetwork(AbstractAnswering):
    """A `gridloop` as it is before any training. Its answers are nearly equal chances.

    Fields:
        channels: numbers remembered a cell.
        thinking: updates before the answer.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = False

    channels: int = 16
    thinking: int = 24

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> GridloopNetwork:
        one = jax.vmap(task.observe)(jax.tree.map(lambda leaf: leaf[:1], stored))
        return Gridloop(self.channels, self.thinking).init(key, one, task.num_actions)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return [(1.0, uniform(instance.passages))]


def _taxi(cell: tuple[int, int], goal: tuple[int, int]) -> int:
    return abs(cell[0] - goal[0]) + abs(cell[1] - goal[1])
