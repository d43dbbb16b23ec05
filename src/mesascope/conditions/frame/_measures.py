"""Numbers of one network that claims are about."""

import numpy as np

from ...lab import BOUNDARY, ReflexLevel, certified_rows
from ._cells import Measure, Runs
from ._ledger import Ledger


def bits(view: str, name: str = "", digits: int = 1, column: str = "bits") -> Measure:
    """Mean of a view over its instances after the last step."""
    # own instances are others for each seed
    rows = None if view.startswith("own") else lambda ledger, runs: ledger.instances(view, column=column)
    return Measure(name or f"{view} bits", lambda ledger, runs: ledger.mean(view, column=column), digits, rows, (view,))


def share(view: str, name: str = "", digits: int = 2) -> Measure:
    """Bits of a view as a share of the ceiling there."""
    top = f"{view.removesuffix('-tempered')}-ceiling"
    return Measure(name or f"{view}, of the ceiling", lambda g, runs: g.mean(view) / g.mean(top), digits)


def internal(boundary: int = BOUNDARY, name: str = "internal bits") -> Measure:
    """Internal bits beyond a serial stage."""

    def rows(ledger: Ledger, runs: Runs) -> dict[int, float]:
        # 0 by definition of a network that ends there
        return ledger.internal_by_instance(boundary) or dict.fromkeys(ledger.instances("readout"), 0.0)

    return Measure(name, lambda ledger, runs: ledger.internal(boundary), by_instance=rows, views=("readout",))


def internal_if_deep(boundary: int = BOUNDARY, name: str = "internal bits") -> Measure:
    """Internal bits beyond a serial stage; of no network that ends there, where they are 0 by definition."""
    return Measure(name, lambda g, runs: g.internal(boundary) if g.num_stages - 1 > boundary else None)


def of_ceiling(measure: Measure, digits: int = 3) -> Measure:
    """A measure as a share of the ceiling on novel instances."""

    def of(ledger: Ledger, runs: Runs) -> float | None:
        value = measure.of(ledger, runs)
        return None if value is None else value / ledger.mean("novel-ceiling")

    return Measure(measure.name, of, digits)


def surplus(level: ReflexLevel | None, boundary: int = BOUNDARY) -> Measure:
    """Bits on novel instances beyond the reflex level; of no network where none is known."""
    return Measure("surplus", lambda ledger, runs: ledger.surplus(level, boundary) if level else None)


def certified(level: ReflexLevel | None, boundary: int = BOUNDARY, name: str = "certified bits") -> Measure:
    """Bits of the last stage beyond both a serial stage and every reflex; of no network where no level is known."""

    def rows(ledger: Ledger, runs: Runs) -> dict[int, float]:
        if not ledger.certified(level, boundary):
            return dict.fromkeys(ledger.instances("readout"), 0.0)
        last, before = (ledger.instances("readout", stage) for stage in (ledger.num_stages - 1, boundary))
        columns = (np.array([rows[i] for i in last]) for rows in (last, before))
        return dict(zip(last, certified_rows(*columns, level.upper(boundary)).tolist()))

    def of(ledger: Ledger, runs: Runs) -> float | None:
        return ledger.certified(level, boundary) if level else None

    return Measure(name, of, by_instance=rows, views=("readout",))


def tuned_at(step: int | None = None, name: str = "tuned") -> Measure:
    """Bits on the own pool beyond those of the cell's other seeds there; of no network without others."""

    def of(ledger: Ledger, runs: Runs) -> float | None:
        others = [g for g in runs.ledgers if g.seed != ledger.seed and g.has("sibling", ledger.seed)]
        return float(np.mean([ledger.tuned_against(other, step) for other in others])) if others else None

    return Measure(name, of)


OWN, NOVEL = bits("own"), bits("novel-tempered", "novel bits")
OWN_SHARE, NOVEL_SHARE = share("own", "own, of the ceiling"), share("novel-tempered", "novel, of the ceiling")
SUCCESS = bits("novel-tempered", "success on novel", 2, "success")
INTERNAL, TUNED = internal(), tuned_at()
OWN_INTERNAL = Measure("internal bits on own", lambda ledger, runs: ledger.own_internal())
THINKING_GAIN = Measure("thinking gain", lambda ledger, runs: ledger.thinking_gain())
