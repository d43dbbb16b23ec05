"""Effects: what a claim compares, as an estimate with an interval over its units."""

import abc
import dataclasses
from collections.abc import Hashable, Sequence

import numpy as np

from ...outcomes import Estimate
from ...stats import mean_p_value
from ._cells import Cells, Level, Measure, estimate


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


class AbstractPaired(AbstractEffect):
    """An effect with one number for each unit: a seed, unless a claim says otherwise.

    Units that lack a cell have none.
    """

    @abc.abstractmethod
    def by_unit(self, cells: Cells) -> dict[Hashable, float]:
        """Effect of each unit."""

    def estimate(self, cells: Cells) -> Estimate | None:
        """Mean over units with Student's interval; None for fewer than two."""
        return estimate(self.by_unit(cells))

    def p_value(self, cells: Cells, threshold: float, above: bool) -> float:
        """Student's one-sided p over units."""
        return mean_p_value(np.array([*self.by_unit(cells).values()]), threshold, above)

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


@dataclasses.dataclass(frozen=True)
class Difference(AbstractPaired):
    """One effect less another, paired by unit."""

    left: AbstractPaired
    right: AbstractPaired

    def by_unit(self, cells):
        left, right = self.left.by_unit(cells), self.right.by_unit(cells)
        return {unit: left[unit] - right[unit] for unit in sorted(left.keys() & right.keys())}


@dataclasses.dataclass(frozen=True)
class Trend(AbstractPaired):
    """The rise over the whole range of the knob: the least-squares slope on its octaves, times their number."""

    arm: str
    measure: Measure
    levels: Sequence[float]

    def by_unit(self, cells):
        octaves = np.log2(self.levels)
        curves = _whole([At(self.arm, self.measure, level) for level in self.levels], cells)
        slopes = {unit: float(np.polyfit(octaves, curve, 1)[0]) for unit, curve in curves.items()}
        return {unit: float(slope * (octaves[-1] - octaves[0])) for unit, slope in slopes.items()}


@dataclasses.dataclass(frozen=True)
class Fall(AbstractPaired):
    """The first level less the mean over all others."""

    arm: str
    measure: Measure
    levels: Sequence[Level]

    def by_unit(self, cells):
        curves = _whole([At(self.arm, self.measure, level) for level in self.levels], cells)
        return {unit: float(np.mean([first - value for value in rest])) for unit, (first, *rest) in curves.items()}


@dataclasses.dataclass(frozen=True)
class Least(AbstractPaired):
    """The least of several effects, unit by unit."""

    parts: Sequence[AbstractPaired]

    def by_unit(self, cells):
        return {unit: min(values) for unit, values in _whole(self.parts, cells).items()}


def _whole(parts: Sequence[AbstractPaired], cells: Cells) -> dict[Hashable, list[float]]:
    """Values of all parts by unit, for the units that have them all."""
    found = [part.by_unit(cells) for part in parts]
    return {unit: [values[unit] for values in found] for unit in sorted(set.intersection(*map(set, found)))}
