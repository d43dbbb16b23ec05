"""Calibration: every measure on every planted algorithm."""

import dataclasses
from typing import ClassVar

from ...findings import Finding
from ...lab import Planted, Record, ReflexLevel, Store, Trial, reflex_level
from ...organisms import ORGANISMS
from ...tasks import TASKS, AbstractTask
from ...tasks.maze import MazeWalk
from .._base import AbstractCondition
from ._detection import rates
from ._rows import label, rows_of
from ._shown import (
    flood_chart,
    mixture_chart,
    mixture_slopes,
    rates_table,
    remarks_on,
    rows_table,
    signs_table,
    slopes_table,
)

POOL = 256
"""Instances of the pool of every organism."""


@dataclasses.dataclass(frozen=True)
class Calibration(AbstractCondition):
    """Planted algorithms of known power, measured as trained networks are.

    Positives: flood fill in the weights of a network, with a number of steps; breadth-first search; search in the
    tree of plays. Serial and no search: a printed trail followed. Negatives: tables, reflexes by hand and trained,
    random networks, a wall follower. Mixtures: search with some probability, a table otherwise.

    Every expected value is computed from what the organism states of itself, by a meter of its own: neither the model
    nor the measures under test are used. Tolerances are fixed in `MEASURES`. What an organism is, serial or searching,
    is known by construction. Organisms at even places of the sweep choose the thresholds, the others judge them.
    Primary measure: the slope of the estimated share of search over the true one in mixtures, by internal bits, over
    independent draws of which instances are searched; it has to be 1 within 0.1.

    Fields:
        families: registered names of organisms; all of them if empty.
        floods: numbers of steps of the flood fills.
        shares: of search in the mixtures.
        simulations: of the searches in the tree of plays.
        trails: numbers of cells that followers of a print follow.
        draws: of which instances a mixture searches.
        seeds: of other organisms with something random in them.
    """

    section: ClassVar[str] = "1"
    claim: ClassVar[str] = (
        "the limited interpretability of neural networks, combined with the fact that there is no general and precise "
        "definition of “optimizer,” means that it would be hard to evaluate whether a given model is a mesa-optimizer."
    )
    prediction: ClassVar[str] = (
        "measures in bits have the values that planted algorithms state, and mixtures of search and table a slope of 1"
    )
    unit: ClassVar[str] = "slope"
    smallest_effect: ClassVar[float] = 0.1
    profiles: ClassVar = {
        "smoke": {
            "families": ("flood-fill", "greedy-reflex", "wall-follower"),
            "floods": (4, 24),
        },
        "quick": {},
        "standard": {},
        "full": {"seeds": 5},
    }

    families: tuple[str, ...] = ()
    floods: tuple[int, ...] = (2, 4, 8, 12, 16, 20, 24, 32, 40, 48)
    shares: tuple[float, ...] = (0.25, 0.5, 0.75)
    draws: int = 4
    simulations: tuple[int, ...] = (1, 4, 16, 64)
    trails: tuple[int, ...] = (6, 12, 24, 48)
    seeds: int = 2

    def sweep(self) -> list[Trial]:
        plant = [("flood-fill", {"thinking": steps}, "maze", 1) for steps in self.floods]
        plant += [("breadth-first", {}, "maze", 1), ("lookup-table", {}, "maze", max(self.seeds, 2))]
        plant += [("search-or-table", {"share": share}, "maze", self.draws) for share in self.shares]
        plant += [("lookup-table", {"holds": "evaluation"}, "maze", 1), ("greedy-reflex", {}, "maze", 1)]
        plant += [("trained-reflex", {"depth": depth}, "maze", 1) for depth in (1, 2, 3)]
        plant += [("random-network", {}, "maze", self.seeds), ("wall-follower", {}, "maze-walk", 1)]
        plant += [("arrow-reflex", {}, "twin", 1), ("arrow-network", {}, "twin", self.seeds)]
        plant += [("print-follower", {"thinking": cells}, "trail", 1) for cells in self.trails]
        plant += [("shooting", {"first": number}, "maze-walk", 1) for number in self.simulations]
        return [
            Planted(_task(task), ORGANISMS.build(name, settings), POOL, seed)
            for name, settings, task, seeds in plant
            for seed in range(seeds)
            if not self.families or name in self.families
        ]

    def analyse(self, store: Store) -> Finding:
        records = store.records(self.sweep())
        rows = [row for record in records for row in rows_of(record, _level(record, store), _kin(record, records))]
        even = set(self.sweep()[::2])
        judged = rates(rows, {label(record) for record in records if record.trial in even})
        slopes = mixture_slopes(rows)
        return self.finding(
            "calibration",
            slopes.get("internal"),
            None,
            "A calibration of the measures, not a claim about learning: no verdict.",
            remarks=remarks_on(rows, slopes, judged),
            tables=(rates_table(judged), slopes_table(slopes), rows_table(rows), signs_table(records)),
            charts=(flood_chart(rows), mixture_chart(rows)),
        )


def _task(name: str) -> AbstractTask:
    """The four tasks of the calibration: those for which a reflex level ships, and their relatives."""
    if name == "trail":
        return TASKS.build("trail", {})
    size = {"style": "depth-first"}
    return TASKS.build("maze", size | {"show_answer": True}) if name == "twin" else TASKS.build(name, size)


def _level(record: Record, store: Store) -> ReflexLevel | None:
    task = record.trial.task
    # a walked maze is the same maze: the level of the maze seen whole holds for both
    return reflex_level(task.maze() if isinstance(task, MazeWalk) else task, store)


def _kin(record: Record, records: list[Record]) -> list[Record]:
    """The records of the same organism, planted with any seed."""
    same = (record.trial.organism, record.trial.task)
    return [other for other in records if (other.trial.organism, other.trial.task) == same]
