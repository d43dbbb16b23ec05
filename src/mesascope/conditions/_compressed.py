"""What networks do that were trained on one maze, or on random labels, under pressure for a short description."""

import functools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..findings import Chart, Field, Table
from ..lab import novel_set, pool
from ..organisms.robot import INSTRUCTION_SETS, literal_program, robot_maze
from ..outcomes import Estimate
from ..power import score
from ..stats import verdict
from .frame import INTERNAL, OWN_SHARE, At, Cells, Ledger, Measure, Runs, each, interval, table

LABELS, NONE, NOISE = "labels", "none", "noise at 0.003"

SMALLEST_RISE, SMALLEST_BITS = 0.1, 2.0
"""Of networks, judged apart: of the way to the ceiling on novel mazes; of internal bits."""

UNLIKELY = 10
"""Bits: fewer than one in 2^10 sets of labels can be told so much more briefly than one by one."""


def _way(ledger: Ledger, runs: Runs) -> float:
    null = _null(ledger.record.trial.task)
    return (ledger.mean("novel-tempered") - null) / (ledger.mean("novel-ceiling") - null)


@functools.cache
def _null(task) -> float:
    """Mean bits of random behaviour on the novel instances."""
    unseen = novel_set(task)
    logits = np.zeros((unseen.size, *task.observe(_one(unseen.instances)).shape[:-1], task.num_actions))
    return float(np.mean(score(task, unseen.instances, unseen.tails, logits).bits))


def _one(instances):
    return type(instances)(*(leaf[0] for leaf in instances))


def _message(ledger: Ledger, runs: Runs) -> float | None:
    """Bits that tell all labels to one who has the observations: the weights, and what they leave open."""
    description = ledger.record.values["power_bits"]
    if description is None:
        return None
    right = np.array([*ledger.instances("own", column="success").values()])
    return description - float(np.sum(np.log2(np.maximum(right, 1e-12))))


WAY = Measure("novel, of the way", _way, 3)
"""How far a network goes from random behaviour to the ceiling on novel instances, at the chosen temperature."""

DESCRIPTION = Measure("description (bits)", lambda ledger, runs: ledger.record.values["power_bits"], 0)
"""Of the weights, where it is counted."""

MESSAGE = Measure("whole message (bits)", _message, 0)


class Descent(NamedTuple):
    """What pressure does to networks of an architecture, paired by seed.

    Fields:
        model: name of the architecture.
        pressure: name of the pressure.
        general: rise of the share of the way to the ceiling on novel mazes.
        search: rise of internal bits.
    """

    model: str
    pressure: str
    general: Estimate
    search: Estimate


def networks(claim, cells: Cells) -> list[Runs]:
    """Networks trained on one maze."""
    return [runs for runs in cells if who(runs)[0] in claim.architectures]


def who(runs: Runs) -> tuple[str, str]:
    """Architecture and pressure."""
    model, _, pressure = runs.arm.partition(", ")
    return model, pressure


def descents(claim, cells: Cells, pressures: Sequence[str]) -> Iterator[Descent]:
    """The rise from no pressure on the largest maze, for each architecture and pressure with two seeds at least."""
    size = claim.trained_sizes[-1]
    for runs in networks(claim, cells):
        model, pressure = who(runs)
        if runs.level == size and pressure in pressures:
            plain = f"{model}, {NONE}"
            rises = [(At(runs.arm, m, size) - At(plain, m, size)).estimate(cells) for m in (WAY, INTERNAL)]
            if None not in rises:
                yield Descent(model, pressure, *rises)


def network_remarks(claim, cells: Cells) -> Iterator[str]:
    """What noise on the weights does, in words."""
    size = claim.trained_sizes[-1]
    for row in descents(claim, cells, (NOISE,)):
        yield (
            f"By gradient descent ({row.model}, one maze of {size} x {size}, pressure by noise on the weights) the "
            f"share of the way to the ceiling on novel mazes changes by {interval(row.general, 3)} "
            f"({verdict(row.general, SMALLEST_RISE)}), internal bits by {interval(row.search, 3)} "
            f"({verdict(row.search, SMALLEST_BITS)}). Networks are not selected among programs, and mazes of that size "
            "are smaller than those on which a search is shorter than the path: they are judged apart."
        )


