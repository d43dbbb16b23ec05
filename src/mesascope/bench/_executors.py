"""What an executor adds to trials of some seconds."""

import dataclasses
import pathlib
import tempfile
import time

from ..lab import AbstractExecutor, Local, RayCluster, Store, Training
from ._base import Row, not_measured
from ._step import standard_trial

TRIALS = 5
STEPS = 150
"""So many that a trial takes about ten seconds of one core, measuring included."""


def measure() -> list[Row]:
    """Time between trials that follow each other on one worker, as a share of the trials' own."""
    rows = [_overhead("processes of this machine", Local(1))]
    try:
        import ray  # noqa: F401
    except ImportError:
        return [*rows, not_measured("overhead of Ray", "Ray is not installed", "at most 0.05")]
    return [*rows, _overhead("Ray", RayCluster(workers=1))]


def _trials() -> list[Training]:
    trial = standard_trial()
    base = dataclasses.replace(trial.base, steps=STEPS)
    return [dataclasses.replace(trial, base=base, seed=seed) for seed in range(TRIALS)]


class _Watch:
    """A progress that notes when trials are finished, and how long each took by its own record."""

    def __init__(self, store: Store):
        self.store, self.began, self.times, self.own = store, time.monotonic(), [], []

    def begin(self, total, done, left) -> None:
        pass

    def working(self, worker, trial, share) -> None:
        pass

    def finished(self, worker, trial, seconds) -> None:
        self.times.append(time.monotonic())
        self.own.append(sum(self.store.record(trial).values["seconds"].values()))

    def note(self, text) -> None:
        pass

    def end(self) -> None:
        pass


def _overhead(what: str, executor: AbstractExecutor) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(pathlib.Path(folder))
        watch = _Watch(store)
        executor.run(_trials(), store, watch)
    # the first trial waits until the worker has started and its program is compiled
    gaps = [later - earlier for earlier, later in zip(watch.times, watch.times[1:])]
    shares = [gap / own - 1 for gap, own in zip(gaps, watch.own[1:])]
    value, mean = sum(gaps) / sum(watch.own[1:]) - 1, sum(watch.own[1:]) / len(gaps)
    first = watch.times[0] - watch.began
    note = f"{len(gaps)} trials of {mean:.1f} s on one worker; {first:.0f} s until the first was done"
    return Row(
        f"overhead of {what}",
        value,
        min(shares),
        max(shares),
        "of the trials' time",
        "at most 0.05",
        value <= 0.05,
        note,
    )
