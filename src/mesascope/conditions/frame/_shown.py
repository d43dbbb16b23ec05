"""Tables and charts that most claims show."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from ...findings import Chart, Field, Table
from ...stats import trend_p_value
from ._cells import Cells, Measure, Runs, each, interval
from ._effects import AbstractPaired, Trend
from ._ledger import Ledger
from ._measures import INTERNAL, TUNED

ARM = Field("arm", "arm", "category")
"""Colour of most charts."""

Column = Callable[[Runs], str | float | int | None] | Measure


def table(name: str, title: str, cells: Iterable[Runs], columns: Mapping[str, Column]) -> Table:
    """Table with a row a cell. A measure as a column is its mean over seeds with the interval."""
    rows = [tuple(_shown(column, runs) for column in columns.values()) for runs in cells]
    return Table(name, title, tuple(columns), tuple(rows))


def _shown(column: Column, runs: Runs):
    return interval(runs.by_seed(column), column.digits) if isinstance(column, Measure) else column(runs)


def mean(measure: Measure, digits: int = 1) -> Column:
    """Column of means over seeds, rounded, without an interval."""
    return lambda runs: round(runs.mean(measure), digits)


def percent(measure: Measure) -> Column:
    """Column of means over seeds in percent."""
    return lambda runs: f"{runs.mean(measure):.0%}"


def means(claim, cells: Cells) -> Table:
    """Every cell: means over seeds of the claim's measures."""
    columns = {"arm": lambda n: n.arm, claim.knob.name: lambda n: label(n.level), "seeds": lambda n: len(n.by)}
    title = "Every cell: mean over seeds [95% interval]"
    return table("means", title, cells, columns | {measure.name: measure for measure in claim.measures})


def every_seed(claim, cells: Cells) -> Table:
    """Every seed's internal bits, and how likely chance alone makes so clear a trend over the knob."""
    return seeds_table(cells, INTERNAL, claim.knob.name, falls=False)


def over_the_knob(claim, cells: Cells) -> Chart:
    """Internal and tuned bits over the knob, a line an arm."""
    return curves(
        "bits", "What is computed at run time and what is stored", "Points are seeds, bands 95% intervals over seeds.",
        cells, claim.knob, Field("bits", "bits"), {"internal": INTERNAL, "tuned": TUNED},
        Field("measure", "measure", "category"),
    )  # fmt: skip


def seeds_table(cells: Iterable[Runs], measure: Measure, knob: str, falls: bool) -> Table:
    """Every seed of every cell, and how likely chance alone makes so clear a trend over the knob."""
    arms: dict[str, list[Runs]] = {}
    for runs in cells:
        arms.setdefault(runs.arm, []).append(runs)
    rows = []
    for arm, members in arms.items():
        levels = [[*runs.by_seed(measure).values()] for runs in members]
        p = f"{trend_p_value(levels[::-1] if falls else levels):.1g}" if len(levels) > 1 else None
        # one in 20,001 is the least that so many permutations can show
        p = "at most 5e-05" if p == "5e-05" else p
        rows += [(arm, runs.level, each(runs.by_seed(measure), measure.digits), p) for runs in members]
    heads = ("arm", knob, f"{measure.name} of each seed", f"p of a {'fall' if falls else 'rise'} over {knob}")
    title = f"{measure.name.capitalize()} of every seed (Jonckheere-Terpstra over all {knob})"
    return Table("seeds", title, heads, tuple(rows))


def curves(
    name: str, title: str, caption: str, cells: Iterable[Runs], x: Field, y: Field, measures: Mapping[str, Measure],
    facet: Field | None = None, color: Field = ARM, lines: tuple[dict, ...] = (),
) -> Chart:  # fmt: skip
    """Chart of a measure over the knob, a line an arm; several measures side by side as panels."""
    rows = tuple(
        {x.name: runs.level, y.name: value, color.name: runs.arm, "seed": seed} | ({facet.name: panel} if facet else {})
        for panel, measure in measures.items()
        for runs in cells
        for seed, value in runs.by_seed(measure).items()
    )
    return Chart(name, title, caption, "curves", rows, x, y, color, facet, lines=lines)


