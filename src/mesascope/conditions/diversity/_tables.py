"""The numbers of a finding as tables."""

import numpy as np

from ...findings import Table
from ...lab import BOUNDARY, ReflexLevel
from ...stats import mean_interval, trend_p_value
from ._cells import BOUNDARIES, Cell, rise


def tables(
    cells: list[Cell], nulls: list[Cell], level: ReflexLevel | None, primary: str, maze: str, twin: str
) -> tuple[Table, ...]:
    """The ledger of every cell, the trends over N, the controls, and fixed visits."""
    return (
        _ledger_table(cells, level),
        _trend_table(cells, level, primary, maze, twin),
        _control_table(cells, nulls),
        _visits_table([cell for cell in cells if cell.task == maze and cell.size]),
    )


def interval_text(values) -> str | None:
    """`mean [low, high]` over seeds; the mean alone for one seed; None for none."""
    values = [value for value in values if value is not None]
    if not values:
        return None
    estimate = mean_interval(np.array(values))
    if len(values) == 1:
        return f"{estimate.value:.1f}"
    return f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def _ledger_table(cells: list[Cell], level: ReflexLevel | None) -> Table:
    rows = [_ledger_row(cell, level) for cell in cells]
    heads = tuple(rows[0]) if rows else ()
    title = "The ledger in bits: mean over seeds [95% interval]"
    return Table("ledger", title, heads, tuple(tuple(row.values()) for row in rows))


def _ledger_row(cell: Cell, level: ReflexLevel | None) -> dict[str, str | float | int | None]:
    ledgers = cell.ledgers

    def average(measure) -> float:
        return float(np.mean([measure(ledger) for ledger in ledgers]))

    return {
        "arm": cell.arm,
        "task": cell.task,
        "N": cell.label,
        "seeds": len(ledgers),
        "own bits": interval_text(g.mean("own") for g in ledgers),
        "own ceiling": round(average(lambda g: g.mean("own-ceiling")), 1),
        "novel bits": interval_text(g.mean("novel-tempered") for g in ledgers),
        "novel, worst 5%": round(average(lambda g: g.quantile("novel-tempered", 0.05)), 1),
        "ceiling": round(ledgers[0].mean("novel-ceiling"), 1),
        "tuned": interval_text(cell.tuned().values()),
        "surplus": _surplus_text(cell, level),
        "internal": interval_text(g.internal(BOUNDARY) for g in ledgers),
        "success on novel": f"{average(lambda g: g.mean('novel-tempered', column='success')):.0%}",
        "regret on novel (moves)": round(average(_regret), 1),
    }


def _surplus_text(cell: Cell, level: ReflexLevel | None) -> str | None:
    """Surplus with its interval; None without a level, and on the twin, which has none."""
    if level is None or cell.task != "maze":
        return None
    surplus = [value for g in cell.ledgers if (value := g.surplus(level, BOUNDARY)) is not None]
    text = interval_text(surplus)
    return f"{text} (below reflex level)" if text and np.mean(surplus) < 0 else text


def _regret(ledger) -> float:
    """Expected utility short of the optimum's, in moves."""
    return ledger.mean("novel-ceiling", column="utility") - ledger.mean("novel-tempered", column="utility")


def _trend_table(cells: list[Cell], level: ReflexLevel | None, primary: str, maze: str, twin: str) -> Table:
    measures = []
    for boundary in BOUNDARIES:
        for task in (maze, twin):
            label = f"internal bits, reflexes up to depth {boundary}"
            measures.append((label, primary, task, lambda g, b=boundary: g.internal(b)))
    for arm in dict.fromkeys(cell.arm for cell in cells):
        measures.append(("novel bits", arm, maze, lambda g: g.mean("novel-tempered")))
        if level:
            measures.append(("surplus", arm, maze, lambda g: g.surplus(level, BOUNDARY)))
    rows = [_trend_row(cells, *measure) for measure in measures]
    for arm in dict.fromkeys(cell.arm for cell in cells):
        rows.append(_tuned_row([c for c in cells if c.arm == arm and c.task == maze and c.size], arm, maze))
    heads = ("measure", "arm", "task", "rise over the range of N (bits)", "p of the predicted trend")
    title = (
        "Trends over N (Jonckheere-Terpstra; predicted: internal bits, novel bits and surplus rise, tuned bits fall)"
    )
    return Table("trends", title, heads, tuple(row for row in rows if row))


def _trend_row(cells, label, arm, task, measure):
    chosen = [cell for cell in cells if cell.arm == arm and cell.task == task and cell.size]
    if len(chosen) < 2:
        return None
    levels = [[measure(g) for g in cell.ledgers] for cell in chosen]
    by_seed = [{g.seed: measure(g) for g in cell.ledgers} for cell in chosen]
    seeds = set.intersection(*(set(values) for values in by_seed))
    sizes = [cell.size for cell in chosen]
    rises = [rise(sizes, [values[seed] for values in by_seed]) for seed in seeds]
    return label, arm, task, interval_text(rises), f"{trend_p_value(levels):.2g}"


def _tuned_row(chosen, arm, task):
    by_seed = [cell.tuned() for cell in chosen]
    if len(chosen) < 2 or not all(by_seed):
        return None
    seeds = set.intersection(*(set(values) for values in by_seed))
    sizes = [cell.size for cell in chosen]
    rises = [rise(sizes, [values[seed] for values in by_seed]) for seed in seeds]
    falling = [[-value for value in values.values()] for values in by_seed]
    return "tuned", arm, task, interval_text(rises), f"{trend_p_value(falling):.2g}"


def _control_table(cells: list[Cell], nulls: list[Cell]) -> Table:
    heads = (
        "arm",
        "task",
        "N",
        "own bits, nothing shown",
        "novel bits, nothing shown",
        "thinking gain on novel",
        "internal, depth 2",
        "internal, depth 3",
        "internal, depth 5",
    )
    rows = []
    for cell in [*nulls, *cells]:
        ledgers = cell.ledgers
        rows.append(
            (
                cell.arm,
                cell.task,
                "untrained" if cell.size == 0 else cell.label,
                interval_text(g.mean("own-hidden") for g in ledgers),
                interval_text(g.mean("novel-hidden") for g in ledgers),
                interval_text(_thinking_gain(g) for g in ledgers),
                *(interval_text(g.internal(boundary) for g in ledgers) for boundary in BOUNDARIES),
            )
        )
    return Table("controls", "Controls and nulls: mean over seeds [95% interval]", heads, tuple(rows))


def _thinking_gain(ledger) -> float:
    """Bits of the network's own read-out after the thoughts of training, against none."""
    curve = ledger.curve("thinking")
    return curve[ledger.record.trial.model.thinking] - curve[0]


def _visits_table(cells: list[Cell]) -> Table:
    """Novel bits where two or more N share visits per instance: P then grows with N."""
    found: dict[tuple[str, float], dict[int, list[float]]] = {}
    for cell in cells:
        batch = cell.ledgers[0].record.trial.batch
        for step in cell.ledgers[0].steps():
            values = [g.mean("novel-tempered", step=step) for g in cell.ledgers if step in g.steps()]
            found.setdefault((cell.arm, step * batch / cell.size), {})[cell.size] = values
    rows = [
        (arm, visits, size, size * visits, interval_text(values))
        for (arm, visits), by_size in sorted(found.items())
        if len(by_size) > 1
        for size, values in by_size.items()
    ]
    heads = ("arm", "visits per instance", "N", "visits in all", "novel bits")
    return Table("visits", "Fixed visits per instance, off the same checkpoints", heads, tuple(rows))
