"""How many steps of the base optimizer is run-time computation worth? (section 2.1)"""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ..base import PolicyGradient
from ..findings import Chart, Field, Table
from ..lab import SIBLINGS, Relearning, Training
from ..models import Gridloop, Tabular
from ..tasks import Maze
from .frame import (
    ARM, INTERNAL, NOVEL_SHARE, OWN_SHARE, AbstractClaim, AbstractPaired, Cell, Cells, Control, Ledger, Plan,
    Threshold, check_least, check_rising, check_seeds, each, interval, table,
)  # fmt: skip

SEARCHER, FRESH, FEW, TABLE = "trained on many, frozen", "as drawn", "trained on few", "table"
TWIN_SEARCHER, TWIN_FEW = "answer shown: trained on many, frozen", "answer shown: trained on few"
LEARNERS = (FRESH, FEW, TABLE, TWIN_FEW)
RATES = {TABLE: 4.0}
"""Learning rates of single-maze training that are not the network's own."""


@dataclasses.dataclass(frozen=True)
class Steps(AbstractPaired):
    """log2 of the steps on a maze alone until a learner has a share of what the frozen network has at first sight.

    The median over mazes; a maze on which it never gets there counts as one step more than were made.
    """

    learner: str
    searcher: str
    share: float

    def by_unit(self, cells):
        found = self.needed(cells)
        return {seed: float(np.log2(max(np.median(steps), 1))) for seed, steps in found.items()}

    def terms(self):
        # a median
        return None

    def needed(self, cells: Cells) -> dict[int, np.ndarray]:
        """Steps needed on each maze, by seed."""
        learners, known = cells[self.learner, None].by, cells[self.searcher, None].by
        return {s: self._steps(learners[s][0], known[s][0]) for s in sorted(learners.keys() & known.keys())}

    def _steps(self, learner: Ledger, searcher: Ledger) -> np.ndarray:
        wanted = self.share * _by_step(searcher, "frozen")[0]
        there = _by_step(learner, "bits") >= wanted
        return np.where(there.any(axis=0), there.argmax(axis=0), len(there))


def _by_step(ledger: Ledger, column: str, stay: int = 0) -> np.ndarray:
    """`(steps, mazes)`, a column of training on each maze alone, or of a stream."""
    chosen = ledger.column("stay") == stay
    return ledger.column(column)[chosen].reshape(-1, ledger.record.trial.num_instances)


def _bits(cells: Cells, arm: str, step: int) -> dict[int, float]:
    """Mean bits over mazes after some steps on each, by seed."""
    return {g.seed: float(_by_step(g, "bits")[step].mean()) for g in cells[arm, None].ledgers}


def _share(cells: Cells, arm: str) -> dict[int, float]:
    """Share of the ceiling at first sight, by seed."""
    ledgers = cells[arm, None].ledgers
    return {g.seed: float(_by_step(g, "frozen")[0].mean() / _by_step(g, "ceiling")[0].mean()) for g in ledgers}


def _mean(values: Iterable[float]) -> float:
    """Mean over seeds; nan, which no control takes for evidence, without any."""
    return float(np.mean([*values] or [np.nan]))


