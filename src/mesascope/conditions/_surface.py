"""Novel and tuned bits over N and P as they were measured, beside what the equation predicts of them."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from ..findings import Table
from ..theory import EXPLANATIONS, SOLVED, Grid, Prediction, fit, scored_cells
from .frame import Runs, interval, novel_curves, tuned_curves

TUNED_AT, LIMIT = 1, None
"""The two N at which the curves are measured, one instance and unlimited ones: what is predicted lies between."""

FIXED_BITS = (5.0, 10.0, 15.0)
"""Novel bits whose price in visits is compared over N."""

FIXED_VISITS = (16, 32, 64)
"""Visits of every instance at which tuned bits are compared over N."""

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

    def cells(self) -> Iterator[tuple[int, int, int, int]]:
        """Place and value of every N and number of steps."""
        for i, size in enumerate(self.grid.instances):
            for j, step in enumerate(self.steps):
                yield i, j, int(size), step


def surface_of(
    cells: Iterable[Runs],
    currency: Currency = "visits",
    view: Literal["novel", "novel-tempered"] = "novel-tempered",
    solved: float = SOLVED,
) -> Surface | None:
    """The measured surface; None where there are fewer than two seeds, or a curve or all N between are missing.

    Args:
        cells: networks of one architecture by N; those of an N that lacks a seed are left out.
        currency: what P is counted in.
        view: novel bits at temperature 1, or at the one chosen on separate instances.
        solved: share of the ceiling from which on a pool counts as solved.
    """
    rows = {runs.level: runs for runs in cells if runs.complete}
    sizes = [size for size in rows if size not in (TUNED_AT, LIMIT)]
    if TUNED_AT not in rows or LIMIT not in rows or not sizes or len(rows[LIMIT].by) < 2:
        return None
    steps, ceiling = rows[LIMIT].ledgers[0].steps(), rows[LIMIT].ledgers[0].mean("novel-ceiling")
    tuned = {size: tuned_curves(rows[size], steps, ceiling) for size in (TUNED_AT, *sizes)}
    each = {size: runs.trial.batch if currency == "visits" else 1 for size, runs in rows.items()}
    power = {size: np.array(steps, float) * count for size, count in each.items()}
    grid = Grid(
        instances=np.array(sizes, float),
        visits=np.stack([power[size] for size in sizes]),
        novel=np.stack([novel_curves(rows[size], steps, view) for size in sizes], axis=1),
        tuned=np.stack([tuned[size] for size in sizes], axis=1),
        scored=np.ones((len(sizes), len(steps)), bool),
        run_visits=power[LIMIT],
        run_time=novel_curves(rows[LIMIT], steps, view),
        tuning_visits=power[TUNED_AT],
        tuning=tuned[TUNED_AT],
        ceiling=ceiling,
    )
    own = np.stack([_own_share(rows[size], steps) for size in sizes])
    curves = grid.curves(list(range(grid.num_seeds)))
    predicted = EXPLANATIONS["equation"]().predict(grid.visits, grid.instances[:, None], curves)
    scored = scored_cells(own, predicted, solved)
    return Surface(dataclasses.replace(grid, scored=scored), tuple(steps), tuple(rows[LIMIT].by), own, predicted)


def _own_share(runs: Runs, steps: Sequence[int]) -> Float[np.ndarray, " steps"]:
    shares = [[ledger.mean("own", step=s) / ledger.mean("own-ceiling") for s in steps] for ledger in runs.ledgers]
    return np.mean(shares, axis=0)


def surface_tables(surface: Surface) -> tuple[Table, ...]:
    """How the transition moves with P; prices of run-time and of tuned bits over N; every cell."""
    return _transition(surface), _prices(surface), _dilution(surface), _every_cell(surface)


def _every_cell(surface: Surface) -> Table:
    grid, predicted, rows = surface.grid, surface.predicted, []
    for i, j, size, step in surface.cells():
        low, high = predicted.novel_low[i, j], predicted.novel_high[i, j]
        novel = f"{low:.1f}" if high - low < 0.05 else f"{low:.1f} to {high:.1f}"
        why = "yes" if grid.scored[i, j] else _why_not(surface, i, j)
        bits = interval(grid.novel[:, i, j]), novel, interval(grid.tuned[:, i, j]), f"{predicted.tuned[i, j]:.1f}"
        rows.append((size, step, int(grid.visits[i, j]), *bits, f"{surface.own[i, j]:.0%}", why))
    bits = "novel", "equation's novel", "tuned", "equation's tuned"
    heads = ("N", "steps", "visits", *bits, "own, of ceiling", "scored")
    return Table("cells", "Every cell: bits measured [95% interval over seeds] and predicted", heads, tuple(rows))


def _why_not(surface: Surface, i: int, j: int) -> str:
    if surface.predicted.extrapolated[i, j]:
        return "beyond the measured curves"
    return "many divisions as good" if surface.predicted.at_ceiling[i, j] else "solved"


def _transition(surface: Surface) -> Table:
    """N at which novel bits pass half the ceiling, by P."""
    grid = surface.grid
    curves = grid.curves(list(range(grid.num_seeds)))
    rivals = {name: fit(grid, kind) for name, kind in EXPLANATIONS.items() if name != "equation"}
    predicted = {name: grid.predicted(rival, curves)[0] for name, rival in rivals.items()}
    bounds, rows = (surface.predicted.novel_high, surface.predicted.novel_low), []
    for j, step in enumerate(surface.steps):
        measured = _range([_crossing(grid, bits[:, j]) for bits in grid.novel])
        # where many divisions are as good, the equation's crossing lies between two
        ends = [_range([_crossing(grid, bits[:, j])]) for bits in bounds]
        said = [_range([_crossing(grid, bits[:, j])]) for bits in predicted.values()]
        rows.append((step, measured, " to ".join(dict.fromkeys(ends)), *said))
    title = "N from which on novel bits pass half the ceiling: median over seeds (lowest to highest), and as predicted"
    return Table("transition", title, ("steps", "measured", "equation", *predicted), tuple(rows))


def _crossing(grid: Grid, novel: Float[np.ndarray, " sizes"]) -> float | None:
    """The smallest N from which on novel bits stay above half the ceiling, between measured N on an octave scale."""
    half, above = grid.ceiling / 2, novel >= grid.ceiling / 2
    if not above[-1]:
        return None
    first = len(above) - int(np.argmin(above[::-1])) if not above.all() else 0
    if first == 0:
        return float(grid.instances[0])
    octaves, share = np.log2(grid.instances), (half - novel[first - 1]) / (novel[first] - novel[first - 1])
    return float(2 ** (octaves[first - 1] + share * (octaves[first] - octaves[first - 1])))


def _range(found: list[float | None]) -> str:
    """Median over seeds, lowest and highest; or how many have none."""
    known = [value for value in found if value is not None]
    if len(known) < len(found):
        return f"none for {len(found) - len(known)} of {len(found)}" if len(found) > 1 else "none"
    return f"{np.median(known):.0f}" + (f" ({min(known):.0f} to {max(known):.0f})" if len(known) > 1 else "")


def _prices(surface: Surface) -> Table:
    """Visits that fixed novel bits take: the same at all large N, unless the cost grows with N."""
    grid = surface.grid
    large = np.flatnonzero(grid.instances >= grid.instances[-1] / 16)
    curves = [(int(grid.instances[i]), grid.visits[i], grid.novel[:, i]) for i in large]
    curves.append(("unlimited", grid.run_visits, grid.run_time))
    rows = [
        (size, *(_range([_price(visits, bits, wanted) for bits in novel]) for wanted in FIXED_BITS))
        for size, visits, novel in curves
    ]
    heads = ("N", *(f"{bits:g} bits" for bits in FIXED_BITS))
    title = "Visits that reach fixed novel bits: median over seeds (lowest to highest)"
    return Table("prices", title, heads, tuple(rows))


def _price(visits: Float[np.ndarray, " steps"], novel: Float[np.ndarray, " steps"], wanted: float) -> float | None:
    reached = np.maximum.accumulate(np.append(0.0, novel))
    return float(np.interp(wanted, reached, np.append(0.0, visits))) if reached[-1] >= wanted else None


def _dilution(surface: Surface) -> Table:
    """Tuned bits after the same visits of every instance: the same at all N, if a visit of each is what a bit costs."""
    grid = surface.grid
    curves = [(1, grid.tuning_visits, grid.tuning)]
    for i, size in enumerate(grid.instances):
        # near the ceiling tuned bits are what is left of it, whatever they cost
        unsolved = surface.own[i] < SOLVED
        curves.append((int(size), grid.visits[i][unsolved] / size, grid.tuned[:, i, unsolved]))
    rows = [(size, *(_at(visits, tuned, wanted) for wanted in FIXED_VISITS)) for size, visits, tuned in curves]
    heads = ("N", *(f"{visits} visits each" for visits in FIXED_VISITS))
    title = "Tuned bits after fixed visits of every instance [95% interval over seeds]"
    return Table("dilution", title, heads, tuple(rows))


def _at(visits: Float[np.ndarray, " steps"], bits: Float[np.ndarray, "seeds steps"], wanted: float) -> str | None:
    """Bits at the checkpoint with just so many visits."""
    found = np.flatnonzero(np.isclose(visits, wanted))
    return interval(bits[:, found[0]]) if len(found) else None
