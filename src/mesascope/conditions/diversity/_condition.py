"""The claim, its sweep, and the rule of its verdict."""

import dataclasses
from typing import ClassVar, Literal

import numpy as np

from ...base import BASES
from ...findings import Finding
from ...lab import BOUNDARY, SIBLINGS, Store, Training, reflex_level
from ...models import MODELS
from ...outcomes import Estimate
from ...stats import mean_interval, verdict
from ...tasks import TASKS
from .._base import AbstractCondition
from .._ledger import diverged, unsettled
from ._cells import BOUNDARIES, Cell, read_cells, rise
from ._charts import charts
from ._film import films
from ._tables import tables

MAZE, TWIN = "maze", "answer shown"
PRIMARY = "gridloop"

ARMS = {
    "gridloop": ("gridloop", {"channels": 16, "thinking": 24}, 0.03),
    "deep": ("feedforward", {"kind": "convolution", "depth": 12, "channels": 5, "width": 3}, 0.02),
    "tabular": ("tabular", {}, 2.0),
}
"""Name of the arm -> architecture, its settings, learning rate.

Chosen on pilot seeds (1000 and above) by the bits on seen instances: see `docs/diversity.md`. `deep` has
the parameters of `gridloop` within 5%. Weights start the same for every N of a seed.
"""


