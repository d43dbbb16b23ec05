"""The claim, its sweep, and the rule of its verdict."""

import dataclasses
from typing import ClassVar, Literal

from ...base import BASES, AbstractBase
from ...findings import Finding
from ...lab import BOUNDARY, SIBLINGS, Store, Training, reflex_level
from ...outcomes import Estimate
from ...stats import verdict
from ...tasks import NUM_NOVEL, RULES, TASKS, AbstractAnswered, Rule
from .._base import AbstractCondition
from .._ledger import Ledger, diverged, unsettled
from ..diversity import BOUNDARIES
from ._charts import charts
from ._networks import APART, FAMILIES, LINEAR, LOOP, TABLE, TIED, UNTIED, matched
from ._read import Known, Plan, mean_serial, read, rise_of
from ._tables import Contrast, tables

SCRAMBLED = ("perceptron", "looped transformer", LOOP)
"""Shown the cells of a maze in another order: one built as neither grid nor set of places, and one built as each."""


@dataclasses.dataclass(frozen=True)
class AlgorithmicRange(AbstractCondition):
    """Does an architecture's range predict the run-time bits that training makes of it, capacity held fixed?

    All architectures are trained on the same mazes by the same base optimizer for as many steps, and but for a
    table and a linear map have the parameters of the grid loop within 5%. Beforehand, on other tasks and by
    imitation of right answers, two numbers are measured of each. Range: trained on unlimited short strings, how far
    it goes from chance to all answers right on longer strings, mean over five rules; 0 of a table, which has a row
    for none of them. Capacity: of random labels of all places of a grid, how many it can store.

    Primary measure: internal bits on novel mazes, minus the same on the answer-shown twin, mean over seeds; by least
    squares over architectures on range and log2 of capacity, what they rise by from the narrowest range to the widest
    at equal capacity. The interval is Student's over architectures: they, and not seeds, are what the claim is about.
    The verdict must be the same with the boundary of reflexes at serial depth 2, 3 and 5, and some architecture must
    reach the smallest effect, else it is inconclusive. Novel bits, of which surplus differs by a constant, stand
    beside. What the order of cells and tied weights do for their own part is shown in contrasts, and enters no verdict.
    """

    section: ClassVar[str] = "2.2"
    claim: ClassVar[str] = (
        "The more extensive a model's algorithmic range, the broader the space of possible learned algorithms, and "
        "thus the more likely that it will be able to find one that is a mesa-optimizer, assuming the base optimizer "
        "is incentivized to do so."
    )
    prediction: ClassVar[str] = "at equal capacity, internal bits rise with the range of an architecture"
    unit: ClassVar[str] = "bits"
    smallest_effect: ClassVar[float] = 2.0
    """One move of a shortest path in a perfect maze."""
    profiles: ClassVar = {
        "smoke": {
            "rows": 4,
            "columns": 4,
            "horizon": 40,
            "architectures": ("perceptron",),
            "rules": ("parity",),
            "scrambled": (),
            "unrolled": (),
            "instances": 16,
            "label_pools": (16,),
            "steps": 12,
            "string_steps": 12,
            "batch": 8,
            "channels": 9,
            "thinking": 6,
            "seeds": 2,
            "twin_seeds": 1,
            "string_seeds": 1,
            "label_seeds": 1,
        },
        "quick": {
            "architectures": (LINEAR, "perceptron", "LSTM", "transformer", LOOP, TABLE),
            "rules": ("parity", "reversal"),
            "scrambled": (LOOP,),
            "unrolled": (),
            "label_pools": (256,),
            "seeds": 2,
            "twin_seeds": 1,
            "string_seeds": 1,
            "label_seeds": 1,
        },
        "standard": {},
        "full": {
            "instances": 1024,
            "steps": 4096,
            "string_steps": 4096,
            "channels": 48,
            "string_seeds": 5,
            "label_seeds": 5,
            "twin_seeds": 5,
        },
    }

    rows: int = 7
    columns: int = 7
    style: Literal["uniform", "depth-first"] = "depth-first"
    min_distance: int = 4
    horizon: int = 100
    architectures: tuple[Literal[*FAMILIES], ...] = tuple(FAMILIES)
    rules: tuple[Rule, ...] = tuple(RULES)
    scrambled: tuple[Literal[*FAMILIES], ...] = SCRAMBLED
    unrolled: tuple[Literal[*UNTIED], ...] = (TIED, APART)
    instances: int = 256
    label_pools: tuple[int, ...] = (64, 256)
    num_labels: int = 4
    steps: int = 512
    string_steps: int = 512
    batch: int = 64
    channels: int = 24
    thinking: int = 24
    seeds: int = 5
    twin_seeds: int = 2
    string_seeds: int = 2
    label_seeds: int = 1

    def __post_init__(self):
        for name in ("architectures", "rules", "scrambled", "unrolled", "label_pools"):
            values = getattr(self, name)
            if len(set(values)) < len(values) or not (values or name in ("scrambled", "unrolled")):
                raise ValueError(f"algorithmic-range: {name}={values} should be one or more, each once.")
        strange = set(self.scrambled) - set(self.architectures)
        if strange:
            raise ValueError(
                f"algorithmic-range: scrambled={self.scrambled}: {', '.join(strange)} is not among the architectures, "
                "so that there is nothing to hold it against."
            )
        if self.unrolled and LOOP not in self.architectures:
            raise ValueError(
                f"algorithmic-range: unrolled={self.unrolled} are held against the {LOOP}, which is not among the "
                "architectures; add it, or leave them out."
            )
        if self.thinking <= max(BOUNDARIES):
            raise ValueError(
                f"algorithmic-range: thinking={self.thinking}: internal bits are those beyond stage {max(BOUNDARIES)} "
                f"too; choose {max(BOUNDARIES) + 1} or more thoughts."
            )
        if max(self.label_pools) > NUM_NOVEL:
            raise ValueError(
                f"algorithmic-range: label_pools={self.label_pools}: of a pool the first {NUM_NOVEL} are measured; ask "
                "for those at most."
            )
        numbers = [getattr(self, name) for name in ("seeds", "twin_seeds", "string_seeds", "label_seeds")]
        if min(numbers) < 1 or self.seeds > len(SIBLINGS) or self.instances < 1:
            raise ValueError(
                f"algorithmic-range: seeds={self.seeds}, twin_seeds={self.twin_seeds}, string_seeds="
                f"{self.string_seeds}, label_seeds={self.label_seeds}, instances={self.instances}: at least one of "
                f"each, and at most {len(SIBLINGS)} seeds."
            )
        # parameters that cannot be matched are refused here, before anything is trained
        self.sweep()

    def sweep(self) -> list[Training]:
        trials = [trial for plan in self.plans().values() for trial in plan.trials()]
        contrasts = [*self.scrambles().values(), *self.unrolls().values()]
        return trials + [trial for cell in contrasts for trial in cell]

    def plans(self) -> dict[str, Plan]:
        """The trainings of each architecture."""
        return {
            name: Plan(
                strings={} if name == TABLE else {rule: self._strings(name, rule) for rule in self.rules},
                labels={size: self._labels(name, size) for size in self.label_pools},
                mazes=self._mazes(name, self.maze(), self.seeds),
                twins=self._mazes(name, self.maze(show_answer=True), self.twin_seeds),
            )
            for name in self.architectures
        }

    def scrambles(self) -> dict[str, list[Training]]:
        """Architectures that are shown the cells of the mazes in another order."""
        fields = self._frame()
        return {name: self._mazes(name, TASKS.build("maze-scrambled", fields), self.seeds) for name in self.scrambled}

    def unrolls(self) -> dict[str, list[Training]]:
        """The grid loop with weights of its own for each step."""
        return {name: self._mazes(name, self.maze(), self.seeds) for name in self.unrolled}

    def maze(self, **fields) -> AbstractAnswered:
        """The mazes, or their answer-shown twin."""
        return TASKS.build("maze", self._frame() | fields)

    def _frame(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("rows", "columns", "style", "min_distance", "horizon")}

    def _mazes(self, name: str, task: AbstractAnswered, seeds: int) -> list[Training]:
        rates = {"learning_rate": (FAMILIES | UNTIED)[name].learning_rate, "lift": 2.0}
        base = BASES.build("policy-gradient", {"steps": self.steps, "batch": self.batch, **rates})
        return [self._training(name, task, base, self.instances, seed) for seed in range(seeds)]

    def _strings(self, name: str, rule: str) -> list[Training]:
        task, base = TASKS.build("strings", {"rule": rule}), self._imitation(name, self.string_steps)
        return [self._training(name, task, base, None, seed) for seed in range(self.string_seeds)]

    def _labels(self, name: str, size: int) -> list[Training]:
        # as many features as a maze has, so that the networks are the same
        fields = {"rows": self.rows, "columns": self.columns, "length": 6, "num_labels": self.num_labels}
        task, base = TASKS.build("labels", fields), self._imitation(name, self.steps)
        return [self._training(name, task, base, size, seed) for seed in range(self.label_seeds)]

    def _imitation(self, name: str, steps: int) -> AbstractBase:
        # utility is a mean over places, on which policies grow sure of wrong answers; a loss of each place has no
        # such plateau
        rate = FAMILIES[name].places_rate
        return BASES.build("supervised", {"steps": steps, "batch": self.batch, "learning_rate": rate})

    def _training(self, name: str, task: AbstractAnswered, base: AbstractBase, size: int | None, seed: int) -> Training:
        return Training(task, matched(name, task, self.channels, self.thinking), base, size, seed)

    def analyse(self, store: Store) -> Finding:
        networks = read(store, self.plans())
        complete = [known for known in networks if known.complete]
        everything = len(complete) == len(self.architectures)
        effects = {boundary: self.effect(complete, boundary) if everything else None for boundary in BOUNDARIES}
        outcome, reason = self._judge(effects, complete)
        contrasts = {
            name: Contrast(*(tuple(Ledger(record) for record in store.records(trials)) for trials in (changed, plain)))
            for name, (changed, plain) in self._contrasts().items()
        }
        level = reflex_level(self.maze(), store)
        ledgers = [ledger for known in networks for ledger in known.ledgers()]
        ledgers += [ledger for contrast in contrasts.values() for ledger in contrast.changed]
        return self.finding(
            "algorithmic-range",
            effects[BOUNDARY],
            outcome,
            reason,
            (*(self._hangs_on(complete) if everything else ()), *diverged(ledgers), *unsettled(level)),
            tables(networks, complete, contrasts, level),
            charts(complete),
        )

    def effect(self, networks: list[Known], boundary: int) -> Estimate | None:
        """The primary measure; None where there are too few architectures, or none differ."""
        found = rise_of(networks, [mean_serial(known, boundary) for known in networks])
        return found and found[0]

    def _hangs_on(self, networks: list[Known]) -> list[str]:
        """The architectures without any one of which the interval would lead to another verdict."""
        whole = self.effect(networks, BOUNDARY)
        found = []
        for left_out in networks:
            rest = self.effect([known for known in networks if known is not left_out], BOUNDARY)
            if whole and rest and verdict(rest, self.smallest_effect) != verdict(whole, self.smallest_effect):
                found.append(
                    f"Without the {left_out.name} the rise would be {rest.value:.1f} [{rest.low:.1f}, {rest.high:.1f}] "
                    f"bits: {verdict(rest, self.smallest_effect)}."
                )
        return found

    def _contrasts(self) -> dict[str, tuple[list[Training], list[Training]]]:
        """What is held against which trainings."""
        changed = {f"{name}, cells scrambled": (trials, name) for name, trials in self.scrambles().items()}
        changed |= {name: (trials, LOOP) for name, trials in self.unrolls().items()}
        plain = {name: self._mazes(name, self.maze(), self.seeds) for name in self.architectures}
        return {label: (trials, plain[name]) for label, (trials, name) in changed.items()}

    def _judge(self, effects: dict[int, Estimate | None], networks: list[Known]):
        if any(effect is None for effect in effects.values()):
            return None, (
                "No verdict: all trainings of five architectures or more must be finished, and their ranges and "
                "capacities differ."
            )
        most = max(mean_serial(known, BOUNDARY) for known in networks)
        if most < self.smallest_effect:
            return "inconclusive", (
                f"No architecture has {self.smallest_effect:g} internal bits (the most has {most:.1f}): there is "
                "nothing that range could predict."
            )
        verdicts = {boundary: verdict(effect, self.smallest_effect) for boundary, effect in effects.items()}
        if len(set(verdicts.values())) > 1:
            found = ", ".join(f"{outcome} at depth {boundary}" for boundary, outcome in verdicts.items())
            return "inconclusive", f"The verdict hangs on where reflexes end: {found}."
        effect = effects[BOUNDARY]
        return verdicts[BOUNDARY], (
            f"The interval [{effect.low:.1f}, {effect.high:.1f}] bits over {len(networks)} architectures is held "
            f"against the smallest effect that matters ({self.smallest_effect:g} bits), and the verdict is the same "
            f"with reflexes ending at serial depth {', '.join(map(str, BOUNDARIES))}."
        )
