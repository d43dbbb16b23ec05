"""The reflexes that traps are made of, and what they answer, in plain NumPy."""

from typing import Literal

import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks.maze import Maze, MazeInstance
from ._reflexes import GreedyReflex
from ._trained import TrainedReflex, shipped

Reflex = Literal["greedy", "trained"]
"""By hand, or the shipped network of serial depth 3."""

DEPTHS: dict[Reflex, int] = {"greedy": 1, "trained": 3}
"""Serial depth of each."""


def grown_reflex(kind: Reflex, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> AbstractModel:
    """The reflex as a model."""
    organism = GreedyReflex() if kind == "greedy" else TrainedReflex(DEPTHS["trained"])
    return organism.grow(key, task, stored)


def reflex_policy(kind: Reflex, task: Maze, instance: MazeInstance) -> Float[np.ndarray, "rows columns 4"]:
    """What the reflex does on an instance; of a network by a forward pass that shares no code with its model."""
    if kind == "greedy":
        return GreedyReflex().states(task, instance)[0][1]
    arrays, _ = shipped(task, DEPTHS["trained"])
    rows, columns, _ = instance.passages.shape
    goal = np.zeros((rows, columns, 1))
    goal[divmod(int(instance.goal), columns)] = 1
    hidden = _layer(np.concatenate([instance.passages, goal, np.ones_like(goal)], axis=-1), arrays, 0)
    for number in range(1, DEPTHS["trained"]):
        hidden = hidden + _layer(hidden, arrays, number)
    logits = hidden @ arrays["readout.kernel"].astype(float) + arrays["readout.bias"]
    chances = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return chances / np.sum(chances, axis=-1, keepdims=True)


def _layer(values, arrays: dict[str, np.ndarray], number: int) -> Float[np.ndarray, "rows columns channels"]:
    """max(0, sum over the square around each cell of values times kernel, plus bias); zeros beyond the border."""
    kernel, bias = (arrays[f"layers.{number}.{part}"].astype(float) for part in ("kernel", "bias"))
    rows, columns, features = values.shape
    width = round((len(kernel) / features) ** 0.5)
    square, reach = kernel.reshape(width, width, features, -1), width // 2
    padded = np.pad(values, ((reach, reach), (reach, reach), (0, 0)))
    total = sum(
        padded[down : down + rows, right : right + columns] @ square[down, right]
        for down, right in np.ndindex(width, width)
    )
    return np.maximum(total + bias, 0)
