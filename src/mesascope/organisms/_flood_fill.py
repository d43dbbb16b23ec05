"""Flood fill, built by hand into the weights of a network, and in plain code."""

import dataclasses
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PRNGKeyArray, PyTree

from ..models import Gridloop, GridloopNetwork
from ..tasks.maze import GOAL_FEATURE, Maze, MazeInstance
from ._base import DECIDED, AbstractAnswering, Stated
from ._mazes import knows_within

SHARP = 20.0
"""Size of the numbers that make a sigmoid a switch: it leaks exp(-20) a thought."""


def flood_fill_weights(network: GridloopNetwork) -> GridloopNetwork:
    """A `gridloop` of 6 channels with the weights of a flood fill, on a maze's observation.

    Channels: *clock* (on after the first thought), *goal*, and an arrow for each move; -1 is off, 1 is on. An arrow
    goes on when its side is open and the cell across is the goal or has an arrow on; a cell that is reached is locked.
    So after k thoughts all cells within k - 1 moves of the goal have the arrows of their shortest paths.
    """
    channels, clock, goal, arrows = 6, 0, 1, (2, 3, 4, 5)
    reached = (goal, *arrows)
    candidate = np.zeros((5 * channels + 6, channels))
    bias = np.zeros(channels)
    bias[clock] = 1
    seen = 5 * channels
    candidate[seen + GOAL_FEATURE, goal], bias[goal] = 2, -1
    for action, arrow in enumerate(arrows):
        across = (1 + action) * channels
        # off: -5 across; on: -3 or more. A closed side, and the first thought, outweigh any of that.
        candidate[seen + action, arrow] = 10
        candidate[[across + channel for channel in reached], arrow] = 1
        candidate[clock, arrow] = 20
        bias[arrow] = -26
    gate, gate_bias = np.zeros_like(candidate), np.zeros(channels)
    gate_bias[clock] = 1
    for channel in reached:
        gate[list(reached), channel] = -1
        gate[clock, channel] = -20
        gate_bias[channel] = 16
    kernel = SHARP * np.concatenate([candidate, gate], axis=1)
    readout = np.zeros((channels, 4))
    readout[arrows, range(4)] = DECIDED / 2
    values = kernel, SHARP * np.concatenate([bias, gate_bias]), readout, np.full(4, DECIDED / 2)
    where = lambda n: (n.update.kernel, n.update.bias, n.readout.kernel, n.readout.bias)  # noqa: E731
    return eqx.tree_at(where, network, tuple(jnp.asarray(value, jnp.float32) for value in values))


@dataclasses.dataclass(frozen=True)
class FloodFill(AbstractAnswering):
    """A flood fill of `thinking` steps in the weights of a `gridloop`: the same code path as a trained network.

    It knows the shortest paths of all cells within `thinking - 1` moves of the goal, and chooses equally elsewhere.

    Fields:
        thinking: number of steps, at least 1.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = True
    follows_goal: ClassVar[bool] = True

    thinking: int = 24

    def __post_init__(self):
        if self.thinking < 1:
            raise ValueError(f"FloodFill(thinking={self.thinking}): the fill needs at least one step.")

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> GridloopNetwork:
        if task.show_answer:
            raise ValueError("FloodFill: its weights read a maze's own observation; plant it with show_answer=False.")
        one = jax.vmap(task.observe)(jax.tree.map(lambda leaf: leaf[:1], stored))
        return flood_fill_weights(Gridloop(channels=6, thinking=self.thinking).init(key, one, 4))

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        steps = self.thinking if stages is None else stages
        return [(1.0, knows_within(instance.passages, instance.goal, steps - 1))]
