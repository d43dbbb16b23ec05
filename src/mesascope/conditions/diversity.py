"""Does diversity favour run-time search? (section 2.1)"""

import dataclasses
from typing import ClassVar, Literal

import numpy as np

from ..base import PolicyGradient
from ..findings import Chart, Field, Filming, Table
from ..lab import SIBLINGS, Training, reflex_level
from ..models import Feedforward, Gridloop, Tabular
from ..tasks import Maze
from .frame import (
    BOUNDARIES, INTERNAL, NOVEL, OWN, OWN_INTERNAL, SUCCESS, THINKING_GAIN, TUNED, AbstractClaim, Beyond, Cell, Cells,
    Ledger, Measure, Plan, Trend, along_stages, along_thoughts, along_training, bits, certified, check_needed,
    check_rising, check_seeds, curves, grid, internal, interval, label, mean, percent, signed, surplus, table,
    trends_table, unsettled,
)  # fmt: skip

LOOP, DEEP, TABLE, TWIN, FRESH = "gridloop", "deep", "tabular", "gridloop, answer shown", "gridloop, untrained"


def _who(arm: str) -> dict[str, str]:
    return {"arm": arm.partition(",")[0], "task": "answer shown" if arm == TWIN else "maze"}


def _regret(ledger: Ledger) -> float:
    """Expected utility short of the optimum's, in moves."""
    return ledger.mean("novel-ceiling", column="utility") - ledger.mean("novel-tempered", column="utility")


CELL = {
    "arm": lambda runs: _who(runs.arm)["arm"],
    "task": lambda runs: _who(runs.arm)["task"],
    "N": lambda runs: "untrained" if runs.level == 0 else label(runs.level),
}
WORST = Measure("novel, worst 5%", lambda ledger, runs: ledger.worst("novel-tempered"))
REGRET = Measure("regret on novel (moves)", lambda ledger, runs: _regret(ledger))
PARTS = Field("part", "bits", "category")


