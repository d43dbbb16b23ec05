"""weights -> record: everything that is measured of one trial, without a look at any other."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..models import AbstractModel
from ..power import Scores
from ..tasks import AbstractAnswered, AbstractNavigated
from ._expected import expected
from ._sets import novel_set
from ._signs import moved_goals, signs
from ._subject import Subject
from .trials import Checkpoint, Trial
from .views import VIEWS, Part

MEASURE_VERSION = 2
"""Raised when a measure changes: `remeasure` brings older records up to it."""


class Measured(NamedTuple):
    """What was measured of one trial.

    Fields:
        metrics: columns view, step, index, instance, bits, success, utility: one row for each instance measured; of a
            computation whatever it calculates.
        temperatures: the sampling temperature chosen at each checkpoint's step.
        signs: value, low and high of each sign that run-time power is search, by name; of trials that are `signed`.
        expected: what a planted algorithm states that they are.
    """

    metrics: dict[str, np.ndarray]
    temperatures: dict[int, float]
    signs: dict[str, list[float | None]]
    expected: dict[str, float]


def measure(trial: Trial, checkpoints: list[Checkpoint]) -> Measured:
    """All measurements of a trial: of networks the `VIEWS` that are due, or the `columns` that it calculates itself.

    Args:
        trial: what was trained, planted or calculated.
        checkpoints: its networks, in the order of steps.
    """
    calculated = trial.columns(checkpoints)
    if calculated is not None:
        return Measured(calculated, {}, {}, {})
    table, temperatures = _Table(), {}
    for subject in _subjects(trial, checkpoints):
        for view in VIEWS:
            if view.due(subject):
                name = view.name if subject.probe is None else view.of_probe(subject.probe)
                for part in view.score(subject):
                    table.add(name, subject.checkpoint.step, part)
        if isinstance(trial.task, AbstractAnswered):
            temperatures[subject.checkpoint.step] = subject.chosen
    return Measured(table.columns(), temperatures, _signs(subject.home or subject), _expected(trial))


def _subjects(trial: Trial, checkpoints: list[Checkpoint]) -> Iterator[Subject]:
    """Each network on the trial's own task, and the last one on those that it is probed on."""
    for checkpoint in checkpoints:
        subject = Subject(trial, trial.task, checkpoint, last=checkpoint is checkpoints[-1])
        yield subject
    for number, task in enumerate(trial.probed):
        yield subject.on(task, number)


def _signs(subject: Subject) -> dict[str, list[float | None]]:
    # signs take seconds each: a sweep of trained networks does without, unless it asks
    if not (subject.trial.signed and isinstance(subject.task, AbstractAnswered)):
        return {}
    unseen = subject.unseen
    return signs(subject.trial, subject.model, unseen.instances, unseen.tails, subject.temperature)


def _expected(trial: Trial) -> dict[str, float]:
    if not trial.known:
        return {}
    unseen = novel_set(trial.task)
    goals = moved_goals(trial.task) if isinstance(trial.task, AbstractNavigated) else None
    return expected(trial, unseen.instances, goals)


def novel_scores(trial: Trial, model: AbstractModel, temperature: float) -> Scores:
    """The worth of a network's answers on the evaluation set."""
    return _alone(trial, model).novel(temperature)


def readout_scores(trial: Trial, model: AbstractModel) -> dict[int, Scores]:
    """The worth of the largest read-outs after each deciding stage, on the evaluation set."""
    return _alone(trial, model).largest_readouts()


def _alone(trial: Trial, model: AbstractModel) -> Subject:
    return Subject(trial, trial.task, Checkpoint(trial.steps, model, np.nan, True), last=True)


class _Table:
    """Columns that grow by one set of instances at a time."""

    def __init__(self):
        self._rows: list[tuple[str, int, int, np.ndarray, Scores]] = []

    def add(self, view: str, step: int, part: Part) -> None:
        kept = np.arange(len(part.scores.bits)) if part.kept is None else part.kept
        self._rows.append((view, step, part.index, kept, Scores(*(column[kept] for column in part.scores))))

    def columns(self) -> dict[str, np.ndarray]:
        def repeat(values, dtype):
            sizes = [len(instances) for *_, instances, _ in self._rows]
            return np.repeat(np.array(values, dtype), sizes)

        views, steps, indices, instances, scores = zip(*self._rows)
        return {
            "view": repeat(views, object),
            "step": repeat(steps, np.int32),
            "index": repeat(indices, np.int32),
            "instance": np.concatenate(instances).astype(np.int32),
            **{name: np.concatenate([getattr(s, name) for s in scores]) for name in Scores._fields},
        }
