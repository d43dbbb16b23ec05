"""Tables and networks under the same selection, as the number of mazes grows."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ...findings import Chart, Field, Table
from ...lab import Store, Training
from .._ledger import Ledger
from ..diversity import interval_text
from ._arms import TABLE
from ._bound import uniform_bits


class Race(NamedTuple):
    """One learner at one N.

    Fields:
        learner: `table` or `network`.
        size: N.
        spent: `(steps,)` bits of selection at each checkpoint.
        reached: `(runs, steps)`, -log2 of the chance that uniformly random policies do as well on the whole pool.
        moves: `(runs, steps)` of progress a maze, on the pool.
        novel: `(runs,)` of progress a maze on novel mazes, at the end.
        length: `(runs,)` moves from start to goal, mean over the pool: the most progress there is.
        failed: trainings that diverged.
    """

    learner: str
    size: int
    spent: Float[np.ndarray, " steps"]
    reached: Float[np.ndarray, "runs steps"]
    moves: Float[np.ndarray, "runs steps"]
    novel: Float[np.ndarray, " runs"]
    length: Float[np.ndarray, " runs"]
    failed: int

    def needed(self, goal: float) -> list[float | None]:
        """The bits of selection at which each run has so many moves of progress a maze; None where it never has."""
        return [_crossing(np.log2(self.spent), moves, goal) for moves in self.moves]


def read_race(store: Store, learner: str, size: int, trials: list[Training]) -> Race | None:
    """What is finished of a learner at one N; None where nothing is."""
    ledgers = [Ledger(record) for record in store.records(trials)]
    if not ledgers:
        return None
    steps = ledgers[0].steps()
    base, total = trials[0].base, ledgers[0].record.values["power_bits"]
    last = np.log2(base.parents)
    return Race(
        learner,
        size,
        last + (total - last) * np.array(steps) / base.steps,
        np.array([[uniform_bits(ledger.record, step) for step in steps] for ledger in ledgers]),
        np.array([[_progress(ledger, "own", step) for step in steps] for ledger in ledgers]),
        np.array([_progress(ledger, "novel", steps[-1]) for ledger in ledgers]),
        np.array([ledger.mean("own-ceiling") / 2 for ledger in ledgers]),
        sum(ledger.record.failed for ledger in ledgers),
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


def race_tables(races: list[Race], goal: float) -> tuple[Table, ...]:
    """What each learner reaches at each N for the same P, and what P it needs for the same progress."""
    heads = (
        "learner",
        "N",
        "runs",
        "P (bits)",
        "progress a maze (moves)",
        "of at most",
        "beyond the table of the same seed",
        "on novel mazes",
        "joint bits reached",
        "of P",
        f"P for {goal:g} moves a maze, each run",
        "P for what tables have in the end, each run",
    )
    tables = {race.size: race.moves[:, -1] for race in races if race.learner == TABLE}
    title = "The same selection on tables and networks: mean over runs [95% interval]"
    return (Table("race", title, heads, tuple(_race_row(race, goal, tables.get(race.size)) for race in races)),)


def _race_row(race: Race, goal: float, tables: Float[np.ndarray, " runs"] | None) -> tuple:
    needed = race.needed(goal)
    paired = race.learner != TABLE and tables is not None and len(tables) == len(race.moves)
    return (
        race.learner,
        race.size,
        len(race.novel),
        round(float(race.spent[-1])),
        interval_text(race.moves[:, -1]),
        round(float(np.mean(race.length)), 1),
        interval_text(race.moves[:, -1] - tables) if paired else None,
        interval_text(race.novel),
        interval_text(race.reached[:, -1]),
        round(float(np.mean(race.reached[:, -1]) / race.spent[-1]), 3),
        ", ".join(_price(value, race) for value in needed),
        ", ".join(_price(value, race) for value in race.needed(float(np.mean(tables)))) if paired else None,
    )


def _price(value: float | None, race: Race) -> str:
    """A price as text; what is there at the first checkpoint may have cost less."""
    if value is None:
        return "never"
    return f"at most {value:.0f}" if value <= race.spent[0] else f"{value:.0f}"


def race_charts(races: list[Race]) -> tuple[Chart, ...]:
    """Joint bits reached over N, and progress over P."""
    reached = Chart(
        "reached",
        "What the same selection reaches, in bits of uniformly random policies",
        "-log2 of the chance that uniformly random policies do as well on all N mazes. Every run spends the same P; "
        "points are runs, bands 95% intervals.",
        "curves",
        tuple(
            {"N": race.size, "bits": float(bits), "learner": race.learner, "seed": run}
            for race in races
            for run, bits in enumerate(race.reached[:, -1])
        ),
        Field("N", "N, mazes", "log"),
        Field("bits", "joint bits reached"),
        Field("learner", "learner", "category"),
    )
    progress = Chart(
        "progress",
        "Progress over the bits of selection spent",
        "Moves of progress a maze on the pool, against P; one panel for each learner.",
        "curves",
        tuple(
            {"P": round(float(spent)), "moves": float(moves), "N": str(race.size), "seed": run, "learner": race.learner}
            for race in races
            for run in range(len(race.novel))
            for spent, moves in zip(race.spent, race.moves[run])
        ),
        Field("P", "P, bits of selection spent", "log"),
        Field("moves", "moves of progress a maze"),
        Field("N", "N", "category"),
        facet=Field("learner", "learner", "category"),
    )
    return reached, progress
