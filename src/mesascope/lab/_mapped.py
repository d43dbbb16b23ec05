"""Many trials on one device: those of a program train at once."""

import time

import jax

from ._executor import Progress
from ._run import conclude
from ._store import Store
from ._train import Trained, program, train, train_together
from ._trial import Planted, Trial, cost

MOST_MEMBERS = 64
"""Trials trained at once; more would fill the memory of small devices and bring little on large ones."""


def run_mapped(trials: list[Trial], store: Store, progress: Progress) -> None:
    """Runs the trials that the store does not have yet, in this process, each program's trials together.

    Args:
        trials: what to run; repeated ones count once.
        store: where the records go.
        progress: is told what happens.
    """
    wanted = list(dict.fromkeys(trials))
    left = [trial for trial in wanted if trial not in store]
    progress.begin(len(wanted), len(wanted) - len(left), sum(map(cost, left)))
    try:
        # a GPU's default products keep 10 bits of a float32's 23
        with jax.default_matmul_precision("highest"):
            for group in _groups(left):
                began = time.monotonic()
                for trial, trained in zip(group, _trained(group)):
                    conclude(trial, trained, store, members=len(group))
                    progress.finished(0, trial, (time.monotonic() - began) / len(group))
    finally:
        progress.end()


def _trained(group: list[Trial]) -> list[Trained]:
    """Networks train together; planted algorithms have nothing to train."""
    return [train(trial) for trial in group] if isinstance(group[0], Planted) else train_together(group)


def _groups(trials: list[Trial]) -> list[list[Trial]]:
    """Trials that can train together, at most `MOST_MEMBERS` at a time."""
    by_program: dict[tuple, list[Trial]] = {}
    for trial in trials:
        by_program.setdefault((program(trial), trial.steps), []).append(trial)
    return [
        group[start : start + MOST_MEMBERS]
        for group in by_program.values()
        for start in range(0, len(group), MOST_MEMBERS)
    ]
