"""The numbers of the finding as tables."""

import dataclasses
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from ...findings import Table
from ...outcomes import Estimate
from ...stats import mean_interval
from ...theory import EXPLANATIONS, FLOOR, AbstractExplanation, Confusion, Score, fit
from .._ledger import Ledger
from ..diversity import interval_text
from ._surface import Surface

FIXED_BITS = (5.0, 10.0, 15.0)
"""Novel bits whose price in visits is compared over N."""


def surface_tables(surface: Surface) -> tuple[Table, ...]:
    """Every cell; how the transition moves with P; prices of run-time bits over N."""
    return _cell_table(surface), _transition_table(surface), _price_table(surface)


def contest_tables(
    surface: Surface,
    scores: Mapping[str, Score],
    excess: Mapping[str, Estimate],
    verdicts: Mapping[str, str],
    simulated: Confusion,
) -> tuple[Table, ...]:
    """A verdict for each explanation, and what the grid can tell apart."""
    return _verdict_table(surface, scores, excess, verdicts, simulated), _confusion_table(simulated)


def order_table(arms: Mapping[tuple[int, int], list[Ledger]], smallest_effect: float) -> Table:
    """Novel bits after both halves of the order arms, and what their difference says."""
    heads = ("first half, N", "second half, N", "seeds", "novel bits after the first", "novel bits after the second")
    rows: list[tuple] = []
    after: dict[tuple[int, int], dict[int, float]] = {}
    for (first, then), ledgers in arms.items():
        whole = [g for g in ledgers if not g.record.failed]
        after[first, then] = {g.seed: g.mean("novel-tempered") for g in whole}
        half = [g.mean("novel-tempered", step=g.last_step // 2) for g in whole]
        rows.append((first, then, len(whole), interval_text(half), interval_text(after[first, then].values())))
    few_first, many_first = after.values()
    seeds = sorted(few_first.keys() & many_first.keys())
    gaps = [many_first[seed] - few_first[seed] for seed in seeds]
    rows.append(("many first", "less few first", len(seeds), _order_says(gaps, smallest_effect), interval_text(gaps)))
    return Table("order", "The order of training: half the steps on each number of instances", heads, tuple(rows))


def _order_says(gaps: list[float], smallest_effect: float) -> str | None:
    if len(gaps) < 2:
        return None
    gap = mean_interval(np.array(gaps))
    if gap.low > smallest_effect:
        return "a lock-in: the first pool decides"
    if gap.high < -smallest_effect:
        return "the last pool decides: neither an allocation nor a lock-in"
    within = -smallest_effect < gap.low and gap.high < smallest_effect
    return "an allocation: no history" if within else "inconclusive"


def _verdict_table(surface, scores, excess, verdicts, simulated) -> Table:
    rows = [
        (
            name,
            explanation.says,
            _numbers(explanation),
            _estimate(excess[name]),
            verdicts[name],
            *(_mean(part) for part in scores[name][1:]),
            _together(name, simulated),
        )
        for name, explanation in _fitted(surface).items()
    ]
    floor = scores[FLOOR]
    rows.append((FLOOR, "what noise leaves", None, None, None, *(_mean(part) for part in floor[1:]), None))
    heads = (
        "explanation",
        "says",
        "fitted on all cells",
        "error beyond noise",
        "verdict",
        "error: novel",
        "tuned",
        "N held out",
        "top octaves of P held out",
        "cannot be told from",
    )
    title = "Each explanation on held-out cells: root mean squared error in bits [95% interval over seeds]"
    return Table("explanations", title, heads, tuple(rows))


def _confusion_table(simulated: Confusion) -> Table:
    rows = [
        (name, *(round(100 * float(rate)) for rate in rates)) for name, rates in zip(simulated.names, simulated.rates)
    ]
    title = (
        "Simulated on this grid: how often (%) the explanation in the column is chosen where that of the row is true"
    )
    return Table("confusion", title, ("true", *simulated.names), tuple(rows))


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
    heads = ("N", "steps", "visits", "novel", "predicted", "tuned", "predicted", "own, of ceiling", "scored")
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
    rows = [
        (
            step,
            _crossing_text([_crossing(grid, bits[:, j]) for bits in grid.novel]),
            *(_crossing_text([_crossing(grid, bits[:, j])]) for bits in predicted.values()),
        )
        for j, step in enumerate(surface.steps)
    ]
    title = "N from which on novel bits pass half the ceiling: median over seeds (lowest to highest), and as predicted"
    return Table("transition", title, ("steps", "measured", *predicted), tuple(rows))


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


def _price_text(visits: Float[np.ndarray, " steps"], novel: Float[np.ndarray, "seeds steps"], bits: float) -> str:
    return _crossing_text([_price(visits, curve, bits) for curve in novel])


def _price(visits, curve, bits: float) -> float | None:
    reached = np.maximum.accumulate(np.append(0.0, curve))
    if reached[-1] < bits:
        return None
    return float(np.interp(bits, reached, np.append(0.0, visits)))


def _numbers(explanation: AbstractExplanation) -> str | None:
    values = dataclasses.asdict(explanation)
    return ", ".join(f"{name} = {value:.3g}" for name, value in values.items()) or None


def _estimate(value: Estimate) -> str:
    return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"


def _mean(values: Float[np.ndarray, " seeds"]) -> float | None:
    mean = float(np.mean(values))
    return None if np.isnan(mean) else round(mean, 2)


def _together(name: str, simulated: Confusion) -> str | None:
    among = next(names for names in simulated.classes if name in names)
    return ", ".join(other for other in among if other != name) or None
