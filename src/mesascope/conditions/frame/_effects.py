"""Effects: what a claim compares, as an estimate with an interval over its units."""

import abc
import dataclasses
from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np

from ...outcomes import Estimate
from ...stats import Spread, crossed_bootstrap, mean_p_value, trend_p_value
from ._cells import Cells, Level, Measure, estimate

Terms = Sequence[tuple[float, "At"]]
"""A weighted sum of measures at cells."""


class AbstractEffect(abc.ABC):
    """A number that the rule of a claim judges."""

    @abc.abstractmethod
    def estimate(self, cells: Cells) -> Estimate | None:
        """Value and interval; None where too little is finished."""

    @abc.abstractmethod
    def p_value(self, cells: Cells, threshold: float, above: bool) -> float:
        """One-sided p of the null that the effect lies at a threshold, or on its other side.

        Args:
            cells: from which there is an estimate.
            threshold: what the effect is held against.
            above: whether the alternative is an effect above it.
        """

    @abc.abstractmethod
    def about(self, cells: Cells) -> str | None:
        """Sentence on what the interval is over; None where the rule says it, or where that goes without saying."""

    @abc.abstractmethod
    def spread(self, cells: Cells) -> Spread | None:
        """The value with its error, from which power follows; None where the error is not of Student's law."""


class AbstractPaired(AbstractEffect):
    """An effect with one number for each unit: a seed, unless a claim says otherwise.

    Units that lack a cell have none. Where the effect is a weighted sum of means over instances, and the records hold
    the rows, its interval is over seeds and instances, which are crossed; else over units alone.
    """

    @abc.abstractmethod
    def by_unit(self, cells: Cells) -> dict[Hashable, float]:
        """Effect of each unit."""

    @abc.abstractmethod
    def terms(self) -> Terms | None:
        """The effect as a weighted sum of measures at cells; None where it is no such sum."""

    def estimate(self, cells: Cells) -> Estimate | None:
        """Value with its interval; None for fewer than two units."""
        crossed = self._crossed(cells)
        return crossed[0].interval() if crossed else estimate(self.by_unit(cells))

    def p_value(self, cells: Cells, threshold: float, above: bool) -> float:
        """Student's one-sided p, of the same error as the interval."""
        crossed = self._crossed(cells)
        if crossed:
            return crossed[0].p_value(threshold, above)
        return mean_p_value(np.array([*self.by_unit(cells).values()]), threshold, above)

    def about(self, cells: Cells) -> str | None:
        """Sentence on whether instances count; None of effects that are no means over instances."""
        if crossed := self._crossed(cells):
            _, seeds, instances = crossed
            return f"The interval is over {seeds} seeds and {instances} instances, which are crossed."
        terms = self.terms()
        if not terms or any(part.measure.by_instance is None for _, part in terms):
            return None
        return "The interval is over seeds alone, on these very instances: of each of them nothing is published."

    def spread(self, cells: Cells) -> Spread | None:
        """The value with its error, over instances too where the records hold them; None for fewer than two units."""
        if crossed := self._crossed(cells):
            return crossed[0]
        values = [*self.by_unit(cells).values()]
        if len(values) < 2:
            return None
        return Spread(float(np.mean(values)), float(np.std(values, ddof=1)) / len(values) ** 0.5, len(values) - 1)

    def _crossed(self, cells: Cells) -> tuple[Spread, int, int] | None:
        """The value with its error over seeds and instances, and how many there are; None where rows are lacking."""
        units, terms = [*self.by_unit(cells)], self.terms()
        if len(units) < 2 or not terms or not all(cells.views.issuperset(part.measure.views) for _, part in terms):
            return None
        found = [cells[part.arm, part.level].by_instance(part.measure) for _, part in terms]
        if None in found:
            return None
        read = {frozenset(table[unit]) for table in found for unit in units}
        if len(read) > 1 or len(instances := sorted(*read)) < 2:
            return None
        tables = [np.array([[table[unit][i] for i in instances] for unit in units]) for table in found]
        return crossed_bootstrap(tables, [weight for weight, _ in terms]), len(units), len(instances)

    def __sub__(self, other: "AbstractPaired") -> "AbstractPaired":
        return Difference(self, other)


