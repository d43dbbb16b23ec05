"""The numbers of a finding as tables."""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy.stats import kendalltau

from ...findings import Table
from ...lab import BOUNDARY, ReflexLevel
from ...outcomes import Estimate
from .._ledger import Ledger
from ..diversity import BOUNDARIES, interval_text
from ._networks import EXEMPT, TABLE, work
from ._read import Known, labels_stored, mean_serial, octaves, rise_of, way
from ._strings import WINDOWS, reflex_way

BEYOND = "internal bits beyond the twin's"


@dataclasses.dataclass(frozen=True)
class Contrast:
    """Networks of which one thing is changed, and the same architecture without the change, one each a seed."""

    changed: tuple[Ledger, ...]
    plain: tuple[Ledger, ...]


def tables(
    networks: list[Known], complete: list[Known], contrasts: dict[str, Contrast], level: ReflexLevel | None
) -> tuple[Table, ...]:
    """Every architecture; what range and capacity are made of; what predicts what; contrasts; every seed."""
    return (
        _architectures(networks, level),
        _ranges(networks),
        _capacities(networks),
        _predicted(complete),
        _otherwise(complete),
        _contrasts(contrasts),
        _seeds(networks),
    )


def _architectures(networks: list[Known], level: ReflexLevel | None) -> Table:
    rows = []
    for known in networks:
        trial, stages = known.mazes[0].record.trial, known.mazes[0].num_stages - 1
        surplus = [None if level is None else ledger.surplus(level, BOUNDARY) for ledger in known.mazes]
        rows.append(
            (
                known.name + (" (exempt)" if known.name in EXEMPT else ""),
                known.mazes[0].record.values["parameters"],
                work(trial.model, trial.task),
                stages,
                _two(known.range()),
                _whole(known.capacity()),
                _two(known.mean(lambda g: g.mean("own") / g.mean("own-ceiling"))),
                _two(known.mean(lambda g: g.mean("novel-tempered") / g.mean("novel-ceiling"))),
                interval_text(surplus),
                interval_text(ledger.internal(BOUNDARY) for ledger in known.mazes) if stages > BOUNDARY else None,
                interval_text(ledger.internal(BOUNDARY) for ledger in known.twins) if stages > BOUNDARY else None,
                interval_text(ledger.thinking_gain() for ledger in known.mazes),
            )
        )
    heads = (
        "architecture", "parameters", "multiplications an answer", "serial stages", "range", "capacity (labels)",
        "own, of the ceiling", "novel, of the ceiling", "surplus (bits)", "internal bits",
        "internal bits, answer shown", "thinking gain (bits)",
    )  # fmt: skip
    title = "The same mazes and steps: mean over seeds [95% interval]; nothing where there are too few stages"
    return Table("architectures", title, heads, tuple(rows))


def _ranges(networks: list[Known]) -> Table:
    rules = list(dict.fromkeys(rule for known in networks for rule in known.strings))
    rows = [
        (
            known.name,
            *(_lengths(known.strings.get(rule, ())) for rule in rules),
            _two(known.range()),
            _two(known.range("novel-tempered")) if known.strings else None,
        )
        for known in networks
    ]
    for window in WINDOWS if rules else ():
        ways = [reflex_way(rule, window) for rule in rules]
        name = f"a reflex that sees {window} symbol{'s' if window > 1 else ''}"
        rows.append((name, *(f"{value:.2f}" for value in ways), _two(float(np.mean(ways))), None))
    title = (
        "Range: of the way from chance to all answers right on strings longer than those trained on, each seed "
        "(in brackets the mean on novel strings of the lengths trained on)"
    )
    return Table("range", title, ("architecture", *rules, "mean: range", "mean on short strings"), tuple(rows))


def _lengths(ledgers: tuple[Ledger, ...]) -> str | None:
    if not ledgers:
        return None
    short = np.mean([way(ledger, "novel-tempered") for ledger in ledgers])
    longer = ", ".join(f"{way(ledger, 'beyond'):.2f}" for ledger in ledgers)
    return f"{longer} ({short:.2f})"


def _capacities(networks: list[Known]) -> Table:
    sizes = list(dict.fromkeys(size for known in networks for size in known.labels))
    rows = [
        (
            known.name,
            *(
                ", ".join(f"{labels_stored(ledger):.0f}" for ledger in known.labels.get(size, ())) or None
                for size in sizes
            ),
            _whole(known.capacity()),
        )
        for known in networks
    ]
    heads = "architecture", *(f"N = {size}" for size in sizes), "capacity"
    title = "Capacity: random labels of the places of a grid that are named right beyond chance, each seed"
    return Table("capacity", title, heads, tuple(rows))


