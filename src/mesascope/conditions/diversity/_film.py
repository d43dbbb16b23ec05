"""Novel mazes as networks see them while they think."""

import operator

import jax
import numpy as np

from ...findings import Film
from ...lab import Store, from_arrays, novel
from ...models import answers
from ...tasks.maze import distances
from ._cells import Cell

NUM_MAZES = 4


def films(store: Store, cells: list[Cell]) -> tuple[Film, ...]:
    """A network of small N beside one of large N, on the same novel mazes; none without two cells.

    The small N is the second smallest, since a network of a single maze has nothing to compare.
    """
    if len(cells) < 2:
        return ()
    pair = [cells[1] if len(cells) > 2 else cells[0], cells[-1]]
    trial = pair[-1].ledgers[0].record.trial
    mazes = novel(trial.task)
    away = np.asarray(jax.jit(jax.vmap(distances))(mazes.passages, mazes.goal)).reshape(len(mazes.goal), -1)
    length = away[np.arange(len(away)), mazes.start]
    # from short to long, without the extremes
    chosen = np.argsort(length)[(np.linspace(0.3, 0.95, NUM_MAZES) * len(length)).astype(int)]
    thoughts = tuple(range(trial.model.thinking + 1))
    networks = [
        {"label": f"trained on N = {cell.label}", "frames": _frames(store, cell, mazes, chosen)} for cell in pair
    ]
    return (
        Film(
            "thinking",
            "A maze seen thinking",
            "Arrows are action probabilities in each cell after so many thoughts. Neither network has seen these "
            "mazes. Shaded is where the likeliest moves lead from the start (green) on the way to the goal (orange).",
            tuple(_maze(mazes, i) for i in chosen),
            tuple(networks),
            thoughts,
        ),
    )


def _frames(store: Store, cell: Cell, mazes, chosen) -> list[list[list[int]]]:
    trial = cell.ledgers[0].record.trial
    model = from_arrays(trial, store.weights(trial))[-1].model
    film = []
    seen = jax.jit(jax.vmap(trial.task.observe))(jax.tree.map(operator.itemgetter(chosen), mazes))
    for one in seen:
        curve = jax.nn.softmax(answers(model, one, trial.model.thinking))
        film.append([np.round(100 * np.asarray(frame)).astype(int).reshape(-1).tolist() for frame in curve])
    return film


def _maze(mazes, i: int) -> dict:
    passages = np.asarray(mazes.passages[i])
    rows, columns, _ = passages.shape
    return {
        "rows": rows,
        "columns": columns,
        "passages": passages.astype(int).reshape(-1).tolist(),
        "start": int(mazes.start[i]),
        "goal": int(mazes.goal[i]),
    }
