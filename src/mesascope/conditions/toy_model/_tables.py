"""The numbers of the finding as tables."""

import numpy as np
from jaxtyping import Float

from ...findings import Table
from ...theory import EXPLANATIONS, SOLVED, AbstractExplanation, fit
from ..diversity import interval_text
from ._surface import Surface

FIXED_BITS = (5.0, 10.0, 15.0)
"""Novel bits whose price in visits is compared over N."""

FIXED_VISITS = (16, 32, 64)
"""Visits of every instance at which tuned bits are compared over N."""


def surface_tables(surface: Surface) -> tuple[Table, ...]:
    """How the transition moves with P; prices of run-time and of tuned bits over N; every cell."""
    return _transition_table(surface), _price_table(surface), _dilution_table(surface), _cell_table(surface)


def _cell_table(surface: Surface) -> Table:
    grid, predicted = surface.grid, surface.predicted
    rows = []
    for i, size in enumerate(grid.instances):
        for j, step in enumerate(surface.steps):
            low, high = predicted.novel_low[i, j], predicted.novel_high[i, j]
            rows.append(
                (
                    int(size),
                    step,
                    int(grid.visits[i, j]),
                    interval_text(grid.novel[:, i, j]),
                    f"{low:.1f}" if high - low < 0.05 else f"{low:.1f} to {high:.1f}",
                    interval_text(grid.tuned[:, i, j]),
                    f"{predicted.tuned[i, j]:.1f}",
                    f"{surface.own[i, j]:.0%}",
                    "yes" if grid.scored[i, j] else _why_not(surface, i, j),
                )
            )
    heads = (
        "N",
        "steps",
        "visits",
        "novel",
        "equation's novel",
        "tuned",
        "equation's tuned",
        "own, of ceiling",
        "scored",
    )
    return Table("cells", "Every cell: bits measured [95% interval over seeds] and predicted", heads, tuple(rows))


def _why_not(surface: Surface, i: int, j: int) -> str:
    if surface.predicted.extrapolated[i, j]:
        return "beyond the measured curves"
    return "many divisions as good" if surface.predicted.at_ceiling[i, j] else "solved"


def _fitted(surface: Surface) -> dict[str, AbstractExplanation]:
    return {name: fit(surface.grid, kind) for name, kind in EXPLANATIONS.items()}


def _transition_table(surface: Surface) -> Table:
    """N at which novel bits pass half the ceiling, by P."""
    grid = surface.grid
    curves = grid.curves(list(range(grid.num_seeds)))
    predicted = {name: grid.predicted(explanation, curves)[0] for name, explanation in _fitted(surface).items()}
    predicted.pop("equation")
    rows = [
        (
            step,
            _crossing_text([_crossing(grid, bits[:, j]) for bits in grid.novel]),
            _equation_crossing(surface, j),
            *(_crossing_text([_crossing(grid, bits[:, j])]) for bits in predicted.values()),
        )
        for j, step in enumerate(surface.steps)
    ]
    title = "N from which on novel bits pass half the ceiling: median over seeds (lowest to highest), and as predicted"
    return Table("transition", title, ("steps", "measured", "equation", *predicted), tuple(rows))


def _equation_crossing(surface: Surface, column: int) -> str:
    """The crossing of the equation's novel bits; between two where many divisions are as good."""
    predicted, grid = surface.predicted, surface.grid
    ends = [_crossing(grid, bits[:, column]) for bits in (predicted.novel_high, predicted.novel_low)]
    texts = [_crossing_text([end]) for end in ends]
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} to {texts[1]}"


def _crossing(grid, novel: Float[np.ndarray, " sizes"]) -> float | None:
    """The smallest N from which on novel bits stay above half the ceiling, between measured N on an octave scale."""
    above = novel >= grid.ceiling / 2
    if not above[-1]:
        return None
    first = len(above) - int(np.argmin(above[::-1])) if not above.all() else 0
    if first == 0:
        return float(grid.instances[0])
    low, high = novel[first - 1], novel[first]
    share = (grid.ceiling / 2 - low) / (high - low)
    octaves = np.log2(grid.instances)
    return float(2 ** (octaves[first - 1] + share * (octaves[first] - octaves[first - 1])))


def _crossing_text(found: list[float | None]) -> str | None:
    known = [value for value in found if value is not None]
    if len(known) < len(found):
        return f"none for {len(found) - len(known)} of {len(found)}" if len(found) > 1 else "none"
    if len(known) == 1:
        return f"{known[0]:.0f}"
    return f"{np.median(known):.0f} ({min(known):.0f} to {max(known):.0f})"


def _price_table(surface: Surface) -> Table:
    """Visits that fixed novel bits take: the same at all large N, unless the cost grows with N."""
    grid = surface.grid
    rows = [
        (int(size), *(_price_text(grid.visits[i], grid.novel[:, i], bits) for bits in FIXED_BITS))
        for i, size in enumerate(grid.instances)
        if size >= grid.instances[-1] / 16
    ]
    rows.append(("unlimited", *(_price_text(grid.run_visits, grid.run_time, bits) for bits in FIXED_BITS)))
    heads = ("N", *(f"{bits:g} bits" for bits in FIXED_BITS))
    return Table(
        "prices", "Visits that reach fixed novel bits: median over seeds (lowest to highest)", heads, tuple(rows)
    )


def _dilution_table(surface: Surface) -> Table:
    """Tuned bits after the same visits of every instance: the same at all N, if a visit of each is what a bit costs."""
    grid = surface.grid
    rows: list[tuple] = [(1, *(_at(grid.tuning_visits, grid.tuning, visits) for visits in FIXED_VISITS))]
    for i, size in enumerate(grid.instances):
        # near the ceiling tuned bits are what is left of it, whatever they cost
        open_ = surface.own[i] < SOLVED
        visits_each, tuned = grid.visits[i][open_] / size, grid.tuned[:, i, open_]
        rows.append((int(size), *(_at(visits_each, tuned, visits) for visits in FIXED_VISITS)))
    heads = ("N", *(f"{visits} visits each" for visits in FIXED_VISITS))
    return Table(
        "dilution", "Tuned bits after fixed visits of every instance [95% interval over seeds]", heads, tuple(rows)
    )


def _at(visits: Float[np.ndarray, " steps"], bits: Float[np.ndarray, "seeds steps"], wanted: float) -> str | None:
    """Bits at the checkpoint with just so many visits."""
    found = np.flatnonzero(np.isclose(visits, wanted))
    return interval_text(bits[:, found[0]]) if len(found) else None


def _price_text(visits: Float[np.ndarray, " steps"], novel: Float[np.ndarray, "seeds steps"], bits: float) -> str:
    return _crossing_text([_price(visits, curve, bits) for curve in novel])


def _price(visits, curve, bits: float) -> float | None:
    reached = np.maximum.accumulate(np.append(0.0, curve))
    if reached[-1] < bits:
        return None
    return float(np.interp(bits, reached, np.append(0.0, visits)))