@dataclasses.dataclass(frozen=True)
class At(AbstractPaired):
    """A measure at one cell."""

    arm: str
    measure: Measure
    level: Level = None

    def by_unit(self, cells):
        return cells[self.arm, self.level].by_seed(self.measure)

    def terms(self):
        return [(1.0, self)]


@dataclasses.dataclass(frozen=True)
class Difference(AbstractPaired):
    """One effect less another, paired by unit."""

    left: AbstractPaired
    right: AbstractPaired

    def by_unit(self, cells):
        left, right = self.left.by_unit(cells), self.right.by_unit(cells)
        return {unit: left[unit] - right[unit] for unit in sorted(left.keys() & right.keys())}

    def terms(self):
        left, right = self.left.terms(), self.right.terms()
        return None if left is None or right is None else [*left, *((-weight, part) for weight, part in right)]


@dataclasses.dataclass(frozen=True)
class Trend(AbstractPaired):
    """The rise over the whole range of the knob, of the units that have every level.

    Fields:
        of: `ends`: the last level less the first, which a reader can see; `slope`: the least-squares slope on the
            octaves of the knob, times their number, which on a step is more than that.
    """

    arm: str
    measure: Measure
    levels: Sequence[float]
    of: Literal["ends", "slope"] = "ends"

    def curves(self, cells: Cells) -> dict[Hashable, list[float]]:
        """The measure at every level, by unit."""
        return _whole([At(self.arm, self.measure, level) for level in self.levels], cells)

    def by_unit(self, cells):
        curves = self.curves(cells)
        if self.of == "ends":
            return {unit: curve[-1] - curve[0] for unit, curve in curves.items()}
        octaves = np.log2(self.levels)
        slopes = {unit: float(np.polyfit(octaves, curve, 1)[0]) for unit, curve in curves.items()}
        return {unit: float(slope * (octaves[-1] - octaves[0])) for unit, slope in slopes.items()}

    def terms(self):
        parts = [At(self.arm, self.measure, level) for level in self.levels]
        if self.of == "ends":
            return [(1.0, parts[-1]), (-1.0, parts[0])]
        off = np.log2(self.levels) - np.mean(np.log2(self.levels))
        return [*zip((off * np.ptp(off) / (off @ off)).tolist(), parts)]


@dataclasses.dataclass(frozen=True)
class Fall(AbstractPaired):
    """The first level less the mean over all others."""

    arm: str
    measure: Measure
    levels: Sequence[Level]

    def by_unit(self, cells):
        curves = _whole([At(self.arm, self.measure, level) for level in self.levels], cells)
        return {unit: float(np.mean([first - value for value in rest])) for unit, (first, *rest) in curves.items()}

    def terms(self):
        first, *rest = (At(self.arm, self.measure, level) for level in self.levels)
        return [(1.0, first), *((-1 / len(rest), part) for part in rest)]


@dataclasses.dataclass(frozen=True)
class Least(AbstractPaired):
    """The least of several effects, unit by unit."""

    parts: Sequence[AbstractPaired]

    def by_unit(self, cells):
        return {unit: min(values) for unit, values in _whole(self.parts, cells).items()}

    def terms(self):
        return None


def trend_test(effect: AbstractEffect, cells: Cells) -> float | None:
    """Jonckheere-Terpstra's one-sided p of a rise over all levels of a trend, or of one trend less another over these.

    None of other effects, and where no unit has every level.
    """
    match effect:
        case Trend():
            curves = [*effect.curves(cells).values()]
        case Difference(Trend(levels=levels) as left, Trend() as right) if tuple(levels) == tuple(right.levels):
            ones, others = left.curves(cells), right.curves(cells)
            curves = [np.subtract(ones[unit], others[unit]) for unit in sorted(ones.keys() & others.keys())]
        case _:
            return None
    return trend_p_value(list(np.transpose(curves))) if curves else None


def _whole(parts: Sequence[AbstractPaired], cells: Cells) -> dict[Hashable, list[float]]:
    """Values of all parts by unit, for the units that have them all."""
    found = [part.by_unit(cells) for part in parts]
    return {unit: [values[unit] for values in found] for unit in sorted(set.intersection(*map(set, found)))}
