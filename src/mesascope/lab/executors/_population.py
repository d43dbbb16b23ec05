"""Many trials on the devices of one process: those of a program train at once."""

import dataclasses
from collections.abc import Callable, Iterator

import jax

from .._run import Result, given_by, result
from .._store import Store
from .._together import TooLittleMemory, free_memory, train_together
from .._train import retrained, train
from ..trials import Given, Trial
from ._agenda import Unit
from ._base import AbstractExecutor, Progress, SweepError

MOST_MEMBERS = 64
"""Trials trained at once, and lost at once where a machine is; more bring little."""


@dataclasses.dataclass(frozen=True)
class Population(AbstractExecutor):
    """This process and its devices; for a GPU.

    Fields:
        memory: bytes of each device that may be used; None for what the device says is left.
    """

    memory: int | None = None

    def _run(self, left: list[Trial], store: Store, progress: Progress) -> None:
        for unit in populations(left):
            try:
                self._run_unit(unit, store, progress)
            except (ValueError, RuntimeError) as error:
                raise SweepError(f"{unit[0]}: {type(error).__name__}: {error}") from error

    def _run_unit(self, unit: Unit, store: Store, progress: Progress) -> None:
        for trial, found in results_together(
            unit, lambda share: progress.working(0, unit[0], share), self.memory, given_by(store)
        ):
            store.publish(trial, *found)
            progress.finished(0, trial, sum(found.values["seconds"].values()))


def results_together(
    unit: Unit,
    report: Callable[[float], None] = lambda share: None,
    memory: int | None = None,
    given: Given = retrained,
) -> Iterator[tuple[Trial, Result]]:
    """Trials of a unit with their results, as they come.

    Args:
        unit: trials of one program.
        report: called with the share of the training of those at work that is done.
        memory: bytes of each device that may be used; None for what the device says is left.
        given: the last network of each trial that these require.

    Raises:
        SweepError: the device has too little memory for one of them.
    """
    # a GPU's default products keep 10 bits of a float32's 23
    with jax.default_matmul_precision("highest"):
        if not unit[0].grouped:
            yield from ((trial, result(trial, train(trial, given=given))) for trial in unit)
            return
        try:
            for part, networks in train_together(list(unit), memory or free_memory(), report, given):
                for trial, trained in zip(part, networks):
                    yield trial, result(trial, trained, members=len(part))
        except TooLittleMemory as error:
            raise SweepError(f"{unit[0]}: {error}. Finished trials are safe.") from error


def units_of(trials: list[Trial], on_gpu: bool) -> list[Unit]:
    """What is handed out together: populations on a GPU, single trials on a processor."""
    return populations(trials) if on_gpu else [(trial,) for trial in trials]


def populations(trials: list[Trial]) -> list[Unit]:
    """Trials that can train together, at most `MOST_MEMBERS` at a time."""
    by_program: dict[tuple, list[Trial]] = {}
    for trial in trials:
        by_program.setdefault((trial.program, trial.steps), []).append(trial)
    return [
        tuple(group[start : start + MOST_MEMBERS])
        for group in by_program.values()
        for start in range(0, len(group), MOST_MEMBERS)
    ]
