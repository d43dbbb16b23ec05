"""The figures of a finding, as values."""

import numpy as np

from ...findings import Chart, Field
from ...lab import BOUNDARY, ReflexLevel
from ._cells import Cell

SIZE = Field("size", "N, instances trained on", "category")
ARM = Field("arm", "architecture", "category")
BITS = Field("bits", "bits")


def charts(
    cells: list[Cell], nulls: list[Cell], level: ReflexLevel | None, primary: str, maze: str, twin: str
) -> tuple[Chart, ...]:
    """The headline first."""
    main = [cell for cell in cells if cell.arm == primary]
    on_maze = [cell for cell in cells if cell.task == maze]
    return (
        _internal_over_size(main, nulls),
        _bars(on_maze, level),
        _stages(main),
        _steps(on_maze, primary),
        _thinking([cell for cell in main if cell.task == maze]),
    )


def _internal_over_size(cells: list[Cell], nulls: list[Cell]) -> Chart:
    rows = [
        {"N": cell.size, "bits": ledger.internal(BOUNDARY), "task": cell.task, "seed": ledger.seed}
        for cell in cells
        if cell.size
        for ledger in cell.ledgers
    ]
    null = [ledger.internal(BOUNDARY) for cell in nulls for ledger in cell.ledgers]
    return Chart(
        "internal-bits",
        "Bits computed at run time, over the diversity of training",
        "What read-outs make of the last serial stage beyond what they make of stage 3, on novel mazes. Points are "
        "training seeds, bands 95% intervals over seeds. With the answer shown, a reflex suffices.",
        "curves",
        tuple(rows),
        Field("N", "N, instances trained on", "log"),
        Field("bits", "internal bits on novel mazes"),
        Field("task", "observation", "category"),
        reference=("untrained", float(np.mean(null))) if null else None,
    )


def _bars(cells: list[Cell], level: ReflexLevel | None) -> Chart:
    """Tuned bits on top of what is reached on novel mazes, which reflexes explain up to their level."""
    rows = []
    for cell in cells:
        novel = float(np.mean([g.mean("novel-tempered") for g in cell.ledgers]))
        best = level.best() if level else None
        reflex = min(novel, best.bits) if best else novel
        tuned = list(cell.tuned().values())
        parts = {
            "reflex" if best else "novel": reflex,
            "surplus": novel - reflex,
            "tuned": max(float(np.mean(tuned)), 0.0) if tuned else 0.0,
        }
        rows += [
            {"size": cell.label, "arm": cell.arm, "part": part, "bits": bits, "order": order}
            for order, (part, bits) in enumerate(parts.items())
        ]
    ceiling = cells[0].ledgers[0].mean("novel-ceiling") if cells else 0.0
    return Chart(
        "ledger",
        "Where the bits come from: stored, reflex, or beyond reflex",
        "Tuned: bits on the own pool beyond those of networks trained on other pools. Reflex: bits on novel mazes up "
        "to what shallow networks reach. Surplus: bits on novel mazes beyond that. Means over seeds; tuned at "
        "temperature 1, the others at the chosen one. The ceiling is that of the novel mazes: small pools have others.",
        "bars",
        tuple(rows),
        SIZE,
        BITS,
        Field("part", "bits", "category"),
        facet=ARM,
        reference=("ceiling", ceiling),
    )


def _stages(cells: list[Cell]) -> Chart:
    rows = [
        {"stage": stage, "bits": bits, "size": cell.label, "task": cell.task, "seed": ledger.seed}
        for cell in cells
        for ledger in cell.ledgers
        for stage, bits in ledger.curve("readout").items()
    ]
    return Chart(
        "stages",
        "What can be read out after each serial stage",
        "Bits on novel mazes of a read-out fitted to the frozen network after so many thoughts.",
        "curves",
        tuple(rows),
        Field("stage", "serial stage (thoughts)"),
        Field("bits", "bits of the read-out"),
        SIZE,
        facet=Field("task", "observation", "category"),
    )


def _steps(cells: list[Cell], primary: str) -> Chart:
    rows = [
        {"step": step, "bits": ledger.mean(view, step=step), "size": cell.label, "set": label, "seed": ledger.seed}
        for cell in cells
        if cell.arm == primary
        for ledger in cell.ledgers
        for step in ledger.steps()
        for view, label in (("own", "trained mazes"), ("novel-tempered", "novel mazes"))
    ]
    return Chart(
        "steps",
        "Bits over training",
        "On the mazes of the own pool, and on mazes never trained on.",
        "curves",
        tuple(rows),
        Field("step", "training steps", "log"),
        BITS,
        SIZE,
        facet=Field("set", "measured on", "category"),
    )


def _thinking(cells: list[Cell]) -> Chart:
    rows = [
        {"thoughts": thoughts, "bits": bits, "size": cell.label, "seed": ledger.seed}
        for cell in cells
        for ledger in cell.ledgers
        for thoughts, bits in ledger.curve("thinking").items()
    ]
    return Chart(
        "thinking",
        "Thinking longer than in training, and shorter",
        "Bits on novel mazes of the network's own answer after so many thoughts. Switching thoughts off takes a "
        "network off its training distribution: an upper bound of what they contribute.",
        "curves",
        tuple(rows),
        Field("thoughts", "thoughts before the answer"),
        BITS,
        SIZE,
    )
