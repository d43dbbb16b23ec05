"""The shortest programs of single mazes, found by enumeration: what they are, and what they do on other mazes."""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

from ..findings import Chart, Field, Table
from ..lab import Record
from ..organisms.robot import GENERAL, INSTRUCTION_SETS
from ..outcomes import Estimate
from ..stats import crossover, mean_interval, mean_p_value, verdict
from .frame import AbstractEffect, Cells, estimate, interval

PRIMARY, WITHOUT, REFLEX = "with a frontier", "without a frontier", "perfect mazes, no limit"

LONGER = "longer walks"
"""Arm of the largest mazes with a frontier, by the limit of their walks."""

SEARCH = "breadth-first search"
"""Of the programs written by hand the one that every shortest program with a frontier is at most as long as."""

LENGTHS = {
    "bits": "shortest program",
    "literal": "path, turn by turn in words",
    "bound": "path, turn by turn, ways alike",
}


def bits_of(name: str) -> int:
    """Length of a program written by hand."""
    kind, program = GENERAL[name]
    return INSTRUCTION_SETS[kind].bits(program)


class Programs:
    """The mazes of one kind and size, with the shortest programs of one instruction set.

    Args:
        record: of the computation.
    """

    def __init__(self, record: Record):
        self.size = record.trial.computation.size
        self.limit = record.trial.computation.limit
        self.columns = record.metrics()

    @property
    def found(self) -> Float[np.ndarray, " mazes"]:
        """The shares of other mazes that each maze's shortest programs solve, of mazes that have one."""
        return self.columns["general"][self.known]

    @property
    def searched(self) -> Float[np.ndarray, " mazes"]:
        """The shares of other mazes that are solved with the words of the frontier, and not without them."""
        return self.found - self.columns["blind"][self.known]

    @property
    def known(self) -> Bool[np.ndarray, " mazes"]:
        """Which mazes have a program among those that were tried."""
        return np.isfinite(self.columns["bits"])

    @property
    def whole(self) -> bool:
        """Whether all of them have."""
        return bool(np.all(self.known))

    def solved_by(self, name: str) -> float:
        """The share of the mazes that a program written by hand solves."""
        return float(np.mean(self.columns[name]))

    def median(self, column: str) -> float:
        """Median over mazes, rounded; infinite where most mazes have no program."""
        return round(float(np.median(np.nan_to_num(self.columns[column], nan=np.inf))), 1)

    def commonest(self) -> str:
        """The program that is found most often, and how often."""
        programs, counts = np.unique(self.columns["program"].astype(str), return_counts=True)
        best = int(np.argmax(counts))
        return f"{programs[best] or 'none'} ({counts[best]} of {len(self.columns['maze'])})"


def programs_of(cells: Cells, arm: str) -> list[Programs]:
    """What is finished of an arm, in the order of the plan."""
    return [Programs(runs.ledgers[0].record) for runs in cells.of(arm)]


def largest(cells: Cells, size: int) -> dict[str, Programs]:
    """The programs of each arm for the mazes of the largest size, as far as they are finished."""
    found = {arm: programs_of(cells, arm) for arm in (PRIMARY, WITHOUT, REFLEX)}
    return {arm: programs[-1] for arm, programs in found.items() if programs and programs[-1].size == size}


@dataclasses.dataclass(frozen=True)
class SolvedBySearch(AbstractEffect):
    """Share of other mazes that the shortest programs of a maze solve by search: one number a maze.

    None until all mazes have a program, and the control of the meter is finished.

    Fields:
        size: of the mazes.
    """

    size: int

    def by_maze(self, cells: Cells) -> dict[int, float]:
        """The share of each maze, numbered."""
        found = largest(cells, self.size)
        known = PRIMARY in found and REFLEX in found and found[PRIMARY].whole
        return dict(enumerate(found[PRIMARY].searched.tolist())) if known else {}

    def estimate(self, cells):
        return estimate(self.by_maze(cells))

    def p_value(self, cells, threshold, above):
        """The greater of Student's test and the sign test: mazes that all agree leave Student's without spread."""
        from scipy.stats import binom

        shares = np.array([*self.by_maze(cells).values()])
        beyond = np.sum(shares > threshold) if above else np.sum(shares < threshold)
        sign = float(binom.sf(beyond - 1, len(shares), 0.5))
        return max(mean_p_value(shares, threshold, above), sign)

    def about(self, cells):
        return None

    def spread(self, cells):
        return None


def program_verdicts(claim, cells: Cells) -> Iterator[tuple]:
    """General and search, judged apart, a row an arm at the largest size."""
    for arm, found in largest(cells, claim.sizes[-1]).items():
        name, num = f"shortest program, {arm}", len(found.known)
        if not found.whole:
            none = f"unknown: {num - len(found.found)} of {num} mazes have no program of {claim.max_bits} bits"
            yield name, found.size, none, None, None, None
        elif num > 1:
            both = mean_interval(found.found), mean_interval(found.searched)
            judged = [part for one in both for part in (interval(one, 2), verdict(one, claim.rule.smallest_effect))]
            yield name, found.size, *judged


