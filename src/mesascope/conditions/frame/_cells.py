"""A claim's trials as a grid of cells, and what a measure says of each by seed."""

import dataclasses
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ...lab import AbstractRecords, Trial
from ...outcomes import Estimate
from ...stats import mean_interval
from ._ledger import Ledger

Level = Hashable
"""A value of the knob that a claim turns; None where an arm has a single cell."""


class Cell(NamedTuple):
    """One arm at one level of the knob."""

    arm: str
    level: Level = None


Plan = Mapping[Cell, Mapping[int, list[Trial]]]
"""The trials of each cell by seed. A seed may have several trials, which are averaged."""


def grid(arms: Iterable[str], levels: Iterable[Level], seeds: int, make: Callable[..., Trial]) -> Plan:
    """Plan of every arm at every level, with the trial `make(arm, level, seed)`."""
    levels = list(levels)
    return {Cell(a, lv): {seed: [make(a, lv, seed)] for seed in range(seeds)} for a in arms for lv in levels}


@dataclasses.dataclass(frozen=True)
class Measure:
    """A number of one network.

    Fields:
        name: head of its column, title of its axis.
        of: from the ledger and all runs of its cell to the number; None where the network has none.
        digits: decimals in tables.
        by_instance: the same by instance of one evaluation set, of which the number is the mean; None where it is no
            such mean.
        views: whose rows that reads.
    """

    name: str
    of: Callable[[Ledger, "Runs"], float | None]
    digits: int = 1
    by_instance: Callable[[Ledger, "Runs"], Mapping[int, float]] | None = None
    views: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Runs:
    """The finished seeds of one cell.

    Fields:
        cell: arm and level.
        by: ledgers by seed, of all of its trials.
        complete: whether all of its trials are finished.
    """

    cell: Cell
    by: Mapping[int, tuple[Ledger, ...]]
    complete: bool

    @property
    def arm(self) -> str:
        return self.cell.arm

    @property
    def level(self) -> Level:
        return self.cell.level

    @property
    def ledgers(self) -> list[Ledger]:
        """All ledgers, seed by seed."""
        return [ledger for ledgers in self.by.values() for ledger in ledgers]

    @property
    def trial(self) -> Trial:
        """One of the trials, for what all of them share."""
        return self.ledgers[0].record.trial

    def by_seed(self, measure: Measure) -> dict[int, float]:
        """Mean of a measure over the trials of each seed, for seeds whose trials all have it."""
        found = {seed: [measure.of(ledger, self) for ledger in ledgers] for seed, ledgers in self.by.items()}
        return {seed: float(np.mean(values)) for seed, values in found.items() if None not in values}

    def by_instance(self, measure: Measure) -> dict[int, Mapping[int, float]] | None:
        """A measure by seed and instance, mean over the trials of each seed, for the seeds of `by_seed`.

        None where rows by instance are lacking, or where networks were read on different instances.
        """
        chosen = {seed: self.by[seed] for seed in self.by_seed(measure)}
        every = [ledger for ledgers in chosen.values() for ledger in ledgers]
        if measure.by_instance is None or not all(g.has_instances(view) for g in every for view in measure.views):
            return None
        found = {seed: [measure.by_instance(g, self) for g in ledgers] for seed, ledgers in chosen.items()}
        if len({frozenset(rows) for tables in found.values() for rows in tables}) > 1:
            return None
        return {seed: {i: float(np.mean([t[i] for t in tables])) for i in tables[0]} for seed, tables in found.items()}

    def mean(self, measure: Measure) -> float:
        """Mean over seeds; nan without any."""
        return float(np.mean([*self.by_seed(measure).values()] or [np.nan]))


class Cells:
    """Finished part of a claim: cells in the order of its plan, those without a finished seed left out.

    A seed is finished when all of its trials in the cell are.

    Args:
        records: a store, or a published folder.
        plan: the trials of each cell.
        keeps_diverged: whether a training that diverged counts, as its last finite network; else it counts as not
            finished.
        views: whose rows by instance count; a store has more of them than what is published of it, from which the same
            must follow.
    """

    def __init__(self, records: AbstractRecords, plan: Plan, keeps_diverged: bool = True, views: Collection[str] = ()):
        self.records = records
        self.views = frozenset(views)
        self.plan = plan
        failed = set()
        self._runs: dict[Cell, Runs] = {}
        for cell, seeds in plan.items():
            found = {seed: tuple(map(Ledger, records.records(trials))) for seed, trials in seeds.items()}
            failed |= {g.record.trial for ledgers in found.values() for g in ledgers if g.record.failed}
            if not keeps_diverged:
                found = {seed: tuple(g for g in ledgers if not g.record.failed) for seed, ledgers in found.items()}
            # part of a seed's trials would be paired as if it were all of them
            whole = {seed: ledgers for seed, ledgers in found.items() if 0 < len(ledgers) == len(seeds[seed])}
            if whole:
                self._runs[cell] = Runs(cell, whole, len(whole) == len(seeds))
        # cells may share a training, which diverged once
        self.num_diverged = len(failed)

    def __iter__(self) -> Iterator[Runs]:
        return iter(self._runs.values())

    def __contains__(self, cell: tuple) -> bool:
        return cell in self._runs

    def __getitem__(self, cell: tuple) -> Runs:
        """Runs of `cells[arm, level]`; empty ones where nothing is finished."""
        return self._runs.get(Cell(*cell)) or Runs(Cell(*cell), {}, False)

    def of(self, *arms: str) -> list[Runs]:
        """Cells of some arms, in the order of the plan; of all arms where none is named."""
        return [runs for runs in self if runs.arm in (arms or (runs.arm,))]


def estimate(by_unit: Mapping[Hashable, float]) -> Estimate | None:
    """Mean over units (seeds, mazes, architectures) with Student's interval; None for fewer than two.

    The one place where numbers of seeds become an interval.
    """
    return mean_interval(np.array([*by_unit.values()])) if len(by_unit) > 1 else None


def each(values: Mapping[int, float], digits: int = 1) -> str:
    """Every seed's number, in the order of seeds."""
    return ", ".join(number(value, digits) for value in values.values())


def interval(values: Mapping[Hashable, float] | Iterable[float] | Estimate | None, digits: int = 1) -> str | None:
    """`mean [low, high]` over seeds; the mean alone for one seed; None for none.

    The one formatter of intervals in tables and sentences.
    """
    if values is not None and not isinstance(values, Estimate):
        numbers = [*(values.values() if isinstance(values, Mapping) else values)]
        values = mean_interval(np.array(numbers)) if numbers else None
    if values is None:
        return None
    if not np.isfinite(values.low):
        return number(values.value, digits)
    return f"{number(values.value, digits)} [{number(values.low, digits)}, {number(values.high, digits)}]"


def number(value: float, digits: int) -> str:
    """A number with fixed decimals, and without the sign of a rounded -0."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}"
