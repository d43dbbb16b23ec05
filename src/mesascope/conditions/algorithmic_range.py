"""Does algorithmic range, capacity held fixed, favour run-time search? (section 2.2)"""

import dataclasses
from typing import ClassVar, Literal

import numpy as np

from ..base import PolicyGradient, Supervised
from ..computations import StringReflexes
from ..findings import Table
from ..lab import BOUNDARY, SIBLINGS, Computation, Training, reflex_level
from ..models import Gridloop
from ..outcomes import Estimate
from ..stats import Spread, rise_p_value, rise_spread, verdict
from ..tasks import NUM_NOVEL, RULES, AbstractAnswered, Labels, Maze, Rule, ScrambledMaze, Strings
from ._architectures import (
    APART, FAMILIES, LOOP, MAZES, SHOWN, TABLE, TIED, UNTIED, factors, known, labels_arm, rise, sized,
)  # fmt: skip
from ._range import (
    BEYOND_TWIN, REFLEX, architectures_table, capacity_table, lengths_chart, otherwise_table, predicted_table,
    predictors_charts, range_table, seeds_table,
)  # fmt: skip
from .frame import (
    INTERNAL, NOVEL, OWN, AbstractClaim, AbstractEffect, At, Beyond, Cell, Cells, Control, Plan, check_least,
    check_needed, check_seeds, check_thinks, interval, unsettled,
)  # fmt: skip

SCRAMBLED = "cells scrambled"


@dataclasses.dataclass(frozen=True)
class RiseByRange(AbstractEffect):
    """Rise of internal bits from the narrowest range to the widest at equal capacity; architectures are its units."""

    claim: "AlgorithmicRange"
    boundary: int

    def estimate(self, cells: Cells) -> Estimate | None:
        architectures = known(self.claim, cells, whole=True)
        if len(architectures) < len(self.claim.architectures):
            return None
        return rise(architectures, self.boundary)

    def p_value(self, cells: Cells, threshold: float, above: bool) -> float:
        architectures = known(self.claim, cells, whole=True)
        values = np.array([one.mean_serial(self.boundary) for one in architectures])
        return rise_p_value(values, factors(architectures), threshold, above)

    def about(self, cells: Cells) -> None:
        return None

    def spread(self, cells: Cells) -> Spread | None:
        architectures = known(self.claim, cells, whole=True)
        values = np.array([one.mean_serial(self.boundary) for one in architectures])
        return rise_spread(values, factors(architectures))


