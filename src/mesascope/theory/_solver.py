"""x* by search, for any cost and every extension: global, so that concave costs do not mislead it.

Every x that can be best is 0, the limit, a peak of the score, or an end of the stretch of x at which instances have all
they need. Peaks are bracketed on a grid over all x, finer than 3% of x, and refined by the sign of the slope.
"""

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int

from ._costs import AbstractCost
from ._inversion import last_true
from ._problem import TIE, Contest, Problem

MAX_ROWS = 256  # at once: rows x grid stays near 3 MB
PER_DECADE, NUM_EVEN = 80, 500
NEGLIGIBLE = 1e-30  # of the largest x: what is smaller counts as 0


def numeric_optimum(problem: Problem) -> tuple[Float[np.ndarray, " cells"], Bool[np.ndarray, " cells"]]:
    """x* of every cell, the smallest where several are best, and whether several are."""
    x, tied = np.zeros(problem.power.shape), np.zeros(problem.power.shape, bool)
    grid = search_grid(problem.cost, problem.limit)
    order = np.argsort(problem.row, kind="stable")
    for first in range(0, len(problem.divisor), MAX_ROWS):
        last = first + MAX_ROWS
        cells = order[
            np.searchsorted(problem.row, first, sorter=order) : np.searchsorted(problem.row, last, sorter=order)
        ]
        x[cells], tied[cells] = _block_optimum(problem.block(first, last, cells), grid)
    return x, tied


def search_grid(cost: AbstractCost, limit: Float[np.ndarray, " cells"]) -> Float[np.ndarray, " grid"]:
    """0 to the largest limit in even and in geometric steps, fine enough for the smallest; the knots of the cost."""
    limit = limit[limit > 0]
    if len(limit) == 0:
        return np.zeros(1)
    top = limit.max()
    least = max(1e-9 * limit.min(), NEGLIGIBLE * top)
    geometric = np.geomspace(least, top, math.ceil(PER_DECADE * math.log10(top / least)))
    knots = cost.knots()
    return np.unique(np.minimum(np.concatenate([np.linspace(0, top, NUM_EVEN), geometric, knots[knots < top]]), top))


def candidates(problem: Problem, grid: Float[np.ndarray, " grid"]) -> Iterator[Float[np.ndarray, " cells"]]:
    """Every x that can be best in a cell, beside 0: 0 also stands where a cell has fewer than others."""
    values = problem.cost.value(grid)
    if np.isfinite(problem.need):
        yield from _sufficient(problem, grid, values)
    yield from _peaks_of_cells(problem, problem.gain, problem.thrift, grid, values)
    yield problem.limit


def _block_optimum(problem: Problem, grid):
    contest = Contest(problem)
    for x in candidates(problem, grid):
        contest.enter(x)
    return contest.x, contest.tied


def _peaks_of_cells(problem: Problem, gain, thrift, grid, values) -> Iterator[Float[np.ndarray, " cells"]]:
    for peak in _peaks(problem.cost, gain, thrift, grid, values).T:
        x = peak[problem.row]
        yield np.where(x <= problem.limit, x, 0.0)


def _peaks(cost: AbstractCost, gain, thrift, grid, values) -> Float[np.ndarray, "rows peaks"]:
    """Local maxima of gain x - thrift f(x), one row after the other, filled up with infinity."""
    score = gain[:, None] * grid - thrift[:, None] * values
    rise = np.diff(score, axis=1)
    edge = np.zeros((len(gain), 1))
    before, after = np.hstack([edge, rise]), np.hstack([rise, edge])
    row, at = np.nonzero(((before >= 0) & (after < 0)) | ((before > 0) & (after <= 0)))
    low, high = grid[np.maximum(at - 1, 0)], grid[np.minimum(at + 1, len(grid) - 1)]
    x = last_true(lambda x: gain[row] > thrift[row] * cost.slope(x), low, high, NEGLIGIBLE * grid[-1])
    # where f jumps its slope says nothing, and the grid is as good as it gets
    refined = gain[row] * x - thrift[row] * cost.value(x)
    x = np.where(score[row, at] > refined + TIE * (np.abs(refined) + gain[row] * x), grid[at], x)
    count = np.bincount(row, minlength=len(gain))
    peaks = np.full((len(gain), int(count.max(initial=0))), np.inf)
    peaks[row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)] = x
    return peaks


def _sufficient(problem: Problem, grid, values) -> Iterator[Float[np.ndarray, " cells"]]:
    """The first and the last x at which every instance has what it needs, 0 where there is none."""
    first, last = _sufficient_on_grid(problem, grid, values)
    for x in [*_peaks_of_cells(problem, problem.divisor, np.ones_like(problem.divisor), grid, values), problem.limit]:
        reached = problem.suffices(x)
        first = np.where(reached, np.minimum(first, x), first)
        last = np.where(reached, np.maximum(last, x), last)
    found = np.flatnonzero(first <= last)
    part, first, last = problem.subset(found), first[found], last[found]
    below = grid[np.maximum(np.searchsorted(grid, first, side="left") - 1, 0)]
    above = grid[np.minimum(np.searchsorted(grid, last, side="right"), len(grid) - 1)]
    floor = NEGLIGIBLE * grid[-1]
    for end in (
        last_true(lambda x: ~part.suffices(x), below, first, floor),
        last_true(part.suffices, last, np.minimum(above, part.limit), floor),
    ):
        x = np.zeros(problem.power.shape)
        x[found] = end
        yield x


def _sufficient_on_grid(problem: Problem, grid, values):
    """The first and the last grid point that suffice for each cell; infinity and -1 where none does."""
    total = problem.divisor[:, None] * grid - values
    level = problem.divisor[problem.row] * problem.need - problem.power
    ahead = _first_at_least(np.maximum.accumulate(total, axis=1), problem.row, level)
    behind = _first_at_least(np.maximum.accumulate(total[:, ::-1], axis=1), problem.row, level)
    return np.append(grid, np.inf)[ahead], np.append(grid[::-1], -1.0)[behind]


def _first_at_least(running: Float[np.ndarray, "rows grid"], row, level) -> Int[np.ndarray, " cells"]:
    """For every cell the first place where its row, which never falls, is at least its level; the length if nowhere."""
    low, high = np.zeros(level.shape, int), np.full(level.shape, running.shape[1])
    while np.any(low < high):
        middle = (low + high) // 2
        reached = running[row, np.minimum(middle, running.shape[1] - 1)] >= level
        low, high = np.where((low < high) & ~reached, middle + 1, low), np.where((low < high) & reached, middle, high)
    return low
