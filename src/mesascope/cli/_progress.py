"""How far a sweep is, on a terminal as a live display and in a log as plain lines."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from ..lab import Trial, cost

NOMINAL_RATE = 2e10
"""Multiplications of `cost` a second and worker, before anything was observed: fitted to the published sweeps."""


MOST_BARS = 16
"""Workers that have a bar of their own; more do not fit on a screen, and cost the driver its time."""


def label(trial: Trial) -> str:
    """A trial in a few words."""
    return trial.label


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Counted:
    """How many of something are done, said on standard error once that takes longer than a few seconds.

    Args:
        what: is counted.
    """

    def __init__(self, what: str):
        self.what = what
        self._began = self._said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._said > 5:
            self._said = now
            left = (now - self._began) * (total - done) / max(done, 1)
            print(f"[{done}/{total}] {self.what}; about {duration(left)} left", file=sys.stderr, flush=True)


class Estimate:
    """Time left, from the cost that is left and the rate at which cost was worked off so far."""

    def __init__(self, left: float, workers: int):
        self.left, self.workers = left, workers
        self.done = 0.0
        self.began = time.monotonic()
        self.shares: dict[int, float] = {}

    def seconds(self) -> float:
        """Seconds left."""
        elapsed = time.monotonic() - self.began
        done = self.done + sum(self.shares.values())
        # the nominal rate counts as much as ten seconds of observation
        rate = (done + 10 * NOMINAL_RATE * self.workers) / (elapsed + 10)
        return max(self.left - done, 0.0) / rate


class SweepProgress:
    """Tells of a running sweep on standard error.

    Args:
        title: of the sweep.
        workers: number of processes.
    """

    def __init__(self, title: str, workers: int):
        self.title, self.workers = title, workers
        self.console = Console(file=sys.stderr, soft_wrap=True)
        self.live: Progress | None = None
        self.bars: dict[int, TaskID] = {}

    def begin(self, total: int, done: int, left: float) -> None:
        self.total, self.done = total, done
        self.estimate = Estimate(left, self.workers)
        known = f", {done} of them finished before" if done else ""
        self.console.print(f"{self.title}: {total} trials{known}; about {duration(self.estimate.seconds())}")
        if self.console.is_terminal and done < total:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[note]}"),
            )
            self.live = Progress(*columns, console=self.console, transient=True)
            self.live.start()
            self.bar = self.live.add_task("all trials", total=total, completed=done, note="")

    def working(self, worker: int, trial: Trial, share: float) -> None:
        self.estimate.shares[worker] = 0.9 * share * cost(trial)
        if self.live:
            self._show(worker, trial, share)

    def finished(self, worker: int, trial: Trial, seconds: float) -> None:
        self.done += 1
        self.estimate.done += cost(trial)
        self.estimate.shares[worker] = 0.0
        left = f"about {duration(self.estimate.seconds())} left" if self.done < self.total else "all done"
        if self.live:
            self.live.update(self.bar, completed=self.done, note=left)
        else:
            self.console.print(f"[{self.done}/{self.total}] {label(trial)}: {duration(seconds)}; {left}", markup=False)

    def note(self, text: str) -> None:
        self.console.print(text, markup=False)

    def end(self) -> None:
        if self.live:
            self.live.stop()

    def _show(self, worker: int, trial: Trial, share: float) -> None:
        if worker >= MOST_BARS:
            return
        if worker not in self.bars:
            self.bars[worker] = self.live.add_task("", total=100, note="")
        note = "measuring" if share >= 1 else "training"
        self.live.update(self.bars[worker], description=label(trial), completed=int(100 * share), note=note)
        self.live.update(self.bar, note=f"about {duration(self.estimate.seconds())} left")
