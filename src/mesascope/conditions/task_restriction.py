"""Do narrow learners hold less run-time optimization than one general learner? (section 2.1)"""

import dataclasses
from typing import ClassVar, Literal

import numpy as np

from ..base import PolicyGradient
from ..findings import Chart, Field, Table
from ..lab import SIBLINGS, Training
from ..models import Feedforward, Gridloop
from ..tasks import MazeKinds
from ..theory import Prediction
from .frame import (
    BOUNDARIES, INTERNAL, NOVEL, NOVEL_SHARE, OWN_SHARE, THINKING_GAIN, AbstractClaim, Beyond, Cell, Cells, Fall,
    Plan, Runs, check_divides, check_least, check_needed, check_powers_of_two, check_seeds, crossing, curves,
    internal, interval, percent, predicted_by_equation, seeds_table, table,
)  # fmt: skip

RANDOM, KINDS, DIVIDED, SHOWN = "random slices", "slices by kind", "parameters divided", "answer shown"
Slicing = Literal["random slices", "slices by kind", "parameters divided", "answer shown"]
SHORT, UNLIMITED, SINGLE, REFLEX = "general, as few steps", "unlimited", "single", "reflex"

AXES = (("style", ("uniform", "depth-first")), ("size", ("small", "large")), ("distance", ("near", "far")))
"""What kinds differ in, in the order in which K = 2, 4, 8 divide by them."""

SMALLEST_CHANNELS = 4
"""Of a network that still trains: on pilot seed 1000 it went 0.74 of the way on 64 mazes in 512 steps."""

FIRST_REFLEX_SEED = 100
"""Reflex levels have seeds of their own."""


