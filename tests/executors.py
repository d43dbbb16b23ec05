"""A small sweep that every executor is given, and what makes two stores the same."""

import json
import pathlib

import numpy as np

from mesascope.base import BASES
from mesascope.lab import Store, Training
from mesascope.models import MODELS
from mesascope.tasks.maze import Maze

TASK = Maze(4, 4, horizon=40)


def trainings(seeds: int = 2) -> list[Training]:
    """Two programs, two lengths, a network that diverges, one whose shape depends on N, one that changes its pool."""
    gridloop = MODELS.build("gridloop", {"channels": 4, "thinking": 4})

    def of(steps: int, decay: float = 0.0):
        return BASES.build("policy-gradient", {"steps": steps, "learning_rate": 0.01, "batch": 4, "decay": decay})

    short = [Training(TASK, gridloop, of(12), size, seed) for seed in range(seeds) for size in (8, 20, None)]
    wild = Training(TASK, gridloop, of(12, 1e38), 8, 0)
    tables = [Training(TASK, MODELS.build("tabular", {}), of(12), 8, seed) for seed in (0, 1)]
    return [*short, wild, *tables, Training(TASK, gridloop, of(24), 8, 0, 20)]


class Listener:
    """Notes what an executor tells; calls back after each finished trial."""

    def __init__(self, after=lambda count: None):
        self.total, self.count, self.known, self.after = 0, 0, 0, after
        self.notes, self.trials, self.workers = [], [], set()

    def begin(self, total, done, left):
        self.total, self.known = total, done

    def working(self, worker, trial, share):
        assert 0 <= share <= 1
        self.workers.add(worker)

    def finished(self, worker, trial, seconds):
        self.count += 1
        self.trials.append(trial)
        self.workers.add(worker)
        self.after(self.count)

    def note(self, text):
        self.notes.append(text)

    def end(self):
        pass


def contents(store: Store, apart_from: tuple[str, ...] = ("seconds", "host", "time")) -> dict[str, dict]:
    """The records of a store by id, but for what says nothing of the result."""
    files = sorted(pathlib.Path(store.path, "trials").glob("*/*/record.json"))
    records = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {r["id"]: {key: value for key, value in r.items() if key not in apart_from} for r in records}


def assert_same(one: Store, other: Store) -> None:
    """Equal records and equal weights, to the last digit."""
    assert contents(one) == contents(other)
    for trial in one.all_trials():
        a, b = one.weights(trial), other.weights(trial)
        assert a.keys() == b.keys()
        for name, value in a.items():
            np.testing.assert_array_equal(value, b[name])
        assert {n: v.tolist() for n, v in one.record(trial).metrics().items()} == {
            n: v.tolist() for n, v in other.record(trial).metrics().items()
        }
