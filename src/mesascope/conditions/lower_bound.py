"""Must some minimum of optimization power be spent? Selection against its own neutral tail. (section 2.1)"""

import dataclasses
from typing import ClassVar, NamedTuple

import numpy as np

from ..base import Evolution
from ..computations import NeutralTail
from ..findings import Chart, Field, Table
from ..lab import Computation, Training
from ..models import Gridloop, Tabular
from ..outcomes import Estimate
from ..power import best_draw_bits
from ..tasks import NUM_NOVEL, MazeProgress
from ._bound import TAIL, THRESHOLDS, DecidingShare, Held, held_of
from ._race import NETWORK, TABLE, progress_chart, race_table, reached_chart
from .frame import AbstractClaim, Cell, Cells, Plan, Threshold, check_rising, grid, interval

SHARED_POOL = 0
"""The seed of the pool that all runs held against the bound share: their neutral tail is found once."""


class Selection(NamedTuple):
    """One way of selecting: the best of so many offspring, for so many steps, in so many runs."""

    learner: str
    offspring: int
    steps: int
    runs: int


@dataclasses.dataclass(frozen=True)
class LowerBound(AbstractClaim):
    """Does selection reach results that are rarer than the bits it spends allow?

    `evolution` spends at most P bits of selection. Let V be the joint utility over all mazes of the pool and q the
    chance that the same evolution reaches as much while it selects at random. Then Pr[-log2 q >= P + t] <= 2^-t. Tables
    have an exact q, from uniformly random policies; networks have one by splitting.

    Primary measure: for each arm and t of 1 and 2 bits the share of runs beyond P + t, over the 2^-t that are allowed,
    as log2; of these the one with the highest upper limit (Clopper and Pearson, at 95% for all of them together). The
    tight arm is a single generation, the best of 64, whose runs come near the bound. Supported where even that limit is
    below 1 bit, twice as many runs as allowed; contradicted where a lower limit is above it. Not part of the verdict:
    how near selection comes to the bound, and what P tables and networks need for the same progress as N grows.
    """

    name: ClassVar[str] = "lower-bound"
    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "To be able to consistently achieve a certain level of performance in an environment, we hypothesize that "
        "there will always have to be some minimum amount of optimization power that must be applied to find a policy "
        "that performs that well."
    )
    prediction: ClassVar[str] = (
        "results rarer than 2^-(P + t) without selection are reached in no more than 2^-t of the runs that spend P bits"
    )
    rule: ClassVar = Threshold(1.0, "bits beyond the allowed share", side="below")
    unfinished: ClassVar[str] = "not every arm has a finished run and a neutral tail"
    answers: ClassVar = {
        "supported": (
            "Yes, where selections can be counted. In every arm, runs that reached at least one bit more than they had "
            "spent were less than twice as frequent as the guarantee allows."
        ),
        "contradicted": (
            "No. In at least one arm, runs that reached at least one bit more than they had spent were over twice as "
            "frequent as the guarantee allows."
        ),
    }
    # the law of a pool's joint progress hangs on the length of every path
    views: ClassVar = ("own-ceiling",)
    profiles: ClassVar = {
        "smoke": {
            "rows": 4, "columns": 4, "channels": 4, "thinking": 4, "instances": 4, "one_generation": (6, 4),
            "few_generations": 2, "sizes": (8,), "race_seeds": 2, "steps": 12, "particles": 32, "replicates": 3,
            "progress": 1.0,
        },
        "quick": {"one_generation": (32, 16), "sizes": (1, 16, 256), "race_seeds": 2, "particles": 64},
        "standard": {},
        "full": {
            "rows": 7, "columns": 7, "channels": 16, "thinking": 24, "one_generation": (256, 128),
            "few_generations": 32, "race_seeds": 10, "steps": 4096, "particles": 1024,
        },
    }  # fmt: skip

    task: MazeProgress = MazeProgress()
    network: Gridloop = Gridloop(channels=8, thinking=8)
    base: Evolution = Evolution(steps=256, mutation=0.1)
    instances: int = 16
    one_generation: tuple[int, int] = (64, 40)
    few_generations: int = 12
    sizes: tuple[int, ...] = (1, 4, 16, 64, 256)
    race_seeds: int = 5
    goal: float = 4.0
    progress: float = 3.0
    particles: int = 256
    replicates: int = 10

    def __post_init__(self):
        check_rising(self, "sizes", least=1, num=1)
        if len(self.one_generation) != 2 or min(*self.one_generation, self.few_generations, self.race_seeds) < 2:
            raise ValueError(
                f"lower-bound: one_generation={self.one_generation}, few_generations={self.few_generations}, "
                f"race_seeds={self.race_seeds}: numbers of runs, of tables and of networks; at least 2 each."
            )
        if max(self.sizes) > NUM_NOVEL:
            raise ValueError(
                f"lower-bound: sizes={self.sizes}: the joint result is recorded for pools of up to {NUM_NOVEL} mazes; "
                "choose fewer."
            )
        if not 0 < self.goal <= self.task.min_distance:
            raise ValueError(
                f"lower-bound: goal={self.goal} moves a maze, min_distance={self.task.min_distance}: every maze must "
                "have so many moves."
            )
        if self.task.rows != self.task.columns or self.network.width:
            raise ValueError(
                f"lower-bound: rows={self.task.rows}, columns={self.task.columns}, width={self.network.width}: neutral "
                "tails are computed of square mazes, and of networks that see four neighbours (width 0)."
            )

    def selections(self) -> dict[str, Selection]:
        """Arms that are held against the bound."""
        tables, networks = self.one_generation
        return {
            "best of 64, tables": Selection(TABLE, 64, 1, tables),
            "16 generations, tables": Selection(TABLE, 16, 16, self.few_generations),
            "best of 64, networks": Selection(NETWORK, 64, 1, networks),
            "16 generations, networks": Selection(NETWORK, 16, 16, self.few_generations),
        }

    def plan(self) -> Plan:
        chosen = self.selections()
        tails = {
            Cell(arm, TAIL): {SHARED_POOL: [self._tail(way)]} for arm, way in chosen.items() if way.learner == NETWORK
        }
        held = {Cell(arm): {run: [self._run(way, run)] for run in range(way.runs)} for arm, way in chosen.items()}
        return tails | held | grid((TABLE, NETWORK), self.sizes, self.race_seeds, self._racing)

    def _tail(self, way: Selection) -> Computation:
        shared = {name: getattr(self.task, name) for name in ("style", "min_distance")}
        shared |= {name: getattr(self.network, name) for name in ("channels", "thinking")}
        shared |= {name: getattr(self, name) for name in ("instances", "progress", "particles", "replicates")}
        mutation = self.base.mutation
        return Computation(NeutralTail(side=self.task.rows, steps=way.steps, mutation=mutation, **shared), SHARED_POOL)

    def _run(self, way: Selection, run: int) -> Training:
        """One run on the shared pool, seen whole in every generation."""
        base = dataclasses.replace(self.base, parents=1, offspring=way.offspring, steps=way.steps, batch=self.instances)
        return Training(self.task, self._model(way.learner), base, self.instances, run, pool_seed=SHARED_POOL)

    def _racing(self, learner: str, size: int, seed: int) -> Training:
        return Training(self.task, self._model(learner), self.base, size, seed)

    def _model(self, learner: str) -> Tabular | Gridloop:
        return Tabular() if learner == TABLE else self.network

    def effect(self, boundary: int) -> DecidingShare:
        return DecidingShare(tuple(self.selections()), self.rule.smallest_effect)

    def _held(self, cells: Cells) -> list[Held]:
        return held_of(cells, tuple(self.selections()))

    def reason(self, cells: Cells, effect: Estimate) -> str:
        held = self._held(cells)
        runs = sum(len(arm.reached) for arm in held)
        return (
            f"Of {runs} runs in {len(held)} arms, the share beyond P + t is at most 2^{effect.high:.2f} times what is "
            f"allowed, at t = {' and '.join(map(str, THRESHOLDS))}; the limit is 2^{self.rule.smallest_effect:g}."
        )

    def _beyond_tail(self, cells: Cells) -> list[str]:
        return [
            f"{arm.name}: {arm.beyond_tail} runs went beyond what splitting followed and count against the bound."
            for arm in self._held(cells)
            if arm.beyond_tail
        ]

    def _bound(self, cells: Cells) -> Table:
        """Every arm: spent, reached, and how often it went beyond."""
        heads = (
            "arm", "runs", "P (bits)", "bits reached", "best of 2^P draws, on average",
            "upper 95% limit of the neutral tail, above by (bits)",
            *(f"runs beyond P + {bits} (allowed)" for bits in THRESHOLDS),
            *(f"log2 of share over allowed, t = {bits}" for bits in THRESHOLDS),
        )  # fmt: skip
        rows = [
            (
                arm.name, len(arm.reached), round(arm.spent, 1),
                f"{np.mean(arm.reached):.1f} (from {np.min(arm.reached):.1f} to {np.max(arm.reached):.1f})",
                round(best_draw_bits(arm.spent), 1), round(arm.margin, 2),
                *(f"{arm.exceeding(bits)} ({len(arm.reached) * 2**-bits:g})" for bits in THRESHOLDS),
                *(interval(arm.excess(bits), 2) for bits in THRESHOLDS),
            )
            for arm in self._held(cells)
        ]  # fmt: skip
        return Table("bound", "Bits reached against bits spent", heads, tuple(rows))

    def _every_half_bit(self, cells: Cells) -> Table:
        def limits(arm: Held, bits: float) -> str:
            excess = arm.excess(bits)
            return interval(excess, 2) if arm.exceeding(bits) else f"none; at most {excess.high:.2f}"

        rows = [
            (arm.name, f"{t:g}", arm.exceeding(t), f"{len(arm.reached) * 2**-t:.1f}", limits(arm, t))
            for arm in self._held(cells)
            for t in np.arange(0.5, 4.01, 0.5)
        ]
        heads = "arm", "t (bits)", "runs beyond P + t", "allowed", "log2 of share over allowed"
        title = "Runs beyond P + t at every half bit; the rule looks at 1 and 2 alone"
        return Table("beyond", title, heads, tuple(rows))

    def _over_t(self, cells: Cells) -> Chart:
        """How often each arm went so far beyond what it spent."""
        rows, allowed = [], []
        for arm in self._held(cells):
            for t in map(float, np.arange(0, 4.01, 0.25)):
                rows.append({"t": t, "share": arm.exceeding(t) / len(arm.reached), "arm": arm.name, "seed": 0})
                allowed.append({"t": t, "share": 2**-t, "arm": arm.name})
        return Chart(
            "bound", "How often selection reaches more than it spends (dashed: what the guarantee allows)",
            "Share of the runs that reach P + t bits or more. Dashed: 2^-t.",
            "curves", tuple(rows), Field("t", "t, bits beyond P"), Field("share", "share of the runs"),
            Field("arm", "arm", "category"), lines=tuple(allowed),
        )  # fmt: skip

    remarks: ClassVar = (_beyond_tail,)
    shows: ClassVar = _bound, _every_half_bit, race_table, _over_t, reached_chart, progress_chart
