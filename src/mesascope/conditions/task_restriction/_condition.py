"""The claim, its sweep, and the rule of its verdict."""

import dataclasses
from typing import ClassVar

import numpy as np

from ...findings import Finding
from ...lab import BOUNDARY, SIBLINGS, Store, Training
from ...outcomes import Estimate
from ...stats import mean_interval, verdict
from .._base import AbstractCondition
from .._ledger import diverged
from ..diversity import BOUNDARIES
from ._charts import charts
from ._read import Services, read_services
from ._services import DIVIDED, KINDS, MAX_KINDS, RANDOM, SHOWN, SMALLEST_CHANNELS, Plan, Slicing
from ._switch import read_switch
from ._tables import tables

ARMS = (RANDOM, KINDS, DIVIDED, SHOWN)


@dataclasses.dataclass(frozen=True)
class Restriction(AbstractCondition):
    """Do K narrow learners hold fewer internal bits than one general learner of the same total training?

    The general learner sees N mazes of all kinds for P steps; each of K services sees N/K of them for P/K steps. Of
    the K services of a seed at most `measured` are trained, other ones for other seeds: random slices are exchangeable,
    and so are seeds.

    Primary measure: for each seed, internal bits of the general learner minus those of the services, mean over K above
    1, random slices; minus the same on the answer-shown twin, where a reflex suffices. The interval is Student's over
    seeds. The verdict must be the same with the boundary of reflexes at serial depth 2, 3 and 5, else it is
    inconclusive. Whether services stay competitive (the share of the ceiling that they reach on their own slice) does
    not enter the verdict, and stands beside it. A control with all N mazes and P/K steps tells restriction from mere
    shortness of training.
    """

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
    unit: ClassVar[str] = "bits"
    smallest_effect: ClassVar[float] = 2.0
    """One move of a shortest path in a perfect maze."""
    profiles: ClassVar = {
        "smoke": {
            "services": (1, 2),
            "rows": 6,
            "columns": 6,
            "horizon": 40,
            "instances": 64,
            "steps": 24,
            "batch": 8,
            "channels": 8,
            "thinking": 8,
            "reflex_steps": 0,
            "seeds": 2,
            "measured": 1,
            "arms": (RANDOM, SHOWN),
        },
        "quick": {"services": (1, 4, 16), "seeds": 2, "measured": 1},
        "standard": {},
        "full": {
            "rows": 11,
            "columns": 11,
            "far": 20,
            "horizon": 250,
            "instances": 16_384,
            "steps": 16_384,
            "services": (1, 2, 4, 8, 16, 32, 64),
            "channels": 32,
            "thinking": 64,
            "reflex_steps": 51_200,
            "measured": 4,
        },
    }

    services: tuple[int, ...] = (1, 2, 4, 8, 16)
    rows: int = 7
    columns: int = 7
    near: int = 4
    far: int = 9
    horizon: int = 100
    instances: int = 1024
    steps: int = 1024
    batch: int = 64
    channels: int = 16
    thinking: int = 24
    learning_rate: float = 0.03
    reflex_steps: int = 400
    seeds: int = 5
    measured: int = 2
    arms: tuple[Slicing, ...] = ARMS

    def __post_init__(self):
        counts = self.services
        if len(counts) < 2 or counts[0] != 1 or any(b % a or b <= a for a, b in zip(counts, counts[1:])):
            raise ValueError(
                f"task-restriction: services={counts} should begin at 1 and rise, each a multiple of the one before."
            )
        most = counts[-1]
        for count in counts:
            if count & (count - 1):
                raise ValueError(f"task-restriction: services={counts}: kinds are divided by halves; give powers of 2.")
        if self.instances % most or self.instances < most:
            raise ValueError(
                f"task-restriction: {most} services cannot divide instances={self.instances} evenly; choose a multiple "
                f"of {most}."
            )
        if self.steps % most or self.steps // most < 12:
            raise ValueError(
                f"task-restriction: {most} services of steps={self.steps} have {self.steps / most:g} steps each; "
                f"choose a multiple of {most}, at least {12 * most}."
            )
        if not {RANDOM, SHOWN} <= set(self.arms):
            raise ValueError(
                f"task-restriction: arms={self.arms}: {RANDOM!r} and its control {SHOWN!r} are needed in any case."
            )
        if DIVIDED in self.arms and self._plan.width(most) < SMALLEST_CHANNELS:
            raise ValueError(
                f"task-restriction: channels={self.channels} divided among {most} services leave "
                f"{self._plan.width(most)} to each, and no network of fewer than {SMALLEST_CHANNELS} trains; choose "
                f"fewer services or more channels."
            )
        if not 1 <= self.seeds <= len(SIBLINGS) or self.measured < 1:
            raise ValueError(
                f"task-restriction: seeds={self.seeds}, measured={self.measured}: 1 to {len(SIBLINGS)} seeds, and at "
                "least one service of each."
            )
        # the task refuses a frame that is too small
        self._plan.task()

    @property
    def _plan(self) -> Plan:
        frame = tuple((name, getattr(self, name)) for name in ("rows", "columns", "near", "far", "horizon"))
        return Plan(
            frame,
            self.instances,
            self.steps,
            self.batch,
            self.channels,
            self.thinking,
            self.learning_rate,
            self.measured,
        )

    def sweep(self) -> list[Training]:
        cells = [trial for groups in self.groups().values() for trials in groups.values() for trial in trials]
        shorter = [trial for trials in self.shorter().values() for trial in trials]
        curves = [trial for trials in self.curves() for trial in trials]
        reflexes = [trial for trials in self.reflexes().values() for trial in trials]
        # the general learner is a cell of several arms
        return list(dict.fromkeys(cells + shorter + curves + reflexes))

    def groups(self) -> dict[str, dict[int, list[Training]]]:
        """The trainings of each arm and K, those of a seed side by side."""
        plan = self._plan
        return {
            arm: {
                count: [trial for seed in range(self.seeds) for trial in plan.services(arm, count, seed)]
                for count in self.services
            }
            for arm in self.arms
        }

    def shorter(self) -> dict[int, list[Training]]:
        """The general learner with the steps of one of K services."""
        return {count: [self._plan.as_short(count, seed) for seed in range(self.seeds)] for count in self.services}

    def curves(self) -> tuple[list[Training], list[Training]]:
        """Trainings at unlimited N and at N = 1, from which the equation predicts."""
        plan, seeds = self._plan, range(self.seeds)
        return [plan.unlimited(seed) for seed in seeds], [plan.single(seed) for seed in seeds]

    def reflexes(self) -> dict[object, list[Training]]:
        """Shallow networks by slice: of all kinds for every seed, of single kinds for the seeds that train one.

        None at all where `reflex_steps` is 0.
        """
        found: dict[object, list[Training]] = {}
        for seed in range(self.seeds if self.reflex_steps else 0):
            tasks = {self._plan.task(): None}
            if MAX_KINDS in self.services and KINDS in self.arms:
                tasks |= {trial.task: None for trial in self._plan.services(KINDS, MAX_KINDS, seed)}
            for task in tasks:
                found.setdefault(task, []).append(self._plan.reflex(task, self.reflex_steps, seed))
        return found

    def analyse(self, store: Store) -> Finding:
        arms = {arm: read_services(store, groups) for arm, groups in self.groups().items()}
        shorter = read_services(store, self.shorter())
        reflexes = {task: store.records(trials) for task, trials in self.reflexes().items()}
        switch = read_switch(store, *self.curves(), self.services, self._plan)
        effects = {boundary: self._effect(arms, boundary) for boundary in BOUNDARIES}
        outcome, reason = self._judge(effects, arms[RANDOM])
        return self.finding(
            "task-restriction",
            effects[BOUNDARY],
            outcome,
            reason,
            self._remarks(arms),
            tables(arms, shorter, reflexes, switch),
            charts(arms, shorter, switch),
        )

    def _effect(self, arms: dict[str, Services], boundary: int) -> Estimate | None:
        """The primary measure over the seeds that have every K on the mazes and on their twin; None for under two."""
        falls = [arms[arm].falls(self.services, lambda ledger: ledger.internal(boundary)) for arm in (RANDOM, SHOWN)]
        seeds = sorted(falls[0].keys() & falls[1].keys())
        return mean_interval(np.array([falls[0][s] - falls[1][s] for s in seeds])) if len(seeds) > 1 else None

    def _judge(self, effects: dict[int, Estimate | None], services: Services):
        if any(effect is None for effect in effects.values()):
            return None, "No verdict yet: fewer than two seeds have finished every K on the mazes and on their twin."
        verdicts = {boundary: verdict(effect, self.smallest_effect) for boundary, effect in effects.items()}
        if len(set(verdicts.values())) > 1:
            found = ", ".join(f"{outcome} at depth {boundary}" for boundary, outcome in verdicts.items())
            return "inconclusive", f"The verdict hangs on where reflexes end: {found}."
        effect = effects[BOUNDARY]
        general, narrow = (services.share(count) for count in (1, self.services[-1]))
        return verdicts[BOUNDARY], (
            f"The interval [{effect.low:.1f}, {effect.high:.1f}] bits is held against the smallest effect that matters "
            f"({self.smallest_effect:g} bits), and the verdict is the same with reflexes ending at serial depth "
            f"{', '.join(map(str, BOUNDARIES))}. On their own mazes the general learner reaches {general:.0%} of the "
            f"ceiling, each of {self.services[-1]} services {narrow:.0%}."
        )

    def _remarks(self, arms: dict[str, Services]) -> tuple[str, ...]:
        remarks = diverged(ledger for arm in arms.values() for ledger in arm.ledgers)
        if len(self.services) > 1 and self.measured < self.services[-1]:
            remarks.append(
                f"Of K services at most {self.measured} are trained a seed, other ones for other seeds; total training "
                "is counted as if all were."
            )
        return tuple(remarks)
