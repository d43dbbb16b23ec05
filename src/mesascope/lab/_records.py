"""Finished trials that an analysis reads, wherever they lie: a store of one's own, or a published folder."""

import abc
import dataclasses
import pathlib
from collections.abc import Iterable

import numpy as np

from .trials import Trial


class StoreError(Exception):
    """Records that cannot be used, with the reason and the remedy."""


class AbstractRecords(abc.ABC):
    """Records of finished trials, to be read only.

    Fields:
        path: the folder in which they lie.
    """

    path: pathlib.Path

    @abc.abstractmethod
    def __contains__(self, trial: Trial) -> bool: ...

    @abc.abstractmethod
    def values(self, trial: Trial) -> dict:
        """Facts of a finished trial: status, steps, parameters, versions, seconds, and `summary`, means by view."""

    @abc.abstractmethod
    def metrics(self, trial: Trial) -> dict[str, np.ndarray]:
        """Columns view, step, index, instance, bits, success, utility, as far as they are kept; or a computation's."""

    @abc.abstractmethod
    def all_trials(self) -> list[Trial]:
        """Every finished trial."""

    def record(self, trial: Trial) -> "Record":
        """Record of a finished trial."""
        return Record(trial, self.values(trial), self)

    def records(self, trials: Iterable[Trial]) -> list["Record"]:
        """Records of those of the trials that are finished."""
        return [self.record(trial) for trial in trials if trial in self]


@dataclasses.dataclass(frozen=True)
class Record:
    """Everything known of one finished trial.

    Fields:
        trial: what was run.
        values: status, steps, summary, versions, seconds and so on.
        source: where its rows are read.
    """

    trial: Trial
    values: dict
    source: AbstractRecords

    @property
    def failed(self) -> bool:
        """Says whether the training diverged."""
        return self.values["status"] != "finished"

    def metrics(self) -> dict[str, np.ndarray]:
        """Columns view, step, index, instance, bits, success, utility, as far as they are kept; or a computation's."""
        return self.source.metrics(self.trial)

    def summary(self, view: str, step: int | None = None) -> list[dict]:
        """Means of a view, one row an index, after the last step unless a step is given."""
        step = self.values["steps"] if step is None else step
        return [row for row in self.values["summary"] if row["view"] == view and row["step"] == step]