@dataclasses.dataclass(frozen=True)
class Diversity(AbstractCondition):
    """Do internal bits rise with the number of training instances, at a fixed number of training steps?

    Primary measure: for each seed, internal bits (read-outs after the last serial stage against after stage 3) of
    `gridloop` on novel mazes, their least-squares rise over the whole range of N on an octave scale, minus the same
    rise on the answer-shown twin, where the shortest path is drawn into the observation and a reflex suffices. The
    interval is Student's over seeds. The verdict must be the same with the boundary of reflexes at serial depth 2, 3
    and 5, else it is inconclusive. Unlimited instances have no N and stay out of the trend. Secondary: surplus and
    tuned bits.
    """

    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "As one moves to more and more diverse environments—that is, as N increases—this model suggests that x will "
        "dominate (P - f(x)) / N, implying that mesa-optimization will become more and more favorable."
    )
    prediction: ClassVar[str] = (
        "internal bits rise with N on mazes, by more than on mazes whose answer is shown; tuned bits fall"
    )
    unit: ClassVar[str] = "bits"
    smallest_effect: ClassVar[float] = 2.0
    """One move of a shortest path in a perfect maze."""
    profiles: ClassVar = {
        "smoke": {
            "rows": 4,
            "columns": 4,
            "horizon": 40,
            "sizes": (8, 128),
            "batch": 8,
            "seeds": 2,
            "steps": 24,
            "thinking": 8,
            "channels": 8,
        },
        "quick": {"steps": 400},
        "standard": {"sizes": (1, 16, 64, 256, 1024, 4096), "seeds": 5, "unlimited": True},
        "full": {
            "rows": 11,
            "columns": 11,
            "horizon": 250,
            "sizes": tuple(4**k for k in range(9)),
            "unlimited": True,
            "steps": 2000,
            "thinking": 64,
            "channels": 32,
        },
    }

    rows: int = 7
    columns: int = 7
    style: Literal["uniform", "depth-first"] = "depth-first"
    min_distance: int = 4
    horizon: int = 100
    sizes: tuple[int, ...] = (1, 16, 256, 4096)
    unlimited: bool = False
    twin: bool = True
    seeds: int = 3
    steps: int = 512
    batch: int = 64
    channels: int = 16
    thinking: int = 24
    architectures: tuple[Literal["gridloop", "deep", "tabular"], ...] = ("gridloop", "deep", "tabular")

    def __post_init__(self):
        if len(set(self.sizes)) < 2 or min(self.sizes) < 1 or list(self.sizes) != sorted(set(self.sizes)):
            raise ValueError(
                f"diversity: sizes={self.sizes} should be two or more different numbers of instances, rising."
            )
        if self.seeds > len(SIBLINGS):
            raise ValueError(
                f"diversity: seeds={self.seeds}: networks are compared on the pools of seeds 0 to {len(SIBLINGS) - 1}, "
                "so that tuned bits of further seeds would be missing; choose fewer."
            )
        if self.seeds < 1 or PRIMARY not in self.architectures:
            raise ValueError(
                f"diversity: seeds={self.seeds}, architectures={self.architectures}: at least one seed and the arm "
                f"{PRIMARY!r} are needed."
            )

    def sweep(self) -> list[Training]:
        trials = [trial for group in self.groups().values() for trial in group]
        return trials + [trial for group in self.nulls().values() for trial in group]

    def groups(self) -> dict[tuple[str, str, int | None], list[Training]]:
        """The trials of each cell: (arm, task, N) -> one a seed."""
        sizes: list[int | None] = [*self.sizes] + ([None] if self.unlimited else [])
        cells = [(arm, MAZE, size) for arm in self.architectures for size in sizes if size or arm != "tabular"]
        if self.twin:
            cells += [(PRIMARY, TWIN, size) for size in sizes]
        return {
            (arm, task, size): [self.trial(arm, task, size, seed, self.steps) for seed in range(self.seeds)]
            for arm, task, size in cells
        }

    def nulls(self) -> dict[tuple[str, str, int | None], list[Training]]:
        """Networks as they are drawn, whose internal bits are the null."""
        return {(PRIMARY, MAZE, 0): [self.trial(PRIMARY, MAZE, 1, seed, 0) for seed in range(self.seeds)]}

    def analyse(self, store: Store) -> Finding:
        cells, nulls = read_cells(store, self.groups()), read_cells(store, self.nulls())
        level = reflex_level(self.task(MAZE), store)
        effects = {boundary: self._effect(cells, boundary) for boundary in BOUNDARIES}
        effect = effects[BOUNDARY]
        outcome, reason = self._judge(effects)
        return self.finding(
            "diversity",
            effect,
            outcome,
            reason,
            self._remarks(cells, level),
            tables(cells, nulls, level, PRIMARY, MAZE, TWIN),
            charts(cells, nulls, level, PRIMARY, MAZE, TWIN),
            films(store, [cell for cell in cells if cell.arm == PRIMARY and cell.task == MAZE and cell.size]),
        )

    def _effect(self, cells: list[Cell], boundary: int) -> Estimate | None:
        """The primary measure over the seeds for which every cell is finished; None for fewer than two."""
        rises = {task: self._rises(cells, task, boundary) for task in (MAZE, TWIN)}
        seeds = sorted(rises[MAZE].keys() & rises[TWIN].keys() if self.twin else rises[MAZE].keys())
        if len(seeds) < 2:
            return None
        return mean_interval(np.array([rises[MAZE][s] - rises[TWIN].get(s, 0.0) for s in seeds]))

    def _rises(self, cells: list[Cell], task: str, boundary: int) -> dict[int, float]:
        """The rise of internal bits over N for each seed that has every level."""
        chosen = [cell for cell in cells if cell.arm == PRIMARY and cell.task == task and cell.size]
        by_seed: dict[int, dict[int, float]] = {}
        for cell in chosen:
            for ledger in cell.ledgers:
                by_seed.setdefault(ledger.seed, {})[cell.size] = ledger.internal(boundary)
        sizes = list(self.sizes)
        return {
            seed: rise(sizes, [bits[size] for size in sizes])
            for seed, bits in by_seed.items()
            if bits.keys() == set(sizes)
        }

    def _judge(self, effects: dict[int, Estimate | None]):
        if not self.twin:
            return None, "No verdict without the answer-shown twin: internal bits might rise where a reflex suffices."
        if any(effect is None for effect in effects.values()):
            return None, "No verdict yet: fewer than two seeds have finished every N on the mazes and on their twin."
        verdicts = {boundary: verdict(effect, self.smallest_effect) for boundary, effect in effects.items()}
        if len(set(verdicts.values())) > 1:
            found = ", ".join(f"{outcome} at depth {boundary}" for boundary, outcome in verdicts.items())
            return "inconclusive", f"The verdict hangs on where reflexes end: {found}."
        outcome, effect = verdicts[BOUNDARY], effects[BOUNDARY]
        return outcome, (
            f"The interval [{effect.low:.1f}, {effect.high:.1f}] bits is held against the smallest effect that matters "
            f"({self.smallest_effect:g} bits), and the verdict is the same with reflexes ending at serial depth "
            f"{', '.join(map(str, BOUNDARIES))}."
        )

    def _remarks(self, cells: list[Cell], level) -> tuple[str, ...]:
        remarks = diverged(ledger for cell in cells for ledger in cell.ledgers)
        if level is None:
            remarks.append(
                "No reflex level is known for these mazes, so that surplus is not shown; `mesascope run reflex` with "
                "the same settings and --out makes one."
            )
        return (*remarks, *unsettled(level))

    def task(self, kind: str):
        """The mazes, or their answer-shown twin."""
        size = {name: getattr(self, name) for name in ("rows", "columns", "style", "min_distance", "horizon")}
        return TASKS.build("maze", size | ({"show_answer": True} if kind == TWIN else {}))

    def trial(self, arm: str, task: str, size: int | None, seed: int, steps: int) -> Training:
        """One training of an arm on a pool of that size."""
        name, shape, rate = ARMS[arm]
        if arm == PRIMARY:
            shape = {"channels": self.channels, "thinking": self.thinking}
        base = BASES.build("policy-gradient", {"steps": steps, "batch": self.batch, "learning_rate": rate, "lift": 2.0})
        return Training(self.task(task), MODELS.build(name, shape), base, size, seed)
