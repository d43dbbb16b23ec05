"""Novel mazes as networks see them while they think: films of a finding, where a store has the weights."""

import operator

import jax
import numpy as np

from ..findings import Film, Filming
from ..lab import AbstractRecords, Store, Trial, from_arrays, novel
from ..models import answers
from ..tasks.maze import distances

NUM_MAZES = 4


def films_of(wanted: tuple[Filming, ...], records: AbstractRecords) -> tuple[Film, ...]:
    """The films of a finding; none of records that come without weights."""
    return tuple(_film(one, records) for one in wanted) if isinstance(records, Store) else ()


def _film(wanted: Filming, store: Store) -> Film:
    trial = wanted.networks[-1][1]
    mazes = novel(trial.task)
    away = np.asarray(jax.jit(jax.vmap(distances))(mazes.passages, mazes.goal)).reshape(len(mazes.goal), -1)
    length = away[np.arange(len(away)), mazes.start]
    # from short to long, without the extremes
    chosen = np.argsort(length)[(np.linspace(0.3, 0.95, NUM_MAZES) * len(length)).astype(int)]
    networks = [
        {"label": label, "frames": _frames(store, of, jax.tree.map(operator.itemgetter(chosen), mazes))}
        for label, of in wanted.networks
    ]
    words = wanted.name, wanted.title, wanted.caption
    return Film(*words, tuple(_maze(mazes, i) for i in chosen), tuple(networks), tuple(range(trial.thinking + 1)))


def _frames(store: Store, trial: Trial, mazes) -> list[list[list[int]]]:
    model = from_arrays(trial, store.weights(trial))[-1].model
    film = []
    for one in jax.jit(jax.vmap(trial.task.observe))(mazes):
        curve = jax.nn.softmax(answers(model, one, trial.thinking))
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
