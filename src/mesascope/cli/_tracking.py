"""Showing records to a tracker while a sweep runs."""

import importlib.util

from ..lab import Store, Trial
from ..lab.executors import Progress
from ..lab.trackers import TRACKERS, AbstractTracker


def tracker_of(name: str, store: Store) -> AbstractTracker:
    """The tracker of a name, for a store.

    Raises:
        ValueError: its package is not installed.
    """
    kind = TRACKERS[name]
    if importlib.util.find_spec(kind.package) is None:
        raise ValueError(f"--track {name} needs {kind.package}: pip install 'mesascope[track]'.")
    return kind(str(store.path))


class Tracked:
    """A progress that also shows each finished record to a tracker.

    Args:
        progress: is told all.
        store: has the records.
        tracker: is shown them.
    """

    def __init__(self, progress: Progress, store: Store, tracker: AbstractTracker):
        self.progress, self.store, self.tracker, self.complained = progress, store, tracker, False
        self.begin, self.working, self.note, self.end = progress.begin, progress.working, progress.note, progress.end

    def finished(self, worker: int, trial: Trial, seconds: float) -> None:
        """A trial was published: tells and shows it."""
        self.progress.finished(worker, trial, seconds)
        try:
            self.tracker.show(self.store.record(trial))
        except Exception as error:
            # a sweep of hours does not end for a tool that only shows it; `export --track` does so later
            if not self.complained:
                self.note(f"the tracker fails ({type(error).__name__}: {error}); the sweep goes on")
            self.complained = True
