"""Tables and networks under the same selection, as the number of mazes grows."""

import dataclasses
from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from ..findings import Chart, Field, Table
from ..power import progress_tail
from .frame import Cells, Ledger, Runs, interval

TABLE, NETWORK = "table", "network"


def joint_utility(ledger: Ledger, step: int | None = None) -> int:
    """Sum of the utility over the pool: whole numbers of moves, so that the mean loses nothing."""
    count = ledger.mean("own", step=step, column="instances")
    return round(ledger.mean("own", step=step, column="utility") * count)


def uniform_bits(ledger: Ledger, step: int | None = None) -> float:
    """-log2 of the chance that uniformly random policies do as well on the whole pool: exact.

    The neutral tail of a table; of a network, what it would have cost to store the same without any structure.
    """
    # the best policy has 2 bits a move
    lengths = tuple(bits / 2 for bits in ledger.instances("own-ceiling").values())
    return float(-progress_tail(lengths)[round(sum(lengths)) + joint_utility(ledger, step)])


@dataclasses.dataclass(frozen=True)
class Race:
    """One learner at one N.

    Fields:
        learner: `table` or `network`.
        size: N.
        spent: `(steps,)` bits of selection at each checkpoint.
        reached: `(runs, steps)`, -log2 of the chance that uniformly random policies do as well on the whole pool.
        moves: `(runs, steps)` of progress a maze, on the pool.
        novel: `(runs,)` of progress a maze on novel mazes, at the end.
        length: `(runs,)` moves from start to goal, mean over the pool: the most progress there is.
    """

    learner: str
    size: int
    spent: Float[np.ndarray, " steps"]
    reached: Float[np.ndarray, "runs steps"]
    moves: Float[np.ndarray, "runs steps"]
    novel: Float[np.ndarray, " runs"]
    length: Float[np.ndarray, " runs"]

    def needed(self, goal: float) -> list[float | None]:
        """The bits of selection at which each run has so many moves of progress a maze; None where it never has."""
        return [_crossing(np.log2(self.spent), moves, goal) for moves in self.moves]


def races(cells: Cells) -> list[Race]:
    """What is finished of each learner at each N."""
    return [_race(runs) for runs in cells.of(TABLE, NETWORK)]


def _race(runs: Runs) -> Race:
    ledgers, base = runs.ledgers, runs.trial.base
    steps, total = ledgers[0].steps(), ledgers[0].record.values["power_bits"]
    last = np.log2(base.parents)
    return Race(
        runs.arm,
        runs.level,
        last + (total - last) * np.array(steps) / base.steps,
        np.array([[uniform_bits(ledger, step) for step in steps] for ledger in ledgers]),
        np.array([[_progress(ledger, "own", step) for step in steps] for ledger in ledgers]),
        np.array([_progress(ledger, "novel", steps[-1]) for ledger in ledgers]),
        np.array([ledger.mean("own-ceiling") / 2 for ledger in ledgers]),
    )


def _progress(ledger: Ledger, view: str, step: int) -> float:
    """Moves of progress a maze: a move is 2 bits."""
    return ledger.mean(view, step=step) / 2


def _crossing(log2_spent, moves, goal: float) -> float | None:
    """Where a curve over log2 P first meets the goal, straight between checkpoints; at its first point at the least."""
    above = np.flatnonzero(moves >= goal)
    if not len(above):
        return None
    k = above[0]
    if k == 0:
        return float(2 ** log2_spent[0])
    share = (goal - moves[k - 1]) / (moves[k] - moves[k - 1])
    return float(2 ** (log2_spent[k - 1] + share * (log2_spent[k] - log2_spent[k - 1])))


def race_table(claim, cells: Cells) -> Table:
    """What each learner reaches at each N for the same P, and what P it needs for the same progress."""
    heads = (
        "learner", "N", "runs", "P (bits)", "progress a maze (moves)", "of at most",
        "beyond the table of the same seed", "on novel mazes", "joint bits reached", "of P",
        f"P for {claim.goal:g} moves a maze, each run", "P for what tables have in the end, each run",
    )  # fmt: skip
    found = races(cells)
    tables = {race.size: race.moves[:, -1] for race in found if race.learner == TABLE}
    title = "The same selection on tables and networks: mean over runs [95% interval]"
    return Table("race", title, heads, tuple(_row(race, claim.goal, tables.get(race.size)) for race in found))


def _row(race: Race, goal: float, tables: Float[np.ndarray, " runs"] | None) -> tuple:
    paired = race.learner != TABLE and tables is not None and len(tables) == len(race.moves)
    moves, reached = race.moves[:, -1], race.reached[:, -1]
    return (
        race.learner, race.size, len(race.novel), round(float(race.spent[-1])), interval(moves),
        round(float(np.mean(race.length)), 1), interval(moves - tables) if paired else None, interval(race.novel),
        interval(reached), round(float(np.mean(reached) / race.spent[-1]), 3), _prices(race, race.needed(goal)),
        _prices(race, race.needed(float(np.mean(tables)))) if paired else None,
    )  # fmt: skip


def _prices(race: Race, values: Iterable[float | None]) -> str:
    """Each run's price as text; what is there at the first checkpoint may have cost less."""

    def said(value: float | None) -> str:
        if value is None:
            return "never"
        return f"at most {value:.0f}" if value <= race.spent[0] else f"{value:.0f}"

    return ", ".join(map(said, values))


def reached_chart(claim, cells: Cells) -> Chart:
    """Joint bits reached over N."""
    rows = tuple(
        {"N": race.size, "bits": float(bits), "learner": race.learner, "seed": run}
        for race in races(cells)
        for run, bits in enumerate(race.reached[:, -1])
    )
    return Chart(
        "reached", "What the same selection reaches, in bits of uniformly random policies",
        "-log2 of the chance that uniformly random policies do as well on all N mazes. Every run spends the same P; "
        "points are runs, bands 95% intervals.",
        "curves", rows, Field("N", "N, mazes", "log"), Field("bits", "joint bits reached"),
        Field("learner", "learner", "category"),
    )  # fmt: skip


def progress_chart(claim, cells: Cells) -> Chart:
    """Progress over what is spent."""
    rows = tuple(
        {"P": round(float(spent)), "moves": float(moves), "N": str(race.size), "seed": run, "learner": race.learner}
        for race in races(cells)
        for run in range(len(race.novel))
        for spent, moves in zip(race.spent, race.moves[run])
    )
    return Chart(
        "progress", "Progress over the bits of selection spent",
        "Moves of progress a maze on the pool, against P; one panel for each learner.",
        "curves", rows, Field("P", "P, bits of selection spent", "log"), Field("moves", "moves of progress a maze"),
        Field("N", "N", "category"), Field("learner", "learner", "category"),
    )  # fmt: skip
