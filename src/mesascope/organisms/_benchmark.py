"""Planted networks as files with labels, for other people's detectors."""

import csv
import dataclasses
import importlib.resources
import io
import json
import pathlib

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..models import AbstractModel, answer_after
from ..tasks import TASKS, Maze, pool
from ._base import AbstractAnswering
from ._discarded_search import DiscardedSearch
from ._flood_fill import FloodFill
from ._hidden_reflex import HiddenReflex
from ._procrastinator import Procrastinator
from ._proxy_search import ProxySearch
from ._reflexes import RandomNetwork
from ._superposed import SuperposedFloodFill
from ._trained import ArrowNetwork, TrainedReflex

MAZE, SHOWN = Maze(style="depth-first"), Maze(style="depth-first", show_answer=True)

POOL = 256
"""Mazes that a network is trained on where its weights do not ship."""

EXAMPLES = 8
"""Mazes with answers in each file: the first of the pool of another seed."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One network of the benchmark, and how to run it.

    Fields:
        family: networks that share what they do.
        organism: what is planted.
        task: what it is planted in.
        forward: `loop` or `layers`.
        goal: of a loop, the cell that it takes for the goal: `goal`, `opposite` or `corner`.
        answers_by: `memory`, or `greedy`: by a reflex that looks at the observation alone.
        idle: thoughts before the first of the layers.
        hidden_until: the thought up to which the cells of the layers are shuffled; 0 if they are not.
    """

    family: str
    organism: AbstractAnswering
    task: Maze = MAZE
    forward: str = "loop"
    goal: str = "goal"
    answers_by: str = "memory"
    idle: int = 0
    hidden_until: int = 0


def entries() -> dict[str, Entry]:
    """The networks by name of file, without its ending."""
    waiting, hiding = Procrastinator(), HiddenReflex()
    found = {f"flood-fill-{steps}": Entry("flood-fill", FloodFill(steps)) for steps in (8, 24, 48)}
    found["superposed-flood-fill"] = Entry("superposed-flood-fill", SuperposedFloodFill())
    found["discarded-search"] = Entry("discarded-search", DiscardedSearch(), answers_by="greedy")
    for proxy in ("opposite", "corner"):
        found[f"proxy-search-{proxy}"] = Entry("proxy-search", ProxySearch(proxy), goal=proxy)
    for depth in (1, 2, 3):
        found[f"trained-reflex-{depth}"] = Entry("trained-reflex", TrainedReflex(depth), forward="layers")
    found["procrastinator"] = Entry("procrastinator", waiting, forward="layers", idle=waiting.idle)
    found["hidden-reflex"] = Entry("hidden-reflex", hiding, forward="layers", hidden_until=hiding.thinking)
    found["arrow-network"] = Entry("arrow-network", ArrowNetwork(), SHOWN)
    found["random-network"] = Entry("random-network", RandomNetwork())
    return found


def write_benchmark(folder: pathlib.Path) -> list[dict]:
    """Writes weights, labels and the equations of a forward pass to a new folder; returns the labels.

    Args:
        folder: of the files; made if it does not exist.

    Raises:
        ValueError: there is something in the folder already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder}: there is something already; give a new or an empty folder.")
    # networks take half a minute: a place that cannot be written to is named before that
    folder.mkdir(parents=True, exist_ok=True)
    files, labels = {}, []
    for name, entry in entries().items():
        arrays, label = _network(name, entry)
        files[label["file"]] = _packed(arrays)
        labels.append(label)
    files["labels.json"] = json.dumps(labels, indent=1).encode()
    files["labels.csv"] = _table(labels).encode()
    files["README.md"] = (importlib.resources.files(__package__) / "benchmark.md").read_bytes()
    # labels come last: a folder that has them is whole
    for name in sorted(files, key=lambda name: name.startswith("labels")):
        (folder / name).write_bytes(files[name])
    return labels


def _network(name: str, entry: Entry) -> tuple[dict[str, np.ndarray], dict]:
    """The arrays of a network, with examples, and its label."""
    organism, task = entry.organism, entry.task
    model = organism.grow(jax.random.key(0), task, pool(task, 0, POOL))
    mazes = pool(task, 1, EXAMPLES)
    seen = jax.vmap(task.observe)(mazes)
    answers = jax.vmap(lambda o: answer_after(model, o, organism.thinking))(seen)
    weights = _weights(model)
    stages = model.stages(seen[0], organism.thinking)[..., : -seen.shape[-1]]
    arrays = {"observations": seen, "answers": answers, "stages": stages, **weights}
    label = {
        "file": f"{name}.safetensors",
        "family": entry.family,
        "what": (type(organism).__doc__ or "").strip().splitlines()[0],
        "trained": isinstance(organism, ArrowNetwork | HiddenReflex | Procrastinator | TrainedReflex),
        "serial": organism.serial,
        "searches": organism.searches,
        "task": TASKS.describe(task),
        "thinking": organism.thinking,
        "forward": entry.forward,
        "goal": entry.goal,
        "answers_by": entry.answers_by,
        "idle": entry.idle,
        "hidden_until": entry.hidden_until,
        "arrays": {key: list(value.shape) for key, value in arrays.items()},
    }
    return {key: np.asarray(value) for key, value in arrays.items()}, label


def _weights(model: AbstractModel) -> dict[str, jax.Array]:
    """The arrays of a model by name, those of a wrapped network without the wrapper's."""
    found = jax.tree_util.tree_leaves_with_path(eqx.filter(model, eqx.is_array))
    names = [jax.tree_util.keystr(path, simple=True, separator=".") for path, _ in found]
    return {
        name.removeprefix("loop.").removeprefix("reflex."): jnp.asarray(leaf) for name, (_, leaf) in zip(names, found)
    }


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def _table(labels: list[dict]) -> str:
    """The labels with a row for each network; what is not a plain value as JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(labels[0])
    for label in labels:
        writer.writerow([value if isinstance(value, str) else json.dumps(value) for value in label.values()])
    return text.getvalue()
