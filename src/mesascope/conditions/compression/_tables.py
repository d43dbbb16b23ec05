"""The numbers of the finding as tables."""

import math
from typing import NamedTuple

import numpy as np

from ...findings import Table
from ...organisms.robot import GENERAL
from ...outcomes import Estimate
from ...stats import mean_interval, verdict
from ._networks import Arm
from ._programs import Cell, crossover

SMALLEST_SHARE, SMALLEST_RISE, SMALLEST_BITS = 0.5, 0.1, 2.0
"""Of shares of other mazes; of the way to the ceiling; of internal bits."""

UNLIKELY = 10
"""Bits: fewer than one in 2^10 sets of labels can be told so much more briefly than one by one."""


class Descent(NamedTuple):
    """What pressure does to networks of an architecture, paired by seed.

    Fields:
        model: name of the architecture.
        pressure: name of the pressure.
        size: rows of the one maze.
        general: rise of the share of the way to the ceiling on novel mazes.
        search: rise of internal bits.
    """

    model: str
    pressure: str
    size: int
    general: Estimate
    search: Estimate


def by_descent(arms: list[Arm], size: int, pressures: tuple[str, ...]) -> list[Descent]:
    """The rise from no pressure, for each architecture and pressure with two seeds at least."""
    known = {(arm.model, arm.pressure): arm for arm in arms if arm.size == size}
    rows = []
    for (model, pressure), arm in known.items():
        plain = known.get((model, "none"))
        seeds = sorted({g.seed for g in arm.ledgers} & {g.seed for g in plain.ledgers}) if plain else []
        if pressure in pressures and len(seeds) > 1:
            rises = [
                mean_interval(np.array([after[seed] - before[seed] for seed in seeds]))
                for before, after in ((plain.novel(), arm.novel()), (plain.internal(), arm.internal()))
            ]
            rows.append(Descent(model, pressure, size, *rises))
    return rows


def tables(condition, cells: dict[str, list[Cell]], largest: dict[str, Cell], longer, arms, labels):
    """Verdicts apart, crossovers, programs by size and by limit, networks, labels."""
    return (
        _verdict_table(condition, largest, arms),
        _crossover_table(condition, cells),
        _program_table(cells),
        _limit_table([cell for arm, cell in largest.items() if arm == "with a frontier"] + longer),
        _hand_table(condition, cells),
        _network_table(condition, arms),
        _label_table(labels),
    )


def _text(values, digits: int = 2) -> str:
    estimate = values if isinstance(values, Estimate) else mean_interval(np.array(list(values), float))
    if not np.isfinite(estimate.low):
        return f"{estimate.value:.{digits}f}"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def _verdict_table(condition, largest: dict[str, Cell], arms: list[Arm]) -> Table:
    rows = []
    for arm, cell in largest.items():
        if not cell.whole:
            none = (
                f"unknown: {len(cell.columns['maze']) - len(cell.found)} of {len(cell.columns['maze'])} mazes have no "
            )
            rows.append(
                (f"shortest program, {arm}", cell.size, f"{none}program of {condition.max_bits} bits", *[None] * 3)
            )
        elif len(cell.found) > 1:
            general, search = mean_interval(cell.found), mean_interval(cell.searched)
            outcomes = verdict(general, SMALLEST_SHARE), verdict(search, SMALLEST_SHARE)
            rows.append(
                (f"shortest program, {arm}", cell.size, _text(general), outcomes[0], _text(search), outcomes[1])
            )
    for row in by_descent(arms, condition.trained_sizes[-1], tuple(p for p in condition.pressures if p != "none")):
        outcomes = verdict(row.general, SMALLEST_RISE), verdict(row.search, SMALLEST_BITS)
        name = f"gradient descent, {row.model}, {row.pressure}"
        rows.append((name, row.size, _text(row.general, 3), outcomes[0], _text(row.search), outcomes[1]))
    title = (
        "General and search, judged apart: of programs the share of other mazes solved, and solved by search; of "
        "networks the change, from no pressure, of the share of the way to the ceiling on novel mazes, and of internal "
        "bits"
    )
    heads = ("selected by", "size", "general", "general: verdict", "by search (networks: serially)", "its verdict")
    return Table("verdicts", title, heads, tuple(rows))


def _crossover_table(condition, cells: dict[str, list[Cell]]) -> Table:
    """From which size on a general program is shorter than the path of the median maze spelled out."""
    rows = []
    for name, (kind, program) in GENERAL.items():
        bits = condition.bits_of(name)
        solved = cells["with a frontier"][-1].solved_by(name) if cells.get("with a frontier") else None
        sizes = [_size(crossover(cells.get("with a frontier", []), column, bits)) for column in ("literal", "bound")]
        rows.append((name, " ".join(program), kind, bits, None if solved is None else round(solved, 2), *sizes))
    heads = (
        "program", "words", "instructions", "bits", "solves of the largest mazes", "shorter than turns by words from",
        "shorter than the turns of one walk, ways alike, from",
    )  # fmt: skip
    return Table("crossovers", "Sizes from which on a general program is shorter than the path", heads, tuple(rows))


