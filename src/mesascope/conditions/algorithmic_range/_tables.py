"""The numbers of a finding as tables."""

from collections.abc import Callable, Iterable

import numpy as np

from ...findings import Table
from ...lab import BOUNDARY, Record, ReflexLevel
from ...outcomes import Estimate
from ...stats import mean_interval, rises
from .._ledger import Ledger
from ..diversity import BOUNDARIES, interval_text
from ._networks import EXEMPT, work
from ._read import Known, labels_stored, octaves, ranges, way

Contrasts = dict[str, tuple[list[Record], list[Record]]]
"""Label -> what is held against what, one a seed each."""


def tables(
    networks: list[Known], complete: list[Known], contrasts: Contrasts, level: ReflexLevel | None
) -> tuple[Table, ...]:
    """Every architecture; what range is made of; what predicts what; contrasts; every seed."""
    found = [_architectures(networks, level), _ranges(networks), _capacities(networks), _predicted(complete)]
    return *found, _contrasts(contrasts), _seeds(networks)


def _architectures(networks: list[Known], level: ReflexLevel | None) -> Table:
    rows = []
    for known in networks:
        trial = known.mazes[0].record.trial
        surplus = [None if level is None else ledger.surplus(level, BOUNDARY) for ledger in known.mazes]
        rows.append(
            (
                known.name + (" (exempt)" if known.name in EXEMPT else ""),
                known.mazes[0].record.values["parameters"],
                work(trial.model, trial.task),
                _two(known.range()),
                _whole(known.capacity()),
                f"{_share(known.mazes, 'own'):.2f}",
                f"{_share(known.mazes, 'novel'):.2f}",
                interval_text(surplus),
                interval_text(ledger.internal(BOUNDARY) for ledger in known.mazes),
                interval_text(ledger.internal(BOUNDARY) for ledger in known.twins),
                interval_text(_gain(ledger) for ledger in known.mazes),
            )
        )
    heads = (
        "architecture",
        "parameters",
        "multiplications an answer",
        "range",
        "capacity (labels)",
        "own, of the ceiling",
        "novel, of the ceiling",
        "surplus (bits)",
        "internal bits",
        "internal bits, answer shown",
        "thinking gain (bits)",
    )
    return Table("architectures", "The same mazes and steps: mean over seeds [95% interval]", heads, tuple(rows))


def _ranges(networks: list[Known]) -> Table:
    rules = list(dict.fromkeys(rule for known in networks for rule in known.strings))
    rows = [
        (
            known.name,
            *(_lengths(known, rule) if rule in known.strings else None for rule in rules),
            _two(known.range()),
        )
        for known in networks
    ]
    title = (
        "Range: of the way from chance to all answers right on strings longer than those trained on, each seed "
        "(in brackets the mean on novel strings of the lengths trained on)"
    )
    return Table("range", title, ("architecture", *rules, "mean: range"), tuple(rows))


def _lengths(known: Known, rule: str) -> str | None:
    longer = known.range_of(rule)
    if not longer:
        return None
    short = np.mean([way(ledger, "novel") for ledger in known.strings[rule]])
    return f"{', '.join(f'{value:.2f}' for value in longer)} ({short:.2f})"


def _capacities(networks: list[Known]) -> Table:
    sizes = list(dict.fromkeys(size for known in networks for size in known.stored))
    rows = [
        (
            known.name,
            *(
                ", ".join(_whole(labels_stored(ledger)) for ledger in known.stored.get(size, ())) or None
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
        f"internal bits beyond depth {boundary}": lambda known, b=boundary: _mean(known.internal(b))
        for boundary in BOUNDARIES
    }
    quantities["bits on novel mazes"] = lambda known: _mean(known.novel())
    rows = []
    for name, of in quantities.items():
        values = [of(known) for known in networks]
        both = rises(values, (ranges(networks), octaves(networks))) or (None, None)
        alone = rises(values, (ranges(networks),)) or (None,)
        rows.append((name, _estimate(both[0]), _estimate(both[1]), _estimate(alone[0])))
    heads = "quantity", "by range, capacity held fixed", "by capacity, range held fixed", "by range alone"
    title = (
        f"What rises from the least to the greatest of {len(networks)} architectures, in bits: least squares "
        "[95% interval over architectures]"
    )
    return Table("predicted", title, heads, tuple(rows))


def _contrasts(contrasts: Contrasts) -> Table:
    measures: tuple[Callable[[Ledger], float], ...] = (
        lambda ledger: ledger.mean("own"),
        lambda ledger: ledger.mean("novel-tempered"),
        lambda ledger: ledger.internal(BOUNDARY),
    )
    rows = []
    for label, (changed, plain) in contrasts.items():
        ones = {record.trial.seed: Ledger(record) for record in changed}
        others = {record.trial.seed: Ledger(record) for record in plain}
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
            *(", ".join(f"{ledger.internal(boundary):.1f}" for ledger in known.mazes) for boundary in BOUNDARIES),
            ", ".join(f"{value:.1f}" for value in known.novel().values()),
        )
        for known in networks
    ]
    heads = "architecture", *(f"internal bits, depth {boundary}" for boundary in BOUNDARIES), "novel bits"
    return Table("seeds", "Every seed", heads, tuple(rows))


def _gain(ledger: Ledger) -> float:
    """Thinking gain: as many thoughts as in training, against none."""
    curve = ledger.curve("thinking")
    return curve[ledger.record.trial.thinking] - curve[min(curve)]


def _share(ledgers: Iterable[Ledger], view: str) -> float:
    seen = {"own": "own", "novel": "novel-tempered"}[view]
    return float(np.mean([ledger.mean(seen) / ledger.mean(f"{view}-ceiling") for ledger in ledgers]))


def _mean(by_seed: dict[int, float]) -> float:
    return float(mean_interval(np.array([*by_seed.values()])).value)


def _estimate(estimate: Estimate | None) -> str | None:
    return None if estimate is None else f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def _two(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _whole(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"
