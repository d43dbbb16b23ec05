"""The claim, its sweep, and the rule of its verdict."""

import dataclasses
from typing import ClassVar

from ...findings import Finding
from ...lab import Store, Trial
from ...outcomes import Estimate
from ...tasks import NUM_NOVEL
from .._base import AbstractCondition
from ._arms import NETWORK, TABLE, Selection, Setup
from ._bound import THRESHOLDS, Held, read_held
from ._race import Race, race_charts, race_tables, read_race
from ._shown import beyond_table, bound_chart, bound_table


@dataclasses.dataclass(frozen=True)
class LowerBound(AbstractCondition):
    """Is any result reached with fewer bits of selection than it is rare?

    `evolution` spends at most P bits of selection. Let V be the joint utility over all mazes of the pool and q the
    chance that the same evolution reaches as much while it selects at random. Then Pr[-log2 q >= P + t] <= 2^-t. Tables
    have an exact q, from uniformly random policies; networks have one by splitting.

    Primary measure: for each arm and t of 1 and 2 bits the share of runs beyond P + t, over the 2^-t that are allowed,
    as log2; of these the one with the highest upper limit (Clopper and Pearson, at 95% for all of them together). The
    tight arm is a single generation, the best of 64, whose runs come near the bound. Supported where even that limit is
    below 1 bit, twice as many runs as allowed; contradicted where a lower limit is above it. Not part of the verdict:
    how near selection comes to the bound, and what P tables and networks need for the same progress as N grows.
    """

    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "To be able to consistently achieve a certain level of performance in an environment, we hypothesize that "
        "there will always have to be some minimum amount of optimization power that must be applied to find a policy "
        "that performs that well."
    )
    prediction: ClassVar[str] = (
        "results rarer than 2^-(P + t) without selection are reached in no more than 2^-t of the runs that spend P bits"
    )
    unit: ClassVar[str] = "bits beyond the allowed share"
    smallest_effect: ClassVar[float] = 1.0
    profiles: ClassVar = {
        "smoke": {
            "side": 4,
            "channels": 4,
            "thinking": 4,
            "instances": 4,
            "one_generation": (6, 4),
            "few_generations": 2,
            "sizes": (8,),
            "race_seeds": 2,
            "race_steps": 12,
            "particles": 32,
            "replicates": 3,
            "progress": 1.0,
        },
        "quick": {
            "one_generation": (32, 16),
            "few_generations": 12,
            "sizes": (1, 16, 256),
            "race_seeds": 2,
            "particles": 64,
        },
        "standard": {},
        "full": {
            "side": 7,
            "channels": 16,
            "thinking": 24,
            "one_generation": (256, 128),
            "few_generations": 32,
            "race_seeds": 10,
            "race_steps": 4096,
            "particles": 1024,
        },
    }

    side: int = 5
    min_distance: int = 4
    channels: int = 8
    thinking: int = 8
    mutation: float = 0.1
    instances: int = 16
    batch: int = 64
    one_generation: tuple[int, int] = (64, 40)
    few_generations: int = 12
    sizes: tuple[int, ...] = (1, 4, 16, 64, 256)
    race_seeds: int = 5
    race_steps: int = 256
    goal: float = 4.0
    progress: float = 3.0
    particles: int = 256
    replicates: int = 10

    def __post_init__(self):
        if len(self.one_generation) != 2 or min(*self.one_generation, self.few_generations, self.race_seeds) < 2:
            raise ValueError(
                f"lower-bound: one_generation={self.one_generation}, few_generations={self.few_generations}, "
                f"race_seeds={self.race_seeds}: numbers of runs, of tables and of networks; at least 2 each."
            )
        if not self.sizes or list(self.sizes) != sorted(set(self.sizes)) or not 1 <= self.sizes[0]:
            raise ValueError(f"lower-bound: sizes={self.sizes} should be different numbers of mazes, rising from 1 on.")
        if max(self.sizes) > NUM_NOVEL:
            raise ValueError(
                f"lower-bound: sizes={self.sizes}: the joint result is recorded for pools of up to {NUM_NOVEL} mazes; "
                "choose fewer."
            )
        if not 0 < self.goal <= self.min_distance:
            raise ValueError(
                f"lower-bound: goal={self.goal} moves a maze, min_distance={self.min_distance}: every maze must have "
                "so many moves."
            )

    def arms(self) -> list[Selection]:
        """What is held against the bound."""
        tables, networks = self.one_generation
        return [
            Selection("best of 64, tables", TABLE, 1, 64, 1, tables),
            Selection("16 generations, tables", TABLE, 1, 16, 16, self.few_generations),
            Selection("best of 64, networks", NETWORK, 1, 64, 1, networks),
            Selection("16 generations, networks", NETWORK, 1, 16, 16, self.few_generations),
        ]

    def racers(self) -> list[Selection]:
        """What is followed as N grows."""
        return [Selection(learner, learner, 8, 64, self.race_steps, self.race_seeds) for learner in (TABLE, NETWORK)]

    @property
    def _setup(self) -> Setup:
        names = ("side", "min_distance", "channels", "thinking", "mutation", "instances", "batch")
        return Setup(*(getattr(self, name) for name in names))

    def _tails(self) -> dict[str, Trial]:
        """The neutral tails of the arms of networks."""
        return {
            arm.name: self._setup.neutral(arm, self.progress, self.particles, self.replicates)
            for arm in self.arms()
            if arm.learner == NETWORK
        }

    def sweep(self) -> list[Trial]:
        held = [trial for arm in self.arms() for trial in self._setup.held(arm)]
        race = [trial for arm in self.racers() for size in self.sizes for trial in self._setup.race(arm, size)]
        return [*self._tails().values(), *held, *race]

    def analyse(self, store: Store) -> Finding:
        tails = self._tails()
        held = [
            found
            for arm in self.arms()
            if (found := read_held(store, arm.name, self._setup.held(arm), tails.get(arm.name)))
        ]
        races = [
            race
            for arm in self.racers()
            for size in self.sizes
            if (race := read_race(store, arm.learner, size, self._setup.race(arm, size)))
        ]
        effect = self._effect(held)
        outcome, reason = self._judge(held, effect)
        return self.finding(
            "lower-bound",
            effect,
            outcome,
            reason,
            self._remarks(held, races),
            (bound_table(held, self._level), beyond_table(held, self._level), *race_tables(races, self.goal)),
            (bound_chart(held), *race_charts(races)),
        )

    @property
    def _level(self) -> float:
        """Coverage of a single share, so that all of them hold together at 95%."""
        return 1 - 0.05 / (len(THRESHOLDS) * len(self.arms()))

    def _effect(self, held: list[Held]) -> Estimate | None:
        """The share with the highest upper limit."""
        found = [arm.excess(bits, self._level) for arm in held for bits in THRESHOLDS]
        return max(found, key=lambda excess: excess.high, default=None)

    def _judge(self, held: list[Held], effect: Estimate | None):
        if effect is None or len(held) < len(self.arms()):
            return None, "No verdict yet: not every arm has a finished run and a neutral tail."
        lows = [arm.excess(bits, self._level).low for arm in held for bits in THRESHOLDS]
        outcome = "inconclusive"
        if effect.high < self.smallest_effect:
            outcome = "supported"
        elif max(lows) > self.smallest_effect:
            outcome = "contradicted"
        runs = sum(len(arm.reached) for arm in held)
        return outcome, (
            f"Of {runs} runs in {len(held)} arms, the share beyond P + t is at most 2^{effect.high:.2f} times what is "
            f"allowed, at t = {' and '.join(map(str, THRESHOLDS))}; the limit is 2^{self.smallest_effect:g}."
        )

    def _remarks(self, held: list[Held], races: list[Race]) -> tuple[str, ...]:
        remarks = [
            f"{arm.name}: {arm.beyond_tail} runs went beyond what splitting followed and count against the bound."
            for arm in held
            if arm.beyond_tail
        ]
        failed = sum(race.failed for race in races)
        return (*remarks, f"{failed} trainings of the race diverged.") if failed else tuple(remarks)