def network_verdicts(claim, cells: Cells) -> Iterator[tuple]:
    """General and search, judged apart, a row an architecture and pressure."""
    for row in descents(claim, cells, [pressure for pressure in claim.pressures if pressure != NONE]):
        general = interval(row.general, 3), verdict(row.general, SMALLEST_RISE)
        search = interval(row.search, 2), verdict(row.search, SMALLEST_BITS)
        yield f"gradient descent, {row.model}, {row.pressure}", claim.trained_sizes[-1], *general, *search


def _rounded(measure: Measure, share: bool = False):
    """Column of means over seeds, or of means divided by the level; empty where no network has any."""

    def column(runs: Runs) -> float | None:
        if not runs.by_seed(measure):
            return None
        return round(runs.mean(measure) / runs.level, 1) if share else round(runs.mean(measure))

    return column


@functools.cache
def _path_bits(task, seed: int, limit: float) -> float:
    """Bits of the path of a pool's first maze, spelled out in the robot's words."""
    maze = robot_maze(_one(pool(task, seed, 1)), limit)
    return literal_program(maze, INSTRUCTION_SETS["with a frontier"]).bits


def network_table(claim, cells: Cells) -> Table:
    """Every cell of networks trained on one maze."""

    def path(runs: Runs) -> int:
        trials = [ledger.record.trial for ledger in runs.ledgers]
        return round(float(np.median([_path_bits(trial.task, trial.stream, claim.limit) for trial in trials])))

    columns = {
        "architecture": lambda n: who(n)[0], "size": lambda n: n.level, "pressure": lambda n: who(n)[1],
        "seeds": lambda n: len(n.ledgers), DESCRIPTION.name: _rounded(DESCRIPTION),
        "path by words (bits)": path, "own maze, of the ceiling": OWN_SHARE,
        "novel mazes, of the way": WAY, INTERNAL.name: lambda n: interval(n.by_seed(INTERNAL), 2),
        "novel, each seed": lambda n: each(n.by_seed(WAY), WAY.digits),
    }  # fmt: skip
    title = "Networks trained on one maze that tells each cell its place"
    return table("networks", title, networks(claim, cells), columns)


def _on_labels(cells: Cells) -> list[Runs]:
    return [runs for runs in cells if who(runs)[0] == LABELS]


def label_table(claim, cells: Cells) -> Table:
    """Every cell of networks trained on random labels."""

    def literal(runs: Runs) -> float:
        return runs.level * math.log2(runs.trial.task.num_labels)

    columns = {
        "labels": lambda n: n.level, "pressure": lambda n: who(n)[1], "seeds": lambda n: len(n.ledgers),
        OWN_SHARE.name: OWN_SHARE, WAY.name: WAY, DESCRIPTION.name: _rounded(DESCRIPTION),
        "description a label": _rounded(DESCRIPTION, share=True), MESSAGE.name: _rounded(MESSAGE),
        "one by one (bits)": lambda n: round(literal(n)),
        "all but 1 in 1024 sets need": lambda n: round(literal(n) - UNLIKELY),
    }  # fmt: skip
    title = "Random labels: what is known of them and of others, and the bits of the weights"
    return table("labels", title, _on_labels(cells), columns)


def label_chart(claim, cells: Cells) -> Chart:
    """Descriptions of random labels over their number."""
    arms = _on_labels(cells)
    rows = tuple(
        {"labels": runs.level, "bits": bits, "what": who(runs)[1], "seed": seed}
        for runs in arms
        for seed, bits in runs.by_seed(DESCRIPTION).items()
    )
    sizes = sorted({runs.level for runs in arms})
    return Chart(
        "labels", "The description of weights that were trained on random labels, over their number",
        "Bits of the weights, under the pressure that is named; dashed, the labels one by one.",
        "curves", rows, Field("labels", "labels", "log"), Field("bits", "bits"), Field("what", "pressure", "category"),
        lines=tuple({"labels": size, "bits": 2.0 * size, "what": "one by one", "seed": 0} for size in sizes),
    )  # fmt: skip


NETWORK_TABLES = network_table, label_table
