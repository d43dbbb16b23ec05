"""What is shown of architectures: their range, their capacity, what they make of mazes, and what predicts it."""

from collections.abc import Callable

import numpy as np

from ..findings import Chart, Field, Table
from ..lab import BOUNDARY, reflex_level
from ..stats import rank_correlation
from ..tasks import novel
from ._architectures import (
    EXEMPT, SHOWN, STORED, TABLE, Architecture, from_chance, known, labels_arm, rise, rise_of, way, work,
)  # fmt: skip
from .frame import (
    BOUNDARIES, INTERNAL, NOVEL, NOVEL_SHARE, OWN_SHARE, THINKING_GAIN, Cells, Runs, each, internal,
    internal_if_deep, interval, surplus, table,
)  # fmt: skip

REFLEX = "reflex"
"""Arm of the computations on strings, a rule each."""

BEYOND_TWIN = "internal bits beyond the twin's"
ARCHITECTURE = Field("architecture", "architecture", "category")


def _two(value: float | None) -> str | None:
    """A number with two decimals."""
    return None if value is None else f"{value:.2f}"


def _whole(value: float | None) -> str | None:
    """A number without decimals."""
    return None if value is None else f"{value:.0f}"


def architectures_table(claim, cells: Cells) -> Table:
    """What each architecture is, its range and capacity, and what it made of the mazes."""
    every = {one.name: one for one in known(claim, cells)}
    inner = internal_if_deep()
    columns = {
        "architecture": lambda n: n.level + (" (exempt)" if n.level in EXEMPT else ""),
        "parameters": lambda n: n.ledgers[0].record.values["parameters"],
        "multiplications an answer": lambda n: work(n.trial),
        "serial stages": lambda n: n.ledgers[0].num_stages - 1,
        "range": lambda n: _two(every[n.level].range()),
        "capacity (labels)": lambda n: _whole(every[n.level].capacity()),
        OWN_SHARE.name: lambda n: _two(n.mean(OWN_SHARE)), NOVEL_SHARE.name: lambda n: _two(n.mean(NOVEL_SHARE)),
        "surplus (bits)": surplus(reflex_level(claim.task, cells.records)), "internal bits": inner,
        "internal bits, answer shown": lambda n: interval(cells[SHOWN, n.level].by_seed(inner)),
        "thinking gain (bits)": THINKING_GAIN,
    }  # fmt: skip
    title = "The same mazes and steps: mean over seeds [95% interval]; nothing where there are too few stages"
    return table("architectures", title, [one.mazes for one in every.values()], columns)


def seeds_table(claim, cells: Cells) -> Table:
    """Every seed of every architecture."""
    columns = {"architecture": lambda n: n.level}
    columns |= {f"internal bits, depth {b}": lambda n, b=b: each(n.by_seed(internal(b))) for b in BOUNDARIES}
    columns["novel bits"] = lambda n: each(n.by_seed(NOVEL))
    head = f"internal bits, answer shown, depth {BOUNDARY}"
    columns[head] = lambda n: each(cells[SHOWN, n.level].by_seed(INTERNAL))
    return table("seeds", "Every seed", [one.mazes for one in known(claim, cells)], columns)


def range_table(claim, cells: Cells) -> Table:
    """How far architectures and reflexes go on strings of each rule."""
    architectures = known(claim, cells)
    rules = [rule for rule in claim.rules if any(rule in one.strings for one in architectures)]
    rows = [
        (
            one.name,
            *(_lengths(cells[rule, one.name]) for rule in rules),
            _two(one.range()),
            _two(one.range("novel-tempered")) if one.strings else None,
        )
        for one in architectures
    ]
    reflexes = [cells[REFLEX, rule].ledgers[0].record.metrics() for rule in rules if (REFLEX, rule) in cells]
    for place, seen in enumerate(reflexes[0]["symbols"] if reflexes and len(reflexes) == len(rules) else ()):
        ways = [columns["way"][place] for columns in reflexes]
        name = f"a reflex that sees {seen} symbol{'s' if seen > 1 else ''}"
        rows.append((name, *map(_two, ways), _two(float(np.mean(ways))), None))
    title = (
        "Range: of the way from chance to all answers right on strings longer than those trained on, each seed "
        "(in brackets the mean on novel strings of the lengths trained on)"
    )
    return Table("range", title, ("architecture", *rules, "mean: range", "mean on short strings"), tuple(rows))


def _lengths(runs: Runs) -> str | None:
    if not runs.ledgers:
        return None
    return f"{each(runs.by_seed(way('beyond')), 2)} ({runs.mean(way('novel-tempered')):.2f})"


def capacity_table(claim, cells: Cells) -> Table:
    """How many labels architectures store of pools of each size."""
    sizes = claim.label_pools
    rows = [
        (
            one.name,
            *(each(cells[labels_arm(size), one.name].by_seed(STORED), 0) or None for size in sizes),
            _whole(one.capacity()),
        )
        for one in known(claim, cells)
    ]
    heads = "architecture", *(f"N = {size}" for size in sizes), "capacity"
    title = "Capacity: random labels of the places of a grid that are named right beyond chance, each seed"
    return Table("capacity", title, heads, tuple(rows))