def differences(name: str, title: str, cells: Cells, effects: Mapping[str, AbstractPaired], unit: str) -> Table:
    """Table of effects by name, with their interval and every unit's number."""
    found = {label: effect.by_unit(cells) for label, effect in effects.items()}
    rows = [(label, interval(values), each(values)) for label, values in found.items() if values]
    return Table(name, title, ("difference", unit, "each seed"), tuple(rows))


def trends_table(
    cells: Cells,
    measures: Iterable[tuple[str, str, Measure, int]],
    levels: Sequence[float],
    knob: str,
    title: str | None = None,
    who: Callable[[str], Mapping[str, str]] = lambda arm: {"arm": arm},
) -> Table:
    """Rises of measures over the knob by arm, and how likely chance alone makes so clear a one as is predicted.

    Args:
        cells: what is finished.
        measures: label, arm, measure, predicted sign.
        levels: of the knob.
        knob: its name.
        title: of the table, where it is not the usual one.
        who: the columns that name an arm.
    """
    rows, heads = [], {}
    for name, arm, measure, sign in measures:
        rises = Trend(arm, measure, levels).by_unit(cells)
        found = [cells[arm, level].by_seed(measure).values() for level in levels]
        if rises and all(found):
            p = trend_p_value([[sign * value for value in values] for values in found])
            heads = who(arm)
            rows.append((name, *heads.values(), interval(rises), f"{p:.2g}"))
    columns = "measure", *heads, f"rise from the least {knob} to the greatest (bits)", "p of the predicted trend"
    return Table("trends", title or f"Trends over {knob} (Jonckheere-Terpstra, as predicted)", columns, tuple(rows))


def along_stages(*arms: str) -> Callable:
    """Chart of read-outs after each serial stage."""
    caption = "Bits on novel instances of a read-out fitted to the frozen network after so many thoughts."
    x, y = Field("stage", "serial stage (thoughts)"), Field("bits", "bits of the read-out")
    title = "What can be read out after each serial stage"
    return _along("stages", title, caption, x, y, {"": Ledger.stage_curve}, arms)


def along_training(*arms: str) -> Callable:
    """Chart of bits at each checkpoint, on the own pool and on novel instances."""
    caption = "On the instances of the own pool, and on some never trained on."
    x, y = Field("step", "training steps", "log"), Field("bits", "bits")
    views = {"own": "trained instances", "novel-tempered": "novel instances"}
    of = {name: lambda g, v=view: {s: g.mean(v, step=s) for s in g.steps()} for view, name in views.items()}
    return _along("steps", "Bits over training", caption, x, y, of, arms)


def along_thoughts(*arms: str) -> Callable:
    """Chart of the own answer after so many thoughts."""
    caption = (
        "Bits on novel instances of the network's own answer after so many thoughts. Switching thoughts off takes a "
        "network off its training distribution: an upper bound of what they contribute."
    )
    x, y = Field("thoughts", "thoughts before the answer"), Field("bits", "bits")
    title = "Thinking longer than in training, and shorter"
    return _along("thinking", title, caption, x, y, {"": lambda g: g.curve("thinking")}, arms)


def _along(name, title, caption, x: Field, y: Field, of: Mapping[str, Callable], arms: tuple[str, ...]) -> Callable:
    """Chart of what is measured along training, thoughts or stages, a line a level of the knob."""
    panel = Field("panel", "", "category")

    def show(claim, cells: Cells) -> Chart:
        rows = tuple(
            {x.name: place, y.name: value, claim.knob.name: label(runs.level), "panel": part or runs.arm}
            | {"seed": seed}
            for runs in cells.of(*arms)
            for seed, ledgers in runs.by.items()
            for ledger in ledgers
            for part, curve in of.items()
            for place, value in curve(ledger).items()
        )
        several = len({row["panel"] for row in rows}) > 1
        return Chart(name, title, caption, "curves", rows, x, y, claim.knob, panel if several else None)

    return show


def signed(values: Mapping[int, float]) -> str | None:
    """Mean over seeds with its interval, and whether it is below the reflex level."""
    text = interval(values)
    return f"{text} (below reflex level)" if text and sum(values.values()) < 0 else text


def chance(p: float) -> str:
    """A p-value by permutations, in a sentence: one in 20,001 is the least that so many can show."""
    return "at most 5e-05" if p < 5.5e-05 else f"= {p:.1g}"


def label(level) -> str:
    """A level of the knob as people read it."""
    return "unlimited" if level is None else str(level)