def crossover_table(claim, cells: Cells) -> Table:
    """From which size on a general program is shorter than the path of the median maze spelled out."""
    found = programs_of(cells, PRIMARY)
    rows = []
    for name, (kind, program) in GENERAL.items():
        solved = round(found[-1].solved_by(name), 2) if found else None
        sizes = [_size(_crossing(found, column, bits_of(name))) for column in ("literal", "bound")]
        rows.append((name, " ".join(program), kind, bits_of(name), solved, *sizes))
    heads = (
        "program", "words", "instructions", "bits", "solves of the largest mazes", "shorter than turns by words from",
        "shorter than the turns of one walk, ways alike, from",
    )  # fmt: skip
    return Table("crossovers", "Sizes from which on a general program is shorter than the path", heads, tuple(rows))


def _crossing(found: list[Programs], column: str, bits: int) -> Estimate | None:
    return crossover([cell.size for cell in found], [cell.columns[column] for cell in found], bits)


def _size(found: Estimate | None) -> str | None:
    if found is None:
        return None
    value, low, high = ("beyond" if math.isinf(size) else f"{size:.0f}" for size in found)
    return f"{value} [{low}, {high}]"


def program_table(claim, cells: Cells) -> Table:
    """What the shortest programs are at each size, and what they do on others."""
    rows = []
    for arm in (PRIMARY, WITHOUT, REFLEX):
        for cell in programs_of(cells, arm):
            bits = cell.median("bits")
            rows.append((
                arm, cell.size, len(cell.columns["maze"]), cell.median("moves"), cell.median("literal"),
                cell.median("bound"), bits if math.isfinite(bits) else "more than tried", len(cell.found),
                _mean(cell.found), _mean(cell.searched), _mean(cell.found > 0.9), cell.commonest(),
            ))  # fmt: skip
    heads = (
        "arm", "size", "mazes", "moves", "turns by words (bits)", "turns, ways alike (bits)", "shortest program (bits)",
        "found", "others solved", "others solved by search", "mazes whose program solves 0.9 of the others",
        "commonest program",
    )  # fmt: skip
    title = "Shortest programs of one maze: medians over mazes, and means over those that have one"
    return Table("programs", title, heads, tuple(rows))


def limit_table(claim, cells: Cells) -> Table:
    """How the shortest program hangs on how long a walk may be."""
    first = [found for arm, found in largest(cells, claim.sizes[-1]).items() if arm == PRIMARY]
    rows = [
        (
            cell.limit or "none", cell.size,
            f"{np.min(cell.columns['bits']):.0f} to {np.max(cell.columns['bits']):.0f}", cell.median("ties"),
            _mean(cell.found), _mean(cell.searched), cell.commonest(),
        )
        for cell in first + programs_of(cells, LONGER)
        if cell.whole
    ]  # fmt: skip
    heads = (
        "limit, of the shortest path", "size", "shortest program (bits)", "equally short (median)", "others solved",
        "others solved by search", "commonest program",
    )  # fmt: skip
    return Table("limits", "The largest mazes, with a frontier, by the limit of a walk", heads, tuple(rows))


def _mean(values) -> float | None:
    return round(float(np.mean(values)), 2) if len(values) else None


def hand_table(claim, cells: Cells) -> Table:
    """Which mazes programs written by hand solve."""
    rows = [
        (arm, name, bits_of(name), *(round(cell.solved_by(name), 2) for cell in found))
        for arm in (PRIMARY, REFLEX)
        if (found := programs_of(cells, arm))
        for name in GENERAL
    ]
    sizes = tuple(str(cell.size) for cell in programs_of(cells, PRIMARY))
    title = "Share of mazes that programs written by hand solve"
    return Table("by-hand", title, ("mazes", "program", "bits", *sizes), tuple(rows))


def length_chart(claim, cells: Cells) -> Chart:
    """Lengths over sizes."""
    rows = tuple(
        {"size": cell.size, "bits": float(value), "what": name, "seed": maze}
        for cell in programs_of(cells, PRIMARY)
        for column, name in LENGTHS.items()
        for maze, value in enumerate(cell.columns[column])
        if value == value
    )
    return Chart(
        "lengths", "The shortest program that solves one maze, and its path spelled out, over the size of the maze",
        "Bits of programs that solve one braided maze within the limit. Lines: means over mazes with intervals; "
        "points: mazes. Dashed: breadth-first search, with a frontier.",
        "curves", rows, Field("size", "rows and columns", "log"), Field("bits", "bits"),
        Field("what", "program", "category"),
        reference=(f"breadth-first search, {bits_of(SEARCH)} bits", float(bits_of(SEARCH))),
    )  # fmt: skip


def other_chart(claim, cells: Cells) -> Chart:
    """What the shortest programs do on other mazes."""
    rows = tuple(
        {"size": cell.size, "share": float(value), "arm": arm, "panel": panel, "seed": maze}
        for panel, shares in (("solved", "found"), ("solved by search", "searched"))
        for arm in (PRIMARY, WITHOUT, REFLEX)
        for cell in programs_of(cells, arm)
        for maze, value in enumerate(getattr(cell, shares))
    )
    return Chart(
        "others", "What the shortest program of one maze does on others",
        "Share of other mazes of the same size that the shortest programs of one maze solve, and the part of it that "
        "is lost when the words of the frontier are struck out. Lines: means over mazes with intervals; points: mazes.",
        "curves", rows, Field("size", "rows and columns", "log"), Field("share", "share of other mazes"),
        Field("arm", "selected with", "category"), Field("panel", "", "category"),
    )  # fmt: skip


PROGRAM_TABLES = crossover_table, program_table, limit_table, hand_table
PROGRAM_CHARTS = length_chart, other_chart