def _size(found: Estimate | None) -> str | None:
    if found is None:
        return None
    value, low, high = ("beyond" if math.isinf(size) else f"{size:.0f}" for size in found)
    return f"{value} [{low}, {high}]"


def _program_table(cells: dict[str, list[Cell]]) -> Table:
    rows = []
    for arm, found in cells.items():
        for cell in found:
            of = cell.columns
            known = of["bits"][np.isfinite(of["bits"])]
            median = round(float(np.median(np.nan_to_num(of["bits"], nan=np.inf))), 1)
            rows.append(
                (
                    arm,
                    cell.size,
                    len(of["maze"]),
                    round(float(np.median(of["moves"])), 1),
                    round(float(np.median(of["literal"])), 1),
                    round(float(np.median(of["bound"])), 1),
                    median if math.isfinite(median) else "more than tried",
                    len(known),
                    _mean(cell.found),
                    _mean(cell.searched),
                    _mean(cell.found > 0.9),
                    cell.commonest(),
                )
            )
    heads = (
        "arm", "size", "mazes", "moves", "turns by words (bits)", "turns, ways alike (bits)", "shortest program (bits)",
        "found", "others solved", "others solved by search", "mazes whose program solves 0.9 of the others",
        "commonest program",
    )  # fmt: skip
    title = "Shortest programs of one maze: medians over mazes, and means over those that have one"
    return Table("programs", title, heads, tuple(rows))


def _limit_table(cells: list[Cell]) -> Table:
    """How the shortest program hangs on how long a walk may be."""
    rows = [
        (
            cell.limit or "none",
            cell.size,
            f"{np.min(cell.columns['bits']):.0f} to {np.max(cell.columns['bits']):.0f}",
            round(float(np.median(cell.columns["ties"])), 1),
            _mean(cell.found),
            _mean(cell.searched),
            cell.commonest(),
        )
        for cell in cells
        if cell.whole
    ]
    heads = (
        "limit, of the shortest path", "size", "shortest program (bits)", "equally short (median)", "others solved",
        "others solved by search", "commonest program",
    )  # fmt: skip
    return Table("limits", "The largest mazes, with a frontier, by the limit of a walk", heads, tuple(rows))


def _mean(values) -> float | None:
    return round(float(np.mean(values)), 2) if len(values) else None


def _hand_table(condition, cells: dict[str, list[Cell]]) -> Table:
    rows = [
        (arm, name, condition.bits_of(name), *(round(cell.solved_by(name), 2) for cell in found))
        for arm, found in cells.items()
        if arm != "without a frontier" and found
        for name in GENERAL
    ]
    sizes = tuple(str(cell.size) for cell in next(iter(cells.values()), ()))
    return Table(
        "by-hand",
        "Share of mazes that programs written by hand solve",
        ("mazes", "program", "bits", *sizes),
        tuple(rows),
    )


def _network_table(condition, arms: list[Arm]) -> Table:
    rows = []
    for arm in arms:
        novel, description = arm.novel(), arm.description()
        rows.append(
            (
                arm.model,
                arm.size,
                arm.pressure,
                len(arm.ledgers),
                None if description is None else round(description),
                round(arm.path_bits(condition.limit)),
                _text(arm.own().values()),
                _text(novel.values(), 3),
                _text(arm.internal().values()),
                ", ".join(f"{value:.3f}" for value in novel.values()),
            )
        )
    heads = (
        "architecture", "size", "pressure", "seeds", "description (bits)", "path by words (bits)",
        "own maze, of the ceiling", "novel mazes, of the way", "internal bits", "novel, each seed",
    )  # fmt: skip
    return Table("networks", "Networks trained on one maze that tells each cell its place", heads, tuple(rows))


def _label_table(labels: list[Arm]) -> Table:
    rows = []
    for arm in labels:
        task = arm.ledgers[0].record.trial.task
        literal = arm.size * math.log2(task.num_labels)
        description, message = arm.description(), arm.message()
        rows.append(
            (
                arm.size,
                arm.pressure,
                len(arm.ledgers),
                _text(arm.own().values()),
                _text(arm.novel().values(), 3),
                None if description is None else round(description),
                None if description is None else round(description / arm.size, 1),
                None if message is None else round(message),
                round(literal),
                round(literal - UNLIKELY),
            )
        )
    heads = (
        "labels", "pressure", "seeds", "own, of the ceiling", "novel, of the way", "description (bits)",
        "description a label", "whole message (bits)", "one by one (bits)", "all but 1 in 1024 sets need",
    )  # fmt: skip
    title = "Random labels: what is known of them and of others, and the bits of the weights"
    return Table("labels", title, heads, tuple(rows))