@dataclasses.dataclass(frozen=True)
class AlgorithmicRange(AbstractClaim):
    """Does an architecture's range predict the run-time bits that training makes of it, capacity held fixed?

    All architectures are trained on the same mazes by the same base optimizer for as many steps, and but for a
    table and a linear map have the parameters of the grid loop within 5%. Beforehand, on other tasks and by
    imitation of right answers, two numbers are measured of each. Range: trained on unlimited short strings, how far
    it goes from chance to all answers right on longer strings, mean over five rules; 0 of a table, which has a row
    for none of them. Capacity: of random labels of all places of a grid, how many it can store.

    Primary measure: internal bits on novel mazes, minus the same on the answer-shown twin, mean over seeds; by least
    squares over architectures on range and log2 of capacity, what they rise by from the narrowest range to the widest
    at equal capacity. The interval is Student's over architectures: they, and not seeds, are what the claim is about.
    Some architecture must reach the smallest effect, else the result is inconclusive. Novel bits, of which surplus
    differs by a constant, stand beside. What the order of cells and tied weights do for their own part is shown in
    contrasts, and enters no verdict.

    Not fixed beforehand: range and capacity were first measured by the base optimizer of the mazes. Imitation took its
    place after the verdict of that run, inconclusive, was known.

    Fields:
        network: the grid loop, which sets the parameters and the thoughts of all.
        base: of the grid loop on mazes; the others have learning rates of their own.
        string_steps: of trainings on strings.
    """

    name: ClassVar[str] = "algorithmic-range"
    section: ClassVar[str] = "2.2"
    claim: ClassVar[str] = (
        "The more extensive a model's algorithmic range, the broader the space of possible learned algorithms, and "
        "thus the more likely that it will be able to find one that is a mesa-optimizer, assuming the base optimizer "
        "is incentivized to do so."
    )
    prediction: ClassVar[str] = "at equal capacity, internal bits rise with the range of an architecture"
    # one move of a shortest path in a perfect maze
    rule: ClassVar = Beyond(2.0, over=lambda cells: f"{len(cells.of(SHOWN))} architectures")
    unfinished: ClassVar[str] = (
        "all trainings of five architectures or more must be finished, and their ranges and capacities differ"
    )
    answers: ClassVar = {
        "supported": (
            "By the rule, yes: over these architectures, bits computed at run time rise with range at equal capacity. "
            "Whether a single one of them carries the rise is said below."
        ),
        "contradicted": "No. At equal capacity, architectures of wider range compute less at run time.",
        "no effect": "No. At equal capacity, architectures compute about as much at run time, whatever their range.",
    }
    views: ClassVar[tuple[str, ...]] = ("novel-tempered", "beyond")
    profiles: ClassVar = {
        "smoke": {
            "rows": 4, "columns": 4, "horizon": 40, "architectures": ("perceptron",), "rules": ("parity",),
            "scrambled": (), "unrolled": (), "instances": 16, "label_pools": (16,), "steps": 12, "string_steps": 12,
            "batch": 8, "channels": 9, "thinking": 6, "seeds": 2, "twin_seeds": 1, "string_seeds": 1, "label_seeds": 1,
        },
        "quick": {
            "architectures": ("linear map", "perceptron", "LSTM", "transformer", LOOP, TABLE),
            "rules": ("parity", "reversal"), "scrambled": (LOOP,), "unrolled": (), "label_pools": (256,), "seeds": 2,
            "twin_seeds": 1, "string_seeds": 1, "label_seeds": 1,
        },
        "standard": {},
        "full": {
            "instances": 1024, "steps": 4096, "string_steps": 4096, "channels": 48, "string_seeds": 5,
            "label_seeds": 5, "twin_seeds": 5,
        },
    }  # fmt: skip

    task: Maze = Maze(style="depth-first")
    network: Gridloop = Gridloop(channels=24, thinking=24)
    base: PolicyGradient = PolicyGradient(steps=512, learning_rate=FAMILIES[LOOP].learning_rate, lift=2.0)
    architectures: tuple[Literal[*FAMILIES], ...] = tuple(FAMILIES)
    rules: tuple[Rule, ...] = tuple(RULES)
    # shown the cells of a maze in another order: one built as neither grid nor set of places, and one built as each
    scrambled: tuple[Literal[*FAMILIES], ...] = ("perceptron", "looped transformer", LOOP)
    unrolled: tuple[Literal[*UNTIED], ...] = (TIED, APART)
    instances: int = 256
    label_pools: tuple[int, ...] = (64, 256)
    num_labels: int = 4
    string_steps: int = 512
    seeds: int = 5
    twin_seeds: int = 2
    string_seeds: int = 2
    label_seeds: int = 1

    def __post_init__(self):
        for name, least in {"architectures": 1, "rules": 1, "label_pools": 1, "scrambled": 0, "unrolled": 0}.items():
            check_needed(self, name, set(), least)
        # what contrasts are held against
        check_needed(self, "architectures", {*self.scrambled, *([LOOP] if self.unrolled else [])})
        check_thinks(self)
        check_seeds(self, most=len(SIBLINGS))
        check_least(self, twin_seeds=1, string_seeds=1, label_seeds=1, instances=1)
        if max(self.label_pools) > NUM_NOVEL:
            raise ValueError(
                f"algorithmic-range: label_pools={self.label_pools}: of a pool the first {NUM_NOVEL} are measured; ask "
                "for those at most."
            )
        # parameters that cannot be matched are refused here, before anything is trained
        self.plan()

    def plan(self) -> Plan:
        plan = {}
        for name in self.architectures:
            for rule in () if name == TABLE else self.rules:
                plan[Cell(rule, name)] = self._seeds(name, Strings(rule), None, self.string_seeds)
            for size in self.label_pools:
                # as many features as a maze has, so that the networks are the same
                task = Labels(rows=self.task.rows, columns=self.task.columns, length=6, num_labels=self.num_labels)
                plan[Cell(labels_arm(size), name)] = self._seeds(name, task, size, self.label_seeds)
            plan[Cell(MAZES, name)] = self._seeds(name, self.task, self.instances, self.seeds)
            twin = dataclasses.replace(self.task, show_answer=True)
            plan[Cell(SHOWN, name)] = self._seeds(name, twin, self.instances, self.twin_seeds)
        frame = {f.name: getattr(self.task, f.name) for f in dataclasses.fields(ScrambledMaze)}
        changed = [(SCRAMBLED, name, ScrambledMaze(**frame)) for name in self.scrambled]
        changed += [(MAZES, name, self.task) for name in self.unrolled]
        plan |= {Cell(arm, name): self._seeds(name, task, self.instances, self.seeds) for arm, name, task in changed}
        return plan | {Cell(REFLEX, rule): {0: [Computation(StringReflexes(rule), 0)]} for rule in self.rules}

    def _seeds(self, name: str, task: AbstractAnswered, size: int | None, seeds: int) -> dict[int, list[Training]]:
        family, model = (FAMILIES | UNTIED)[name], sized(name, task, self.network)
        if isinstance(task, Maze | ScrambledMaze):
            own = {} if name == LOOP else {"learning_rate": family.learning_rate}
            base = dataclasses.replace(self.base, **own)
        else:
            # utility is a mean over places, on which policies grow sure of wrong answers; a loss of each place has no
            # such plateau
            steps = self.string_steps if isinstance(task, Strings) else self.base.steps
            base = Supervised(steps=steps, batch=self.base.batch, learning_rate=family.places_rate)
        return {seed: [Training(task, model, base, size, seed)] for seed in range(seeds)}

    def effect(self, boundary: int):
        return RiseByRange(self, boundary)

    def _most(self, cells: Cells) -> list[Control]:
        most = max(one.mean_serial() for one in known(self, cells, whole=True))
        return [Control(f"The most that an architecture has of {BEYOND_TWIN}", most, self.rule.smallest_effect)]

    def _hangs_on(self, cells: Cells) -> list[str]:
        """The architectures without any one of which the interval would lead to another verdict."""
        if (all_of := self.effect(BOUNDARY).estimate(cells)) is None:
            return []
        judged = lambda effect: verdict(effect, self.rule.smallest_effect)  # noqa: E731
        architectures = known(self, cells, whole=True)
        without = {left.name: rise([one for one in architectures if one is not left]) for left in architectures}
        return [
            f"Without the {name} the rise would be {interval(rest)} bits: {judged(rest)}."
            for name, rest in without.items()
            if rest and judged(rest) != judged(all_of)
        ]

    def _level(self, cells: Cells) -> list[str]:
        return unsettled(reflex_level(self.task, cells.records))

    def _contrasts(self, cells: Cells) -> Table:
        pairs = [(f"{name}, {SCRAMBLED}", (SCRAMBLED, name), (MAZES, name)) for name in self.scrambled]
        pairs += [(name, (MAZES, name), (MAZES, LOOP)) for name in self.unrolled]
        rows = []
        for name, one, other in pairs:
            measures = [
                (At(one[0], m, one[1]) - At(other[0], m, other[1])).by_unit(cells) for m in (OWN, NOVEL, INTERNAL)
            ]
            if measures[0]:
                parameters = cells[one].ledgers[0].record.values["parameters"]
                rows.append((name, parameters, len(measures[0]), *map(interval, measures)))
        heads = "what is changed", "parameters", "seeds", "own bits", "novel bits", "internal bits"
        title = (
            "What it changes, against the same architecture (unrolled: against the grid loop), paired by seed, in bits"
        )
        return Table("contrasts", title, heads, tuple(rows))

    controls: ClassVar = (_most,)
    remarks: ClassVar = (_hangs_on, _level)
    shows: ClassVar = (
        architectures_table, range_table, capacity_table, predicted_table, otherwise_table, _contrasts, seeds_table,
        predictors_charts, lengths_chart,
    )  # fmt: skip