@dataclasses.dataclass(frozen=True)
class TaskRestriction(AbstractClaim):
    """Do K narrow learners hold fewer internal bits than one general learner of the same total training?

    The general learner sees N mazes of all kinds for P steps; each of K services sees N/K of them for P/K steps. Of
    the K services of a seed at most `measured` are trained, other ones for other seeds: random slices are exchangeable,
    and so are seeds.

    Primary measure: internal bits of the general learner minus those of the services, mean over K above 1, random
    slices; minus the same on the answer-shown twin, where a reflex suffices. Whether services stay competitive (the
    share of the ceiling that they reach on their own slice) does not enter the verdict, and stands beside it. A control
    with all N mazes and P/K steps tells restriction from mere shortness of training.
    """

    name: ClassVar[str] = "task-restriction"
    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "The observation that diverse environments seem to increase the probability of mesa-optimization suggests that "
        "one way of reducing the probability of mesa-optimizers might be to keep the tasks on which AI systems are "
        "trained highly restricted."
    )
    prediction: ClassVar[str] = (
        "internal bits fall as K services divide the mazes and the training, by more than on mazes whose answer is "
        "shown"
    )
    # one move of a shortest path in a perfect maze
    rule: ClassVar = Beyond(2.0)
    views: ClassVar = ("readout",)
    knob: ClassVar = Field("K", "K, services that divide mazes and training", "log")
    unfinished: ClassVar[str] = "fewer than two seeds have finished every K on the mazes and on their twin"
    answers: ClassVar = {
        "supported": (
            "Yes. Where services divide the mazes and the training among them, each computes less at run time than one "
            "general learner does, on mazes that it has never seen."
        ),
        "contradicted": "No. Narrow services compute more at run time than one general learner does.",
        "no effect": "No. Narrow services compute about as much at run time as one general learner does.",
    }
    profiles: ClassVar = {
        "smoke": {
            "services": (1, 2), "rows": 6, "columns": 6, "horizon": 40, "instances": 64, "steps": 24, "batch": 8,
            "channels": 8, "thinking": 8, "reflex_steps": 0, "seeds": 2, "measured": 1, "arms": (RANDOM, SHOWN),
        },
        "quick": {"services": (1, 4, 16), "seeds": 2, "measured": 1},
        "standard": {},
        "full": {
            "rows": 11, "columns": 11, "far": 20, "horizon": 250, "instances": 16_384, "steps": 16_384,
            "services": (1, 2, 4, 8, 16, 32, 64), "channels": 32, "thinking": 64, "reflex_steps": 51_200, "measured": 4,
        },
    }  # fmt: skip

    services: tuple[int, ...] = (1, 2, 4, 8, 16)
    instances: int = 1024
    task: MazeKinds = MazeKinds()
    network: Gridloop = Gridloop(channels=16, thinking=24)
    base: PolicyGradient = PolicyGradient(steps=1024, learning_rate=0.03, lift=2.0)
    reflex_steps: int = 400
    seeds: int = 5
    measured: int = 2
    arms: tuple[Slicing, ...] = (RANDOM, KINDS, DIVIDED, SHOWN)

    def __post_init__(self):
        check_powers_of_two(self, "services")
        most = self.services[-1]
        check_divides(self, most, 12, instances=self.instances, steps=self.base.steps)
        check_needed(self, "arms", {RANDOM, SHOWN})
        check_seeds(self, most=len(SIBLINGS))
        check_least(self, measured=1)
        if DIVIDED in self.arms and self._width(most) < SMALLEST_CHANNELS:
            raise ValueError(
                f"task-restriction: channels={self.network.channels} divided among {most} services leave "
                f"{self._width(most)} to each, and no network of fewer than {SMALLEST_CHANNELS} trains; choose fewer "
                "services or more channels."
            )

    def plan(self) -> Plan:
        seeds, counts = range(self.seeds), self.services
        plan = {Cell(arm, k): {s: self._services(arm, k, s) for s in seeds} for arm in self.arms for k in counts}
        plan |= {Cell(SHORT, k): {s: [self._trial(self.task, self.instances, k, s)] for s in seeds} for k in counts}
        for arm, size in ((UNLIMITED, None), (SINGLE, 1)):
            plan[Cell(arm)] = {s: [self._trial(self.task, size, 1, s)] for s in seeds}
        for s in seeds if self.reflex_steps else ():
            kinds = plan.get(Cell(KINDS, 2 ** len(AXES)), {})
            for task in dict.fromkeys([self.task, *(trial.task for trial in kinds.get(s, ()))]):
                plan.setdefault(Cell(REFLEX, task), {})[s] = [self._reflex(task, s)]
        return plan

    def _services(self, arm: Slicing, count: int, seed: int) -> list[Training]:
        """The services of one seed that are trained, of the `count` that divide everything among them."""
        most = self.measured if arm in (RANDOM, KINDS) else 1
        task = dataclasses.replace(self.task, show_answer=True) if arm == SHOWN else self.task
        channels = self._width(count) if arm == DIVIDED else self.network.channels
        # pools of a stream of its own for every service of every seed
        return [
            self._trial(
                dataclasses.replace(task, **kind_of(number, count)) if arm == KINDS else task,
                self.instances // count, count, seed + len(SIBLINGS) * number, channels,
            )
            for number in sorted({(most * seed + j) % count for j in range(min(most, count))})
        ]  # fmt: skip

    def _width(self, count: int) -> int:
        """Channels of a service whose parameters are divided: these grow as the square of the channels."""
        return round(self.network.channels / count**0.5)

    def _trial(self, task: MazeKinds, size: int | None, count: int, seed: int, channels: int | None = None) -> Training:
        network = dataclasses.replace(self.network, channels=channels or self.network.channels)
        return Training(task, network, dataclasses.replace(self.base, steps=self.base.steps // count), size, seed)

    def _reflex(self, task: MazeKinds, seed: int) -> Training:
        """A shallow network on unlimited instances of a slice."""
        model = Feedforward(kind="convolution", depth=3, channels=32, width=5)
        base = PolicyGradient(steps=self.reflex_steps, learning_rate=0.01, lift=2.0)
        return Training(task, model, base, None, FIRST_REFLEX_SEED + seed)

    def effect(self, boundary: int):
        return Fall(RANDOM, internal(boundary), self.services) - Fall(SHOWN, internal(boundary), self.services)

    def _competitive(self, cells: Cells) -> str:
        general, narrow = (cells[RANDOM, count].mean(OWN_SHARE) for count in (1, self.services[-1]))
        return (
            f"On their own mazes the general learner reaches {general:.0%} of the ceiling, each of {self.services[-1]} "
            f"services {narrow:.0%}."
        )

    def _few(self, cells: Cells) -> list[str]:
        few = (
            f"Of K services at most {self.measured} are trained a seed, other ones for other seeds; total training is "
            "counted as if all were."
        )
        return [few] if self.measured < self.services[-1] else []

    def _learners(self, cells: Cells) -> list[Runs]:
        return cells.of(*self.arms, SHORT)

    def _each(self, cells: Cells) -> Table:
        levels = {runs.level: runs.mean(NOVEL) for runs in cells.of(REFLEX)}
        columns = {
            "arm": lambda n: n.arm, "K": lambda n: n.level, "N": lambda n: n.trial.num_instances,
            "steps": lambda n: n.trial.steps, "services": lambda n: len(n.ledgers), OWN_SHARE.name: percent(OWN_SHARE),
            NOVEL_SHARE.name: percent(NOVEL_SHARE), INTERNAL.name: INTERNAL, THINKING_GAIN.name: THINKING_GAIN,
            "surplus": lambda n: _surplus(n, levels),
        }  # fmt: skip
        title = "Services on their own slices: mean over seeds [95% interval], bits"
        return table("services", title, self._learners(cells), columns)

    def _decomposed(self, cells: Cells) -> Table:
        """How much of the fall comes from fewer steps, and how much from fewer mazes at equally few steps."""
        general, *narrow = self.services
        ranges = {str(count): (general, count) for count in narrow}
        ranges |= {"mean over K": self.services} if len(narrow) > 1 else {}
        rows = []
        for boundary in BOUNDARIES:
            for name, counts in ranges.items():
                # with one service, few steps are all steps: both begin with the general learner
                whole, steps = (Fall(arm, internal(boundary), counts) for arm in (RANDOM, SHORT))
                found = [part.by_unit(cells) for part in (whole, steps, whole - steps)]
                rows += [(name, boundary, *map(interval, found))] if all(found) else []
        heads = "K", "reflexes end at depth", "fall of internal bits", "of it by fewer steps", "of it by fewer mazes"
        title = (
            "What services lack of the general learner's internal bits, random slices: first the steps are taken away"
        )
        return Table("decomposed", title, heads, tuple(rows))

    def _seeds(self, cells: Cells) -> Table:
        return seeds_table(self._learners(cells), INTERNAL, "K", falls=True)

    def _predicted(self, cells: Cells) -> Prediction | None:
        """Novel and tuned bits of services by the equation, from the curves at unlimited N and at N = 1.

        Of its visits a service spends some on run-time bits and the others on tuned bits: the switch lies where
        f'(x) = N/K.
        """
        if any((RANDOM, count) not in cells for count in self.services):
            return None
        sizes = [self.instances // count for count in self.services]
        visits = [self.base.steps // k * min(self.base.batch, size) for k, size in zip(self.services, sizes)]
        return predicted_by_equation(cells[UNLIMITED, None], cells[SINGLE, None], sizes, visits)

    def _switch_table(self, cells: Cells) -> Table:
        heads = "K", "novel bits, predicted", "novel bits, measured", "tuned bits, predicted", "own share, measured"
        title, predicted = "What the equation predicts of services, random slices", self._predicted(cells)
        if predicted is None:
            return Table("switch", title, heads, ())
        measured = [cells[RANDOM, count].mean(NOVEL) for count in self.services]
        own = [f"{cells[RANDOM, count].mean(OWN_SHARE):.0%}" for count in self.services]
        numbers = zip(self.services, predicted.novel, measured, predicted.tuned, own)
        rows = [(str(k), *(round(float(bits), 1) for bits in three), share) for k, *three, share in numbers]
        halves = [crossing(self.services, bits, bits[0] / 2) for bits in (predicted.novel, measured)]
        said = ["never" if half is None else round(half, 1) for half in halves]
        return Table("switch", title, heads, (*rows, ("half of the general learner's at K", *said, None, None)))

    def _internal(self, cells: Cells) -> Chart:
        return curves(
            "internal", "What services compute at run time, as more of them divide the mazes and the training",
            "Internal bits on novel mazes of the own slice. Points are seeds, bands 95% intervals over seeds. Dividing "
            "shortens training too: “general, as few steps” sees all mazes for as few steps as one service.",
            self._learners(cells), self.knob, Field("bits", "internal bits"), {"": INTERNAL},
        )  # fmt: skip

    def _shares(self, cells: Cells) -> Chart:
        return curves(
            "competitive", "Whether services stay competitive",
            "Bits on the mazes trained on, and on novel ones of the same slice, as a share of the ceiling.",
            self._learners(cells), self.knob, Field("share", "share of the ceiling"),
            {"own mazes": OWN_SHARE, "novel mazes of the slice": NOVEL_SHARE}, Field("view", "mazes", "category"),
        )  # fmt: skip

    def _switch(self, cells: Cells) -> Chart | None:
        if (predicted := self._predicted(cells)) is None:
            return None
        return curves(
            "switch", "Where the equation says that services stop computing at run time (dashed), and what they do",
            "Novel bits of services on random slices. Dashed: the equation with nothing fitted, from novel bits at "
            "unlimited N and tuned bits at N = 1.",
            cells.of(RANDOM), self.knob, Field("bits", "novel bits"), {"": NOVEL},
            lines=tuple({"K": k, "bits": float(b), "arm": RANDOM} for k, b in zip(self.services, predicted.novel)),
        )  # fmt: skip

    beside: ClassVar = (_competitive,)
    remarks: ClassVar = (_few,)
    shows: ClassVar = (_each, _decomposed, _seeds, _switch_table, _internal, _shares, _switch)


def kind_of(number: int, count: int) -> dict[str, str]:
    """What service `number` of `count` sees, where slices are made by kind; beyond eight, halves of kinds."""
    return {name: options[number >> place & 1] for place, (name, options) in enumerate(AXES) if count > 1 << place}


def _surplus(runs: Runs, levels: dict[MazeKinds, float]) -> str | None:
    """Bits beyond shallow networks of the same slice; None where some slice has none."""
    tasks = [ledger.record.trial.task for ledger in runs.ledgers]
    if set(tasks) - levels.keys():
        return None
    found = float(np.mean([g.mean("novel-tempered") - levels[task] for g, task in zip(runs.ledgers, tasks)]))
    return f"{found:.1f}" if found >= 0 else f"{found:.1f} (below reflex level)"
