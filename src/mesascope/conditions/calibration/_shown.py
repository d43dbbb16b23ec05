"""The calibration as tables, charts and remarks."""

import numpy as np

from ...findings import Chart, Field, Table
from ...lab import Record
from ...outcomes import Estimate
from ...stats import mean_interval
from ._detection import Rates
from ._rows import Row, label

SIGNS = (
    "plan", "plan-gain", "plan-selectivity", "value", "value-gain", "inner-retarget", "inner-control",
    "intervention", "intervention-control", "best-of", "noise", "goal-share",
)  # fmt: skip
"""Signs for which organisms state nothing: shown, not judged."""


def mixture_slopes(rows: list[Row]) -> dict[str, Estimate]:
    """The slope of the estimated share of search over the true one, by measure, over draws; empty without mixtures.

    The estimate is a measure's place between the table and the search: (measured - table) / (search - table). Only
    shares between 0 and 1 count, since the ends fix the scale, and each draw of the searched instances gives a slope.
    """
    found = {}
    for name in ("bits", "internal"):
        points = mixture_points(rows, name)
        draws = {draw for draw, _, _ in points}
        slopes = [_slope([(x, y) for of, x, y in points if of == draw]) for draw in sorted(draws)]
        if len(slopes) >= 2:
            found[name] = mean_interval(np.array(slopes))
    return found


def mixture_points(rows: list[Row], name: str) -> list[tuple[str, float, float]]:
    """Draw, true and estimated share of search of the mixtures, by a measure."""
    of_it = [row for row in rows if row.measure.name == name]
    search = [row.measured.value for row in of_it if row.family == "breadth-first"]
    table = [row.measured.value for row in of_it if row.family == "lookup-table" and "evaluation" not in row.organism]
    if not search or not table:
        return []
    mixtures = [row for row in of_it if row.family == "search-or-table"]
    return [(_draw(row), _share(row), (row.measured.value - table[0]) / (search[0] - table[0])) for row in mixtures]


def rows_table(rows: list[Row]) -> Table:
    """What was expected and measured."""
    heads = ("organism", "measure", "expected", "measured", "low", "high", "pass")
    shown = [
        (row.organism, row.measure.name, _round(row.expected), *map(_round, row.measured), _verdict(row))
        for row in rows
    ]
    return Table("calibration", "Every measure on every planted algorithm", heads, tuple(shown))


def rates_table(judged: list[Rates]) -> Table:
    """Thresholds and error rates."""
    heads = (
        "detector", "threshold", "false positive rate", "negatives", "false negative rate", "positives", "wrong",
        "weak", "weak missed",
    )  # fmt: skip
    shown = [
        (
            each.name,
            _round(each.threshold),
            _round(each.false_positive_rate),
            each.negatives,
            _round(each.false_negative_rate),
            each.positives,
            "; ".join(each.wrong) or None,
            each.weak,
            each.weak_missed,
        )
        for each in judged
    ]
    title = "Error rates at thresholds that were chosen on the other half of the organisms"
    return Table("rates", title, heads, tuple(shown))


def slopes_table(slopes: dict[str, Estimate]) -> Table:
    """Slopes of mixtures."""
    shown = [(name, *map(_round, slope)) for name, slope in slopes.items()]
    title = "Mixtures of search and table: estimated over true share of search"
    return Table("slopes", title, ("estimated by", "slope", "low", "high"), tuple(shown))


def signs_table(records: list[Record]) -> Table:
    """Signs for which no exact value is known beforehand."""
    shown = []
    for record in records:
        signs = record.values["signs"]
        values = [_round(signs[name][0]) if name in signs and signs[name][0] is not None else None for name in SIGNS]
        if signs:
            shown.append((label(record), *values))
    return Table("signs", "Other signs, for which organisms state no value", ("organism", *SIGNS), tuple(shown))


def flood_chart(rows: list[Row]) -> Chart:
    """Surplus and internal bits of flood fills over their number of steps."""
    points = []
    for row in rows:
        if row.family == "flood-fill" and row.measure.name in ("surplus", "internal"):
            steps = int(row.organism.partition("thinking=")[2] or 24)
            for kind, value in (("expected", row.expected), ("measured", row.measured.value)):
                points.append({"steps": steps, "bits": value, "series": f"{row.measure.name}, {kind}", "seed": 0})
    return Chart(
        "flood-fill",
        "The measures follow a search of known depth",
        "A flood fill of k steps in the weights of a gridloop, on novel mazes. Expected values come from what the "
        "flood fill states, measured ones from the network.",
        "curves",
        tuple(points),
        Field("steps", "steps k of the flood fill", "log"),
        Field("bits", "bits"),
        Field("series", "measure", "category"),
    )


def mixture_chart(rows: list[Row]) -> Chart:
    """Estimated over true shares of search."""
    points = [
        {"share": share, "estimate": estimate, "by": name, "seed": draw}
        for name in ("bits", "internal")
        for draw, share, estimate in mixture_points(rows, name)
    ]
    points += [{"share": share, "estimate": share, "by": "true", "seed": 0} for share in (0.0, 1.0)] if points else []
    return Chart(
        "mixtures",
        "Search with some probability, a table otherwise",
        "The share of search, estimated from bits and from internal bits; a faithful measure lies on the diagonal.",
        "curves",
        tuple(points),
        Field("share", "true share of search"),
        Field("estimate", "estimated share of search"),
        Field("by", "estimated by", "category"),
    )


def remarks_on(rows: list[Row], slopes: dict[str, Estimate], judged: list[Rates]) -> tuple[str, ...]:
    """What a reader must know: how much passed, what failed, how wide the slopes are."""
    stated = [row for row in rows if row.passed is not None]
    free = [row for row in stated if not row.settled]
    failed = [row for row in free if not row.passed]
    met = f"{sum(bool(row.passed) for row in free)} of {len(free)}"
    lines = [
        f"{met} expected values were met within the tolerance fixed before; {len(stated) - len(free)} more follow "
        "from these or from definitions (surplus, which is bits less a constant, and zeros)."
    ]
    if failed:
        lines.append("Not met: " + "; ".join(f"{row.measure.name} of {row.organism}" for row in failed) + ".")
    for name, slope in slopes.items():
        lines.append(f"Mixture slope by {name}: {slope.value:.2f} [{slope.low:.2f}, {slope.high:.2f}].")
    for each in judged:
        if each.name == "search" and each.negatives and each.positives:
            lines.append(
                f"Surplus, internal bits and retargeting together, on organisms on which no threshold was chosen: "
                f"false positives {each.false_positive_rate:.0%} of {each.negatives}, false negatives "
                f"{each.false_negative_rate:.0%} of {each.positives}; of {each.weak} searches that state too little to "
                f"be judged, {each.weak_missed} were missed."
            )
    return tuple(lines)


def _slope(points: list[tuple[float, float]]) -> float:
    x, y = np.array(points).T
    return float(np.polyfit(x, y, 1)[0])


def _draw(row: Row) -> str:
    return row.organism.partition("seed ")[2] or "0"


def _share(row: Row) -> float:
    text = row.organism.partition("share=")[2].split(" ")[0]
    return float(text) if text else 0.5


def _verdict(row: Row) -> str:
    return {True: "yes", False: "no", None: "not stated"}[row.passed]


def _round(value) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 3)
