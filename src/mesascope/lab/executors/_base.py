"""What an executor is: it takes trials that a store lacks to published records."""

import abc
from typing import Protocol

from .._store import Store
from ..trials import Trial, cost

PATIENCE = 0.2
"""Seconds between looks at whether the workers live."""


class Progress(Protocol):
    """What is told of a running sweep."""

    def begin(self, total: int, done: int, left: float) -> None:
        """`done` of `total` trials were there already; `left` is the cost of the others."""

    def working(self, worker: int, trial: Trial, share: float) -> None:
        """A worker has done a share of a trial's training."""

    def finished(self, worker: int, trial: Trial, seconds: float) -> None:
        """A trial was published."""

    def note(self, text: str) -> None:
        """Something happened that whoever waits would want to know: a node was lost, say."""

    def end(self) -> None:
        """All is done, or was given up."""


class SweepError(Exception):
    """A trial could not be run: a fault of the machine or of the code, not a diverged training."""


class AbstractExecutor(abc.ABC):
    """Where trials run. Implementations are frozen dataclasses."""

    def run(self, trials: list[Trial], store: Store, progress: Progress) -> None:
        """Runs the trials that the store does not have yet, after what they require; each is published as soon as it
        is measured.

        Args:
            trials: what to run; repeated ones count once.
            store: where the records go.
            progress: is told what happens.

        Raises:
            SweepError: a trial failed with an exception, or killed its worker twice; or the executor cannot work here.
        """
        wanted = list(dict.fromkeys(trials))
        left = [trial for trial in wanted if trial not in store]
        waves = _waves(left, store)
        everything = dict.fromkeys([*wanted, *(trial for wave in waves for trial in wave)])
        costs = sum(cost(trial) for wave in waves for trial in wave)
        progress.begin(len(everything), len(everything) - sum(map(len, waves)), costs)
        try:
            for wave in waves:
                self._run(wave, store, progress)
        finally:
            progress.end()

    @abc.abstractmethod
    def _run(self, left: list[Trial], store: Store, progress: Progress) -> None:
        """Runs distinct trials, at least one, none of which the store has; it has all that they require."""


def _waves(left: list[Trial], store: Store) -> list[list[Trial]]:
    """Trials and what the store lacks of those that they require, each in a later wave than what it requires."""
    waves: dict[Trial, int] = {}

    def place(trial: Trial) -> int:
        if trial not in waves and trial not in store:
            waves[trial] = 1 + max(map(place, trial.requires), default=-1)
        return waves.get(trial, -1)

    for trial in left:
        place(trial)
    return [
        [trial for trial in waves if waves[trial] == number] for number in range(max(waves.values(), default=-1) + 1)
    ]
