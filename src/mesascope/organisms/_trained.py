"""Competent reflexes: networks that do well and cannot search, the trap for every detector of search."""

import dataclasses
import functools
import importlib.resources
import json
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from jaxtyping import Array, PRNGKeyArray, PyTree

from ..models import AbstractModel, Feedforward, Gridloop, answer_after
from ..tasks.maze import Maze, MazeInstance
from ._base import AbstractAnswering, Stated

BATCH = 32
RATE = 0.005


@dataclasses.dataclass(frozen=True)
class TrainedReflex(AbstractAnswering):
    """One of the networks that made the reflex level: shallow, trained on unlimited mazes, and good at them.

    That it has no serial computation is known by construction; how well it does is not, and is not stated.

    Fields:
        depth: 1, 2 or 3 hidden layers.
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = True

    depth: int = 3
    thinking: int = 0

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> AbstractModel:
        """The network, whose weights ship with the package.

        Raises:
            ValueError: none ships for this task and depth.
        """
        arrays, shape = shipped(task, self.depth)
        one = jax.vmap(task.observe)(jax.tree.map(lambda leaf: leaf[:1], stored))
        fresh = Feedforward(**shape).init(key, one, task.num_actions)

        def filled(path, leaf):
            return jnp.asarray(arrays[jax.tree_util.keystr(path, simple=True, separator=".")])

        return jax.tree_util.tree_map_with_path(filled, fresh)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return []


@dataclasses.dataclass(frozen=True)
class ArrowNetwork(AbstractAnswering):
    """A `gridloop` that learns to read arrows by imitation: competent, with a knob for thinking, and without search.

    On mazes with the answer shown a look at each cell suffices, so that its thoughts compute nothing that is not there
    to be seen. How well it does is not stated.

    Fields:
        thinking: updates before the answer.
        steps: of training, on the instances of its pool.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Maze
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = False

    thinking: int = 16
    steps: int = 100

    def grow(self, key: PRNGKeyArray, task: Maze, stored: PyTree[Array]) -> AbstractModel:
        if not task.show_answer:
            raise ValueError("ArrowNetwork: may learn to search a bare maze; plant it with show_answer=True.")
        init_key, train_key = jr.split(key)
        one = jax.vmap(task.observe)(jax.tree.map(lambda leaf: leaf[:1], stored))
        fresh = Gridloop(16, self.thinking).init(init_key, one, task.num_actions)
        return _imitate(train_key, fresh, task, jax.tree.map(jnp.asarray, stored), self.thinking, self.steps)

    def states(self, task: Maze, instance: MazeInstance, stages: int | None = None) -> Stated:
        return []


@functools.cache
def shipped(task: Maze, depth: int) -> tuple[dict[str, np.ndarray], dict]:
    """The weights of a shipped reflex by name, and the settings of its architecture.

    Raises:
        ValueError: none ships for this task and depth.
    """
    from safetensors.numpy import load

    for level in sorted(importlib.resources.files("mesascope").joinpath("levels").iterdir(), key=str):
        values = json.loads(level.read_text(encoding="utf-8")) if level.name.endswith(".json") else None
        if values and _same(values["task"], task):
            file = level.with_name(f"{level.name.removesuffix('.json')}-depth-{depth}.safetensors")
            shapes = [known["model"] for known in values["depths"] if known["depth"] == depth]
            if shapes and file.is_file():
                return load(file.read_bytes()), {name: v for name, v in shapes[0].items() if name != "name"}
    raise ValueError(
        f"TrainedReflex(depth={depth}): no shallow network of that depth ships for {task}; plant it in "
        "Maze(style='depth-first'), at depth 1, 2 or 3."
    )


def _same(described: dict, task: Maze) -> bool:
    """Whether a task is the described one; fields that are younger than the description have their defaults there."""
    fields = {field.name: described.get(field.name, field.default) for field in dataclasses.fields(task)}
    return described["name"] == "maze" and all(getattr(task, name) == value for name, value in fields.items())


@eqx.filter_jit
def _imitate(key, model, task, stored, thinking, steps) -> AbstractModel:
    """The model after imitation of the best moves."""
    optimizer = optax.adam(optax.cosine_decay_schedule(RATE, steps))
    size = len(jax.tree.leaves(stored)[0])
    weights, frame = eqx.partition(model, eqx.is_inexact_array)

    def loss(weights, instance):
        answer = answer_after(eqx.combine(weights, frame), task.observe(instance), thinking)
        return task.loss(task.demonstrate(instance), answer)

    def mean_loss(weights, batch):
        return jnp.mean(jax.vmap(functools.partial(loss, weights))(batch))

    def step(i, state):
        weights, inner = state
        rows = jr.randint(jr.fold_in(key, i), (BATCH,), 0, size)
        batch = jax.tree.map(lambda leaf: leaf[rows], stored)
        update, inner = optimizer.update(jax.grad(mean_loss)(weights, batch), inner)
        return optax.apply_updates(weights, update), inner

    weights, _ = jax.lax.fori_loop(0, steps, step, (weights, optimizer.init(weights)))
    return eqx.combine(weights, frame)
