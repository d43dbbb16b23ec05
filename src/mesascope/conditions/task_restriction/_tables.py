"""The numbers of a finding as tables."""

from collections.abc import Iterable

import numpy as np

from ...findings import Table
from ...lab import BOUNDARY, Record
from ...stats import trend_p_value
from ...tasks import AbstractTask
from .._ledger import Ledger
from ..diversity import BOUNDARIES, interval_text
from ._read import Services, novel_share
from ._services import RANDOM
from ._switch import Switch, half_way

GENERAL = "general, as few steps"
"""The control: all mazes, and the steps of a service."""


def tables(
    arms: dict[str, Services],
    shorter: Services,
    reflexes: dict[AbstractTask, list[Record]],
    switch: Switch | None,
) -> tuple[Table, ...]:
    """Every arm and K; what restriction adds to shortness; every seed; where services switch."""
    return (
        _services_table(arms, shorter, _levels(reflexes)),
        _decomposed(arms[RANDOM], shorter),
        _seeds_table(arms | {GENERAL: shorter}),
        _switch_table(arms[RANDOM], switch),
    )


def _levels(reflexes: dict[AbstractTask, list[Record]]) -> dict[AbstractTask, float]:
    """Bits of shallow networks on novel mazes of each slice, mean over seeds."""
    return {
        task: float(np.mean([Ledger(record).mean("novel-tempered") for record in records]))
        for task, records in reflexes.items()
        if records
    }


def _services_table(arms: dict[str, Services], shorter: Services, levels: dict[AbstractTask, float]) -> Table:
    rows = [
        (arm, count, *_row(services, count, levels))
        for arm, services in [*arms.items(), (GENERAL, shorter)]
        for count in services.cells
    ]
    heads = (
        "arm",
        "K",
        "N",
        "steps",
        "services",
        "own, of the ceiling",
        "novel, of the ceiling",
        "internal bits",
        "thinking gain",
        "surplus",
    )
    title = "Services on their own slices: mean over seeds [95% interval], bits"
    return Table("services", title, heads, tuple(rows))


def _row(services: Services, count: int, levels: dict[AbstractTask, float]) -> tuple:
    ledgers = services.cells[count]
    surplus = [
        ledger.mean("novel-tempered") - levels[ledger.record.trial.task]
        for ledger in ledgers
        if ledger.record.trial.task in levels
    ]
    trial = ledgers[0].record.trial
    return (
        trial.num_instances,
        trial.steps,
        len(ledgers),
        f"{services.share(count):.0%}",
        f"{np.mean([*services.by_seed(count, novel_share).values()]):.0%}",
        interval_text(services.by_seed(count, lambda ledger: ledger.internal(BOUNDARY)).values()),
        interval_text(services.by_seed(count, Ledger.thinking_gain).values()),
        _surplus_text(surplus) if len(surplus) == len(ledgers) else None,
    )


def _surplus_text(surplus: list[float]) -> str:
    mean = float(np.mean(surplus))
    return f"{mean:.1f}" if mean >= 0 else f"{mean:.1f} (below reflex level)"


def _decomposed(services: Services, shorter: Services) -> Table:
    """How much of the fall comes from fewer steps, and how much from fewer mazes at equally few steps."""
    counts = tuple(count for count in services.cells if count in shorter.cells)
    rows = []
    for boundary in BOUNDARIES:
        parts = {count: _parts(services, shorter, count, boundary) for count in counts if count > 1}
        rows += [(str(count), boundary, *map(interval_text, values.values())) for count, values in parts.items()]
        if len(parts) > 1 and len({len(part) for values in parts.values() for part in values.values()}) == 1:
            means = np.mean([list(values.values()) for values in parts.values()], axis=0)
            rows.append(("mean over K", boundary, *map(interval_text, means)))
    heads = ("K", "reflexes end at depth", "fall of internal bits", "of it by fewer steps", "of it by fewer mazes")
    title = "What services lack of the general learner's internal bits, random slices: first the steps are taken away"
    return Table("decomposed", title, heads, tuple(rows))


def _parts(services: Services, shorter: Services, count: int, boundary: int) -> dict[str, list[float]]:
    """The fall at one K and its two parts, for the seeds that have all three learners."""
    cells = (services, 1), (shorter, count), (services, count)
    found = [learners.by_seed(k, lambda ledger: ledger.internal(boundary)) for learners, k in cells]
    seeds = sorted(set(found[0]).intersection(*found))
    general, short, narrow = (np.array([values[seed] for seed in seeds]) for values in found)
    return {"fall": list(general - narrow), "steps": list(general - short), "mazes": list(short - narrow)}


def _seeds_table(arms: dict[str, Services]) -> Table:
    def each(values: Iterable[float]) -> str:
        return ", ".join(f"{value:.1f}" for value in values)

    rows = []
    for arm, services in arms.items():
        found = {count: services.by_seed(count, lambda ledger: ledger.internal(BOUNDARY)) for count in services.cells}
        levels = [np.array([*values.values()]) for values in found.values()]
        # a fall over K is a rise the other way round
        p_value = f"{trend_p_value(levels[::-1]):.1g}" if len(levels) > 1 else None
        # one in 20,001 is the least that so many permutations can show
        p_value = "at most 5e-05" if p_value == "5e-05" else p_value
        rows += [(arm, count, each(values.values()), p_value) for count, values in found.items()]
    heads = ("arm", "K", "internal bits of each seed", "p of a fall over K")
    return Table("seeds", "Internal bits of every seed (Jonckheere-Terpstra over all K)", heads, tuple(rows))


def _switch_table(services: Services, switch: Switch | None) -> Table:
    heads = ("K", "novel bits, predicted", "novel bits, measured", "tuned bits, predicted", "own share, measured")
    title = "What the equation predicts of services, random slices"
    if switch is None or set(switch.counts) - services.cells.keys():
        return Table("switch", title, heads, ())
    measured = [novel_mean(services, count) for count in switch.counts]
    rows = [
        (
            str(count),
            round(float(switch.predicted.novel[k]), 1),
            round(measured[k], 1),
            round(float(switch.predicted.tuned[k]), 1),
            f"{services.share(count):.0%}",
        )
        for k, count in enumerate(switch.counts)
    ]
    halves = [half_way(switch.counts, np.array(bits)) for bits in (switch.predicted.novel, measured)]
    said = ["never" if half is None else round(half, 1) for half in halves]
    return Table("switch", title, heads, (*rows, ("half of the general learner's at K", *said, None, None)))


def novel_mean(services: Services, count: int) -> float:
    """Novel bits of the services of one K, mean over seeds."""
    return float(np.mean([*services.by_seed(count, lambda ledger: ledger.mean("novel-tempered")).values()]))