@dataclasses.dataclass(frozen=True)
class Diversity(AbstractClaim):
    """Do internal bits rise with the number of training instances, at a fixed number of training steps?

    Primary measure: internal bits of `gridloop` on novel mazes, their rise from the least N to the greatest (when
    first published, a least-squares slope times the range of N), minus the same rise on the answer-shown twin, where
    the shortest path is drawn into the observation and a reflex suffices. Unlimited instances have no N and stay out
    of the trend. Secondary: surplus and tuned bits.
    Learning rates were chosen on pilot seeds (1000 and above) by the bits on seen instances; `deep` has the parameters
    of `gridloop` within 5%. Weights start the same for every N of a seed.
    """

    name: ClassVar[str] = "diversity"
    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "As one moves to more and more diverse environments—that is, as N increases—this model suggests that x will "
        "dominate (P - f(x)) / N, implying that mesa-optimization will become more and more favorable."
    )
    prediction: ClassVar[str] = (
        "internal bits rise with N on mazes, by more than on mazes whose answer is shown; tuned bits fall"
    )
    # one move of a shortest path in a perfect maze
    rule: ClassVar = Beyond(2.0)
    views: ClassVar = ("readout",)
    knob: ClassVar = Field("size", "N, instances trained on", "category")
    unfinished: ClassVar[str] = "fewer than two seeds have finished every N on the mazes and on their twin"
    answers: ClassVar = {
        "supported": (
            "By internal bits, yes. Trained on few mazes the looped network stores their answers; trained on many it "
            "computes the way at run time, on mazes that it has never seen."
        ),
        "contradicted": "No. With more mazes in training, less is computed at run time.",
        "no effect": "No. However many mazes it is trained on, the network computes about as much at run time.",
    }
    profiles: ClassVar = {
        "smoke": {
            "rows": 4, "columns": 4, "horizon": 40, "sizes": (8, 128), "batch": 8, "seeds": 2, "steps": 24,
            "thinking": 8, "channels": 8,
        },
        "quick": {"steps": 400},
        "standard": {"sizes": (1, 16, 64, 256, 1024, 4096), "seeds": 5, "unlimited": True},
        "full": {
            "rows": 11, "columns": 11, "horizon": 250, "sizes": tuple(4**k for k in range(9)), "unlimited": True,
            "steps": 2000, "thinking": 64, "channels": 32,
        },
    }  # fmt: skip

    sizes: tuple[int, ...] = (1, 16, 256, 4096)
    unlimited: bool = False
    task: Maze = Maze(style="depth-first")
    network: Gridloop = Gridloop(channels=16, thinking=24)
    base: PolicyGradient = PolicyGradient(steps=512, learning_rate=0.03, lift=2.0)
    seeds: int = 3
    arms: tuple[Literal["gridloop", "deep", "tabular"], ...] = (LOOP, DEEP, TABLE)

    def __post_init__(self):
        check_rising(self, "sizes", least=1)
        check_needed(self, "arms", {LOOP})
        check_seeds(self, most=len(SIBLINGS))

    def plan(self) -> Plan:
        sizes = [*self.sizes, *([None] if self.unlimited else [])]
        trained = grid((*self.arms, TWIN), sizes, self.seeds, self.trial)
        fresh = dataclasses.replace(self.base, steps=0)
        null = {s: [Training(self.task, self.network, fresh, 1, s)] for s in range(self.seeds)}
        # a table has a row for every instance: of unlimited ones there is none
        return {cell: seeds for cell, seeds in trained.items() if cell != (TABLE, None)} | {Cell(FRESH, 0): null}

    def trial(self, arm: str, size: int | None, seed: int) -> Training:
        deep = Feedforward(kind="convolution", depth=12, channels=5, width=3)
        model, rate = {DEEP: (deep, 0.02), TABLE: (Tabular(), 2.0)}.get(arm, (self.network, self.base.learning_rate))
        task = dataclasses.replace(self.task, show_answer=arm == TWIN)
        return Training(task, model, dataclasses.replace(self.base, learning_rate=rate), size, seed)

    def effect(self, boundary: int):
        return Trend(LOOP, internal(boundary), self.sizes) - Trend(TWIN, internal(boundary), self.sizes)

    def _level(self, cells: Cells) -> list[str]:
        level = reflex_level(self.task, cells.records)
        unknown = (
            "No reflex level is known for these mazes, so that surplus is not shown; `mesascope run reflex` with the "
            "same settings and --out makes one."
        )
        return unsettled(level) if level else [unknown]

    def _beyond(self, cells: Cells) -> Measure:
        return surplus(reflex_level(self.task, cells.records))

    def _certified(self, cells: Cells) -> Measure:
        return certified(reflex_level(self.task, cells.records))

    def _both_ends(self, cells: Cells) -> list[str]:
        """What of the effect is certified: the lower end, where internal bits are the upper one."""
        rise = Trend(LOOP, self._certified(cells), self.sizes).estimate(cells)
        said = (
            f"Certified bits, which count nothing that some reflex reaches, rise by {interval(rise)} from end to end: "
            "the lower end of what is known, where internal bits are the upper."
        )
        return [] if rise is None else [said]

    def _ledger(self, cells: Cells) -> Table:
        beyond, sure = self._beyond(cells), self._certified(cells)
        columns = {
            **CELL, "seeds": lambda n: len(n.ledgers), "own bits": OWN, "own ceiling": mean(bits("own-ceiling")),
            "novel bits": NOVEL, WORST.name: mean(WORST), "ceiling": mean(bits("novel-ceiling")), "tuned": TUNED,
            "surplus": lambda n: signed(n.by_seed(beyond)) if n.arm != TWIN else None,
            "certified": lambda n: mean(sure)(n) if n.arm != TWIN else None, "internal": INTERNAL,
            "internal on own": OWN_INTERNAL,
            SUCCESS.name: percent(SUCCESS), REGRET.name: mean(REGRET),
        }  # fmt: skip
        title = "The ledger in bits: mean over seeds [95% interval]"
        return table("ledger", title, cells.of(*self.arms, TWIN), columns)

    def _trends(self, cells: Cells) -> Table:
        beyond = self._beyond(cells)
        rows = [
            (f"internal bits, reflexes up to depth {b}", a, internal(b), 1) for b in BOUNDARIES for a in (LOOP, TWIN)
        ]
        rows.append(("certified bits", LOOP, self._certified(cells), 1))
        rows += [(measure.name, arm, measure, 1) for arm in self.arms for measure in (NOVEL, beyond)]
        rows += [(TUNED.name, arm, TUNED, -1) for arm in self.arms]
        predicted = "predicted: internal bits, novel bits and surplus rise, tuned bits fall"
        title = f"Trends over N (Jonckheere-Terpstra; {predicted})"
        return trends_table(cells, rows, self.sizes, "N", title, _who)

    def _nulls(self, cells: Cells) -> Table:
        hidden = {f"{view} bits, nothing shown": bits(f"{view}-hidden") for view in ("own", "novel")}
        depths = {f"internal, depth {boundary}": internal(boundary) for boundary in BOUNDARIES}
        columns = CELL | hidden | {"thinking gain on novel": THINKING_GAIN} | depths
        title = "Controls and nulls: mean over seeds [95% interval]"
        return table("controls", title, cells.of(FRESH) + cells.of(*self.arms, TWIN), columns)

    def _visits(self, cells: Cells) -> Table:
        """Novel bits where two or more N share visits per instance: P then grows with N."""
        found: dict[tuple[str, float], dict[int, list[float]]] = {}
        for runs in (runs for runs in cells.of(*self.arms) if runs.level):
            for step in runs.ledgers[0].steps():
                values = [g.mean("novel-tempered", step=step) for g in runs.ledgers if step in g.steps()]
                found.setdefault((runs.arm, step * runs.trial.batch / runs.level), {})[runs.level] = values
        rows = [
            (arm, visits, size, size * visits, interval(values))
            for (arm, visits), by_size in sorted(found.items())
            if len(by_size) > 1
            for size, values in by_size.items()
        ]
        heads = ("arm", "visits per instance", "N", "visits in all", "novel bits")
        return Table("visits", "Fixed visits per instance, off the same checkpoints", heads, tuple(rows))

    def _over_n(self, cells: Cells) -> Chart:
        null = cells[FRESH, 0].mean(INTERNAL)
        chart = curves(
            "internal-bits", "Bits computed at run time, over the diversity of training",
            "What read-outs make of the last serial stage beyond what they make of stage 3, on novel mazes. Points are "
            "training seeds, bands 95% intervals over seeds. With the answer shown, a reflex suffices.",
            [runs for runs in cells.of(LOOP, TWIN) if runs.level], Field("N", "N, instances trained on", "log"),
            Field("bits", "internal bits on novel mazes"), {"": INTERNAL},
        )  # fmt: skip
        return chart if np.isnan(null) else dataclasses.replace(chart, reference=("untrained", null))

    def _sources(self, cells: Cells) -> Chart:
        """Tuned bits on top of what is reached on novel mazes, which reflexes explain up to their level."""
        level = reflex_level(self.task, cells.records)
        best, trained = level.best().bits if level else np.inf, cells.of(*self.arms)
        rows = []
        for runs in trained:
            novel, tuned = runs.mean(NOVEL), np.nan_to_num(runs.mean(TUNED))
            parts = {"reflex" if level else "novel": min(novel, best), "surplus": max(novel - best, 0.0)}
            rows += [
                {"size": label(runs.level), "arm": runs.arm, "part": part, "bits": value, "order": order}
                for order, (part, value) in enumerate((parts | {"tuned": max(tuned, 0.0)}).items())
            ]
        return Chart(
            "ledger", "Where the bits come from: stored, reflex, or beyond reflex",
            "Tuned: bits on the own pool beyond those of networks trained on other pools. Reflex: bits on novel mazes "
            "up to what shallow networks reach. Surplus: bits on novel mazes beyond that. Means over seeds; tuned at "
            "temperature 1, the others at the chosen one. The ceiling is that of the novel mazes: small pools have "
            "others.",
            "bars", tuple(rows), self.knob, Field("bits", "bits"), PARTS, Field("arm", "architecture", "category"),
            ("ceiling", trained[0].mean(bits("novel-ceiling")) if trained else 0.0),
        )  # fmt: skip

    def _film(self, cells: Cells) -> Filming | None:
        """A network of small N beside one of large N; that of a single maze has nothing to compare."""
        shown = [runs for runs in cells.of(LOOP) if runs.level]
        if len(shown) < 2:
            return None
        pair = shown[1] if len(shown) > 2 else shown[0], shown[-1]
        return Filming(
            "thinking", "A maze seen thinking",
            "Arrows are action probabilities in each cell after so many thoughts. Neither network has seen these "
            "mazes. Shaded is where the likeliest moves lead from the start (green) on the way to the goal (orange).",
            tuple((f"trained on N = {runs.level}", runs.trial) for runs in pair),
        )  # fmt: skip

    remarks: ClassVar = (_both_ends, _level)
    shows: ClassVar = (
        _ledger, _trends, _nulls, _visits, _over_n, _sources, along_stages(LOOP, TWIN), along_training(LOOP),
        along_thoughts(LOOP), _film,
    )  # fmt: skip