@dataclasses.dataclass(frozen=True)
class Adaptation(AbstractClaim):
    """How many steps of the base optimizer is it worth that a network computes at run time?

    A network trained on many mazes is frozen and shown novel ones. The same network as it is drawn is trained on each
    of these mazes alone, with the base optimizer that trained the other. Primary measure: log2 of the number of steps
    until it has 0.9 of the bits that the frozen network has at first sight, median over mazes; predicted above 3, which
    is 8 steps. Beside it a network trained on few mazes, and a table. A table needs hardly any step and is no test of
    the claim: the exact gradient of its policy has looked through the maze itself. In a stream, mazes come one after
    another, and the learner goes on learning. Rates and warm-up were chosen on pilot seeds 1000 and 1001, by how many
    mazes are learned and how fast. `toy-model` lets 24 to 32 steps be expected.
    """

    name: ClassVar[str] = "adaptation"
    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "a mesa-optimizer can immediately optimize its actions in novel situations, whereas the base optimizer can "
        "only change the mesa-optimizer's policy by modifying it ex-post"
    )
    prediction: ClassVar[str] = (
        "a network as drawn needs more than 8 steps on a novel maze to get where one that computes is at once"
    )
    rule: ClassVar = Threshold(3.0, "octaves of steps")
    knob: ClassVar = Field("N", "N, mazes trained on", "log")
    unfinished: ClassVar[str] = "fewer than two seeds have both the frozen network and the learner"
    answers: ClassVar = {
        "supported": (
            "Yes. What the frozen network does on a new maze at once takes gradient descent more than eight steps on "
            "that very maze."
        ),
        "contradicted": "No. In fewer than eight steps on a new maze gradient descent is where the frozen network is.",
    }
    profiles: ClassVar = {
        "smoke": {
            "rows": 4, "columns": 4, "horizon": 40, "channels": 8, "thinking": 8, "many": 64, "few": 8, "mazes": 4,
            "train.steps": 24, "train.batch": 8, "learn.steps": 8, "stay": (1, 4), "seeds": 2,
        },
        "quick": {"seeds": 2, "stay": (1, 16), "mazes": 16},
        "standard": {},
        "full": {"rows": 11, "columns": 11, "horizon": 250, "many": 65_536, "train.steps": 2000, "thinking": 64},
    }  # fmt: skip

    many: int = 4096
    few: int = 16
    twin_few: int = 64
    mazes: int = 32
    share: float = 0.9
    stay: tuple[int, ...] = (1, 4, 16, 64, 256)
    task: Maze = Maze(style="depth-first")
    network: Gridloop = Gridloop(channels=16, thinking=24)
    train: PolicyGradient = PolicyGradient(steps=512, learning_rate=0.03, lift=2.0)
    learn: PolicyGradient = PolicyGradient(steps=96, learning_rate=0.03, lift=2.0, warmup=1)
    seeds: int = 5

    def __post_init__(self):
        check_rising(self, "stay", least=1, num=1)
        check_least(self, mazes=1, few=1, twin_few=1, many=2)
        check_seeds(self, most=len(SIBLINGS))
        if not 0 < self.share <= 1:
            raise ValueError(f"adaptation: share={self.share}: choose a share of the frozen network's bits, up to 1.")
        # trials that cannot be are refused here, before anything is trained
        self.plan()

    def plan(self) -> Plan:
        seeds, twin = range(self.seeds), dataclasses.replace(self.task, show_answer=True)
        starts = {
            SEARCHER: (self.task, self.many), FRESH: (self.task, 0), FEW: (self.task, self.few), TABLE: (self.task, 0),
            TWIN_SEARCHER: (twin, self.many), TWIN_FEW: (twin, self.twin_few),
        }  # fmt: skip
        nets = {arm: {s: self._start(arm, *start, s) for s in seeds} for arm, start in starts.items()}
        learned = {Cell(arm): {s: [self._learner(arm, nets[arm][s], s)] for s in seeds} for arm in starts}
        return learned | {Cell(arm, starts[arm][1]): {s: [nets[arm][s]] for s in seeds} for arm in starts}

    def _start(self, arm: str, task: Maze, size: int, seed: int) -> Training:
        base = self.train if size else dataclasses.replace(self.train, steps=0)
        return Training(task, Tabular() if arm == TABLE else self.network, base, size or 1, seed)

    def _learner(self, arm: str, start: Training, seed: int) -> Relearning:
        frozen = arm in (SEARCHER, TWIN_SEARCHER)
        rate = RATES.get(arm, self.learn.learning_rate)
        base = dataclasses.replace(self.learn, learning_rate=rate, steps=0 if frozen else self.learn.steps)
        return Relearning(start, base, self.mazes, seed, self.stay if arm in (FRESH, TABLE) else ())

    def effect(self, boundary: int):
        return self._steps(FRESH)

    def _steps(self, arm: str) -> Steps:
        return Steps(arm, TWIN_SEARCHER if arm == TWIN_FEW else SEARCHER, self.share)

    def _held(self, cells: Cells) -> Iterable[Control]:
        known = _mean(_share(cells, SEARCHER).values())
        yield Control("The frozen network's share of the ceiling at first sight", known, least=0.8)
        learned = _mean(self._learned(cells, FRESH).values())
        yield Control("The share of mazes that the network as drawn gets to learn", learned, least=0.9)
        shown = _mean(np.median(steps) for steps in self._steps(TWIN_FEW).needed(cells).values())
        yield Control("With the answer shown, the median number of steps after training on few", shown, most=1)

    def _learned(self, cells: Cells, arm: str) -> dict[int, float]:
        """Share of mazes on which a learner gets there, by seed."""
        return {s: float(np.mean(of <= self.learn.steps)) for s, of in self._steps(arm).needed(cells).items()}

    def _needed(self, cells: Cells) -> Table:
        columns = {
            "learner": lambda n: n.arm,
            "median steps of each seed": lambda n: each(
                {s: float(np.median(of)) for s, of in self._steps(n.arm).needed(cells).items()}
            ),
            "octaves of steps": lambda n: interval(self._steps(n.arm).by_unit(cells), 2),
            "mazes learned": lambda n: interval(self._learned(cells, n.arm), 2),
            "bits before": lambda n: interval(_bits(cells, n.arm, 0)),
            "bits after": lambda n: interval(_bits(cells, n.arm, -1)),
        }
        title = f"Steps on a maze alone until {self.share:g} of the frozen network's bits; {self.learn.steps} were made"
        learners = [runs for runs in cells.of(*LEARNERS) if runs.level is None]
        return table("steps", title, learners, columns)

    def _streams(self, cells: Cells) -> Table:
        def mean(arm: str, stay: int) -> str | None:
            return interval({g.seed: _by_step(g, "bits", stay).mean() for g in cells[arm, None].ledgers})

        frozen = interval(_bits(cells, SEARCHER, 0))
        rows = [(stay, mean(FRESH, stay), mean(TABLE, stay), frozen) for stay in self.stay]
        title = "A new maze every so many steps: mean bits of learners that go on learning, and of the frozen network"
        return Table("streams", title, ("steps a maze stays", FRESH, TABLE, SEARCHER), tuple(rows))

    def _networks(self, cells: Cells) -> Table:
        names = {"network": lambda n: n.arm, "N": lambda n: n.level}
        columns = names | {measure.name: measure for measure in (OWN_SHARE, NOVEL_SHARE, INTERNAL)}
        trained = [runs for runs in cells if runs.level is not None]
        return table("networks", "The networks at the start: shares of the ceiling, internal bits", trained, columns)

    def _over_steps(self, cells: Cells) -> Chart:
        rows = tuple(
            {"step": step + 1, "bits": float(bits), "arm": arm, "seed": ledger.seed}
            for arm in (FRESH, FEW, TABLE)
            for ledger in cells[arm, None].ledgers
            for step, bits in enumerate(_by_step(ledger, "bits").mean(axis=1))
        )
        frozen = _bits(cells, SEARCHER, 0)
        return Chart(
            "steps", "What gradient descent needs many steps for, the frozen network does at first sight",
            "Bits on novel mazes while a learner is trained on each of them alone. Points are seeds.",
            "curves", rows, Field("step", "training steps on the maze, plus 1", "log"), Field("bits", "bits"), ARM,
            reference=(SEARCHER, float(np.mean([*frozen.values()]))) if frozen else None,
        )  # fmt: skip

    controls: ClassVar = (_held,)
    shows: ClassVar = (_over_steps, _needed, _streams, _networks)