def _predicted(networks: list[Known]) -> Table:
    """What range and capacity say of each quantity, together and alone."""
    quantities: dict[str, Callable[[Known], float]] = {
        f"{BEYOND}, depth {boundary}": lambda known, b=boundary: mean_serial(known, b) for boundary in BOUNDARIES
    }
    quantities["bits on novel mazes (surplus, but for a constant)"] = lambda k: k.mean(
        lambda g: g.mean("novel-tempered")
    )
    rows = []
    for name, of in quantities.items():
        values = [of(known) for known in networks]
        by_range, by_capacity = rise_of(networks, values) or (None, None)
        rows.append((name, _estimate(by_range), _estimate(by_capacity)))
    heads = "quantity", "by range, capacity held fixed", "by capacity, range held fixed"
    title = (
        f"What rises from the least to the greatest of {len(networks)} architectures, in bits: least squares "
        "[95% interval over architectures]"
    )
    return Table("predicted", title, heads, tuple(rows))


def _otherwise(networks: list[Known]) -> Table:
    """The same rise with other architectures, or with another range."""

    def rise(chosen: list[Known], ranges: list[float] | None = None) -> str | None:
        return _estimate((rise_of(chosen, [mean_serial(known, BOUNDARY) for known in chosen], ranges) or (None,))[0])

    deepest = max(BOUNDARIES)
    groups = {
        "all architectures": networks,
        "without the table": [k for k in networks if k.name != TABLE],
        "without those exempt from matching": [k for k in networks if k.name not in EXEMPT],
        f"those with more than {deepest} serial stages": [k for k in networks if k.mazes[0].num_stages - 1 > deepest],
    }
    rows: list[tuple] = [(name, len(chosen), rise(chosen)) for name, chosen in groups.items()]
    if len(networks) > 5:
        rows += [
            (f"without {left.name}", len(networks) - 1, rise([k for k in networks if k is not left]))
            for left in networks
            if left.name != TABLE
        ]
    for name, of in (
        ("range without addition", lambda known: known.range(without="addition")),
        ("range on strings as short as those trained on", lambda known: known.range("novel-tempered")),
    ):
        ranges = [of(known) for known in networks]
        rows.append((name, len(networks), rise(networks, ranges) if None not in ranges else None))
    if len(networks) > 2:
        ranges, bits = [known.range() for known in networks], [mean_serial(known, BOUNDARY) for known in networks]
        for name, other in (("internal bits", bits), ("log2 of capacity", octaves(networks))):
            found = kendalltau(ranges, other)
            text = f"tau = {found.statistic:.2f}, p = {found.pvalue:.2f}"
            rows.append((f"rank correlation of range and {name} (Kendall)", len(networks), text))
    heads = "what is changed", "architectures", f"rise of {BEYOND}, by range, capacity held fixed (bits)"
    return Table(
        "otherwise", "The primary measure, looked at otherwise; of no influence on the verdict", heads, tuple(rows)
    )


def _contrasts(contrasts: dict[str, Contrast]) -> Table:
    measures: tuple[Callable[[Ledger], float], ...] = (
        lambda ledger: ledger.mean("own"),
        lambda ledger: ledger.mean("novel-tempered"),
        lambda ledger: ledger.internal(BOUNDARY),
    )
    rows = []
    for label, contrast in contrasts.items():
        ones, others = ({g.seed: g for g in ledgers} for ledgers in (contrast.changed, contrast.plain))
        seeds = sorted(ones.keys() & others.keys())
        if seeds:
            gaps = [interval_text([of(ones[seed]) - of(others[seed]) for seed in seeds]) for of in measures]
            rows.append((label, ones[seeds[0]].record.values["parameters"], len(seeds), *gaps))
    heads = "what is changed", "parameters", "seeds", "own bits", "novel bits", "internal bits"
    title = "What it changes, against the same architecture (unrolled: against the grid loop), paired by seed, in bits"
    return Table("contrasts", title, heads, tuple(rows))


def _seeds(networks: list[Known]) -> Table:
    rows = [
        (
            known.name,
            *(_each(ledger.internal(boundary) for ledger in known.mazes) for boundary in BOUNDARIES),
            _each(ledger.mean("novel-tempered") for ledger in known.mazes),
            _each(ledger.internal(BOUNDARY) for ledger in known.twins),
        )
        for known in networks
    ]
    depths = tuple(f"internal bits, depth {boundary}" for boundary in BOUNDARIES)
    heads = ("architecture", *depths, "novel bits", f"internal bits, answer shown, depth {BOUNDARY}")
    return Table("seeds", "Every seed", heads, tuple(rows))


def _each(values) -> str:
    return ", ".join(f"{value:.1f}" for value in values)


def _estimate(estimate: Estimate | None) -> str | None:
    return None if estimate is None else f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def _two(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _whole(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"
