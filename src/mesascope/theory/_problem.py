"""The model with its extensions folded in: one equation in x for every cell of a phase diagram."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float, Int

from ._costs import AbstractCost

TIE = 1e-13  # scores this near, relative to their terms, are equal but for rounding
NEAR = 1e-5  # nearer than the root of TIE, two x are the same smooth optimum


@dataclasses.dataclass(frozen=True)
class Problem:
    """x maximizes gain x - thrift max(f(x), power - divisor (need - x)) over 0 <= x <= limit.

    The maximum in it is what is spent or cannot be used: base bits that would tune an instance beyond `need` count for
    nothing. Without `need` it is f(x), and without penalties gain is the number of instances and thrift 1.

    Fields:
        cost: f.
        divisor: `rows`: base bits for one tuned bit on every instance.
        gain: `rows`: divisor times what one run-time bit is worth.
        thrift: `rows`: what one tuned bit is worth.
        row: `cells`: the row that each cell belongs to.
        power: `cells`: base bits in the unit of f.
        limit: `cells`: the largest x that may be chosen.
        need: bits that an instance needs beyond those supplied; infinite where more is always better.
    """

    cost: AbstractCost
    divisor: Float[np.ndarray, " rows"]
    gain: Float[np.ndarray, " rows"]
    thrift: Float[np.ndarray, " rows"]
    row: Int[np.ndarray, " cells"]
    power: Float[np.ndarray, " cells"]
    limit: Float[np.ndarray, " cells"]
    need: float

    def subset(self, cells: Int[np.ndarray, " some"]) -> "Problem":
        """The problem of some of the cells, all rows kept."""
        return dataclasses.replace(self, row=self.row[cells], power=self.power[cells], limit=self.limit[cells])

    def block(self, first: int, last: int, cells: Int[np.ndarray, " some"]) -> "Problem":
        """The problem of the rows from `first` up to `last`, whose cells are given."""
        rows = slice(first, last)
        return dataclasses.replace(
            self.subset(cells),
            divisor=self.divisor[rows],
            gain=self.gain[rows],
            thrift=self.thrift[rows],
            row=self.row[cells] - first,
        )

    def score(self, x: Float[np.ndarray, " cells"]) -> tuple[Float[np.ndarray, " cells"], Float[np.ndarray, " cells"]]:
        """What is maximized, and the size of its terms, by which rounding is judged."""
        spent = self.cost.value(x)
        size = spent
        if np.isfinite(self.need):
            beyond = self.divisor[self.row] * (self.need - x)
            size = np.maximum(spent, self.power + np.abs(beyond))
            spent = np.maximum(spent, self.power - beyond)
        gained, thrift = self.gain[self.row] * x, self.thrift[self.row]
        return gained - thrift * spent, gained + thrift * size

    def suffices(self, x: Float[np.ndarray, " cells"]) -> Bool[np.ndarray, " cells"]:
        """Whether x bits at run time and the tuning that is left give every instance what it needs."""
        return self.cost.value(x) <= self.power - self.divisor[self.row] * (self.need - x)


class Contest:
    """The best x of a problem among candidates; the smallest of equally good ones.

    Fields:
        x: `cells`: the best so far, 0 at first.
        tied: `cells`: whether another x is as good.
    """

    def __init__(self, problem: Problem):
        self._problem = problem
        self.x = np.zeros(problem.power.shape)
        self.tied = np.zeros(problem.power.shape, bool)
        self._score, self._size = problem.score(self.x)

    def enter(self, x: Float[np.ndarray, " cells"]) -> None:
        """Holds a candidate of every cell against the best so far; of two that are near, the clearly better."""
        score, size = self._problem.score(x)
        margin = TIE * np.maximum(size, self._size)
        apart = np.abs(x - self.x) > NEAR * np.maximum(x, self.x) + 1e-12 * self._problem.limit
        better = score > self._score + margin
        equal = ~better & apart & (score >= self._score - margin)
        taken = better | (equal & (x < self.x))
        self.tied = (self.tied & ~(better & apart)) | equal
        self.x = np.where(taken, x, self.x)
        self._score, self._size = np.where(taken, score, self._score), np.where(taken, size, self._size)