def predicted_table(claim, cells: Cells) -> Table:
    """What range and capacity say of each quantity, together and alone."""
    architectures = known(claim, cells, whole=True)
    quantities = {f"{BEYOND_TWIN}, depth {b}": [one.mean_serial(b) for one in architectures] for b in BOUNDARIES} | {
        "bits on novel mazes (surplus, but for a constant)": [one.mazes.mean(NOVEL) for one in architectures]
    }
    rises = {name: rise_of(architectures, values) or (None, None) for name, values in quantities.items()}
    rows = [(name, *map(interval, found)) for name, found in rises.items()]
    heads = "quantity", "by range, capacity held fixed", "by capacity, range held fixed"
    title = (
        f"What rises from the least to the greatest of {len(architectures)} architectures, in bits: least squares "
        "[95% interval over architectures]"
    )
    return Table("predicted", title, heads, tuple(rows))


def otherwise_table(claim, cells: Cells) -> Table:
    """The same rise with other architectures, or with another range."""
    every, deepest = known(claim, cells, whole=True), max(BOUNDARIES)
    groups = {
        "all architectures": every,
        "without the table": [one for one in every if one.name != TABLE],
        "without those exempt from matching": [one for one in every if one.name not in EXEMPT],
        f"those with more than {deepest} serial stages": [
            one for one in every if one.mazes.ledgers[0].num_stages - 1 > deepest
        ],
    }
    if len(every) > 5:
        left_out = [left for left in every if left.name != TABLE]
        groups |= {f"without {left.name}": [one for one in every if one is not left] for left in left_out}
    rows = [(name, len(chosen), interval(rise(chosen))) for name, chosen in groups.items()]
    others = {
        "range without addition": [one.range(without="addition") for one in every],
        "range on strings as short as those trained on": [one.range("novel-tempered") for one in every],
    }
    rows += [(name, len(every), interval(rise(every, ranges=ranges))) for name, ranges in others.items()]
    ranges, bits = [one.range() for one in every], [one.mean_serial() for one in every]
    for name, other in {"internal bits": bits, "log2 of capacity": [one.octaves for one in every]}.items():
        if len(every) > 2:
            tau, p = rank_correlation(ranges, other)
            who = f"rank correlation of range and {name} (Kendall)"
            rows.append((who, len(every), f"tau = {tau:.2f}, p = {p:.2f}"))
    heads = "what is changed", "architectures", f"rise of {BEYOND_TWIN}, by range, capacity held fixed (bits)"
    title = "The primary measure, looked at otherwise; of no influence on the verdict"
    return Table("otherwise", title, heads, tuple(rows))


def predictors_charts(claim, cells: Cells) -> list[Chart]:
    """Internal bits over range and over capacity."""
    if not known(claim, cells, whole=True):
        return []
    over_range = _over(
        claim, cells, Field("range", "range"), Architecture.range,
        "What architectures compute at run time, over their range",
        "Range is measured on other tasks: how far from chance to all answers right on strings longer than those "
        "trained on.",
    )  # fmt: skip
    over_capacity = _over(
        claim, cells, Field("capacity", "capacity (labels)", "log"), lambda one: round(max(one.capacity(), 1)),
        "What architectures compute at run time, over what they can store",
        "Capacity is the number of random labels stored.",
    )  # fmt: skip
    return [over_range, over_capacity]


def _over(claim, cells: Cells, x: Field, of: Callable[[Architecture], float], title: str, said: str) -> Chart:
    caption = (
        "Internal bits on novel mazes beyond those of the answer-shown twin. Small points are seeds, large ones means "
        f"with 95% intervals. {said}"
    )
    rows = tuple(
        {"architecture": one.name, "bits": bits, "seed": seed, x.name: of(one)}
        for one in known(claim, cells, whole=True)
        for seed, bits in one.serial(BOUNDARY).items()
    )
    y = Field("bits", BEYOND_TWIN)
    return Chart(x.name, title, caption, "curves", rows, x, y, ARCHITECTURE)


def lengths_chart(claim, cells: Cells) -> Chart | None:
    """Answers over the length of strings; None where the records hold no rows by instance of them."""
    architectures = known(claim, cells, whole=True)
    ledgers = [ledger for one in architectures for rule in one.strings for ledger in cells[rule, one.name].ledgers]
    if not ledgers or not all(ledger.has_instances("beyond") for ledger in ledgers):
        return None
    return Chart(
        "lengths", "How answers fall off on strings longer than those trained on",
        "Of the way from chance to all answers right, mean over rules and seeds; each seed stands in the table. "
        "Trained on were lengths of 8 to 12; range is the mean over longer strings.",
        "curves", tuple(row for one in architectures for row in _by_length(one)), Field("length", "symbols"),
        Field("way", "of the way"), ARCHITECTURE,
    )  # fmt: skip


def _by_length(one: Architecture) -> list[dict]:
    """The way from chance to all right at each length, the mean over rules and seeds."""
    found: dict[int, list[float]] = {}
    for ledger in (ledger for rule in one.strings for ledger in one.cells[rule, one.name].ledgers):
        task = ledger.record.trial.task
        for view, of in (("novel-tempered", task), ("beyond", task.beyond())):
            lengths = novel(of).length
            shares = {i: bits / np.log2(task.num_actions) for i, bits in ledger.instances(view).items()}
            for length in np.unique(lengths):
                chosen = [shares[i] for i in np.flatnonzero(lengths == length).tolist()]
                found.setdefault(int(length), []).append(from_chance(float(np.mean(chosen)), ledger))
    means = {length: float(np.mean(values)) for length, values in sorted(found.items())}
    return [{"architecture": one.name, "length": length, "way": mean} for length, mean in means.items()]
