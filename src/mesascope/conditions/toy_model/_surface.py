"""The measured surface of novel and tuned bits over N and P, from records."""

import dataclasses
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from ...lab import Store, Training
from ...theory import EXPLANATIONS, SOLVED, Grid, Prediction, scored_cells
from .._ledger import Ledger
from ..diversity import Cell

TUNED_AT, LIMIT = 1, None
"""The two N at which the curves are measured, one instance and unlimited ones: what is predicted lies between."""


Currency = Literal["visits", "steps"]
"""What P is counted in: gradients of single instances, or steps of training."""


class Surface(NamedTuple):
    """What the records say, and what the equation predicts from two rows of them.

    Fields:
        grid: measured cells, those of N = 1 and unlimited N left to the curves.
        steps: `(steps,)`, of each checkpoint.
        seeds: training seeds, in the order of the grid's.
        own: `(sizes, steps)`, share of the ceiling on the seen instances, over seeds.
        predicted: by the equation, `(sizes, steps)` each.
    """

    grid: Grid
    steps: tuple[int, ...]
    seeds: tuple[int, ...]
    own: Float[np.ndarray, "sizes steps"]
    predicted: Prediction


class Rows(NamedTuple):
    """The ledgers of every N that all seeds have finished.

    Fields:
        ledgers: by N, in the order of seeds.
        failed: how many trainings diverged; the N of those are left out.
    """

    ledgers: dict[int | None, list[Ledger]]
    failed: int


def read_rows(store: Store, groups: dict[int | None, list[Training]]) -> Rows:
    """What is finished.

    Args:
        store: with the records.
        groups: the trainings of each N, one a seed, in the order of seeds.
    """
    rows = {size: [Ledger(record) for record in store.records(trials)] for size, trials in groups.items()}
    failed = sum(ledger.record.failed for ledgers in rows.values() for ledger in ledgers)
    whole = {
        size: ledgers
        for size, ledgers in rows.items()
        if len(ledgers) == len(groups[size]) and not any(ledger.record.failed for ledger in ledgers)
    }
    return Rows(whole, failed)


def surface_of(
    rows: dict[int | None, list[Ledger]],
    currency: Currency = "visits",
    view: Literal["novel", "novel-tempered"] = "novel-tempered",
    solved: float = SOLVED,
) -> Surface | None:
    """The measured surface; None where there are fewer than two seeds, or a curve or all N between are missing.

    Args:
        rows: ledgers by N.
        currency: what P is counted in.
        view: novel bits at temperature 1, or at the one chosen on separate instances.
        solved: share of the ceiling from which on a pool counts as solved.
    """
    sizes = [size for size in rows if size not in (TUNED_AT, LIMIT)]
    if TUNED_AT not in rows or LIMIT not in rows or not sizes or len(rows[LIMIT]) < 2:
        return None
    steps = rows[LIMIT][0].steps()
    ceiling = rows[LIMIT][0].mean("novel-ceiling")
    tuned = {size: tuned_bits(size, rows[size], steps, ceiling) for size in (TUNED_AT, *sizes)}
    power = {
        size: np.array(steps) * (ledgers[0].record.trial.batch if currency == "visits" else 1)
        for size, ledgers in rows.items()
    }
    grid = Grid(
        instances=np.array(sizes, float),
        visits=np.stack([power[size] for size in sizes]).astype(float),
        novel=np.stack([novel_bits(rows[size], steps, view) for size in sizes], axis=1),
        tuned=np.stack([tuned[size] for size in sizes], axis=1),
        scored=np.ones((len(sizes), len(steps)), bool),
        run_visits=power[LIMIT].astype(float),
        run_time=novel_bits(rows[LIMIT], steps, view),
        tuning_visits=power[TUNED_AT].astype(float),
        tuning=tuned[TUNED_AT],
        ceiling=ceiling,
    )
    own = np.stack([_own_share(rows[size], steps) for size in sizes])
    equation = EXPLANATIONS["equation"]()
    predicted = equation.predict(grid.visits, grid.instances[:, None], grid.curves(list(range(grid.num_seeds))))
    scored = scored_cells(own, predicted, solved)
    seeds = tuple(ledger.seed for ledger in rows[LIMIT])
    return Surface(dataclasses.replace(grid, scored=scored), tuple(steps), seeds, own, predicted)


def novel_bits(ledgers: list[Ledger], steps: list[int], view: str) -> Float[np.ndarray, "seeds steps"]:
    """Bits on novel instances at each checkpoint."""
    return np.array([[ledger.mean(view, step=step) for step in steps] for ledger in ledgers])


def tuned_bits(size: int, ledgers: list[Ledger], steps: list[int], ceiling: float) -> Float[np.ndarray, "seeds steps"]:
    """Tuned bits, on the scale of the evaluation set: a small pool of long mazes has room for more than others."""
    cell = Cell("", "", size, tuple(ledgers))
    found = [cell.tuned(step) for step in steps]
    scales = [ceiling / ledger.mean("own-ceiling") for ledger in ledgers]
    return np.array([[by_seed[ledger.seed] * scale for by_seed in found] for ledger, scale in zip(ledgers, scales)])


def _own_share(ledgers: list[Ledger], steps: list[int]) -> Float[np.ndarray, " steps"]:
    shares = [[ledger.mean("own", step=step) / ledger.mean("own-ceiling") for step in steps] for ledger in ledgers]
    return np.mean(shares, axis=0)
