"""How far do reflexes go? The level against which serial surplus is counted."""

import dataclasses
from typing import ClassVar

import numpy as np

from ..base import PolicyGradient
from ..findings import Chart, Field, Finding, Table
from ..lab import AbstractRecords, Depth, ReflexLevel, Training, describe
from ..models import Feedforward
from ..stats import mean_interval
from ..tasks import TASKS, Maze, Trail
from .frame import AbstractLevelling, Ledger

FIRST_SEED = 100
"""Levels have seeds of their own, apart from those of any comparison."""


@dataclasses.dataclass(frozen=True)
class Reflex(AbstractLevelling):
    """How far do shallow networks of serial depth 1, 2, 3, 5 and 8 go, trained on unlimited instances?

    The level of a depth is the mean over seeds of the bits on the evaluation set. Some seeds are also trained for half
    as long, each with a schedule of its own: the rise over the last doubling tells whether the curve is flat. This is
    no claim of the post and has no verdict; it is the zero of another scale.

    Fields:
        task: `maze`, or `trail` for mazes with a printed way.
        depths: numbers of hidden layers.
        channels: of the hidden layers, one for each depth.
        width: side of the square of cells that a layer sees.
        base: that of the whole training.
        seeds: of the whole training.
        half_seeds: those of them that are also trained for half as long.
    """

    name: ClassVar[str] = "reflex"
    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "with the resulting learned algorithm being simply a network of highly-tuned heuristics rather than a "
        "mesa-optimizer"
    )
    prediction: ClassVar[str] = "none: this measures how far a network of heuristics goes"
    views: ClassVar = ("novel-tempered",)
    profiles: ClassVar = {
        "smoke": {
            "rows": 4, "columns": 4, "horizon": 40, "depths": (1, 2), "channels": (8, 8), "seeds": 2, "half_seeds": 1,
            "steps": 16,
        },
        "quick": {"seeds": 2, "half_seeds": 1, "steps": 800},
        "standard": {},
        "full": {"rows": 11, "columns": 11, "horizon": 250, "steps": 51_200},
    }  # fmt: skip

    task: Maze | Trail = Maze(style="depth-first")
    depths: tuple[int, ...] = (1, 2, 3, 5, 8)
    channels: tuple[int, ...] = (32, 32, 32, 32, 32)
    width: int = 5
    base: PolicyGradient = PolicyGradient(steps=3200, learning_rate=0.01, lift=2.0)
    seeds: int = 5
    half_seeds: int = 2

    def __post_init__(self):
        if len(self.channels) != len(self.depths):
            raise ValueError(f"reflex: channels={self.channels} needs one width for each of depths={self.depths}.")

    def sweep(self) -> list[Training]:
        return [trial for depth in self.depths for part in self._trials(depth) for trial in part]

    def _trials(self, depth: int) -> tuple[list[Training], list[Training]]:
        """Trainings of a depth, whole ones and those of half the steps."""
        channels = dict(zip(self.depths, self.channels))[depth]
        model = Feedforward(kind="convolution", depth=depth, channels=channels, width=self.width)
        half = dataclasses.replace(self.base, steps=self.base.steps // 2)
        return tuple(
            [Training(self.task, model, base, None, FIRST_SEED + seed) for seed in range(seeds)]
            for base, seeds in ((self.base, self.seeds), (half, self.half_seeds))
        )

    def _ledgers(self, records: AbstractRecords) -> dict[int, tuple[list[Ledger], list[Ledger]]]:
        """Networks of each depth, whole trainings and halves, where a whole one is finished."""
        parts = {depth: self._trials(depth) for depth in self.depths}
        found = {depth: tuple([Ledger(r) for r in records.records(part)] for part in of) for depth, of in parts.items()}
        return {depth: both for depth, both in found.items() if both[0]}

    def level(self, records: AbstractRecords, command: str) -> ReflexLevel | None:
        found = self._ledgers(records)
        if not found:
            return None
        some = next(iter(found.values()))[0][0]
        depths = tuple(_depth(depth, *both) for depth, both in found.items())
        ceiling, versions = some.mean("novel-ceiling"), some.record.values["versions"]
        return ReflexLevel(TASKS.describe(self.task), command, self.base.steps, depths, ceiling, versions)

    def analyse(self, records: AbstractRecords) -> Finding:
        found = {depth: tuple(map(_bits, both)) for depth, both in self._ledgers(records).items()}
        rows = []
        for depth, (whole, halves) in found.items():
            rise = round(100 * (sum(whole[: len(halves)]) / sum(halves) - 1), 1) if halves else None
            rows.append((depth, len(whole), *(round(value, 2) for value in mean_interval(np.array(whole))), rise))
        heads = ("serial depth", "seeds", "bits", "low", "high", "rise over the last doubling (%)")
        chart = Chart(
            "reflex-depth",
            "Reflexes of any width stay below the ceiling; more serial depth brings them nearer",
            "Bits on the evaluation set after training on unlimited instances; each point is a seed.",
            "curves",
            tuple(
                {"depth": depth, "bits": bits, "steps": label, "seed": seed}
                for depth, both in found.items()
                for label, values in zip(("full", "half"), both)
                for seed, bits in enumerate(values)
            ),
            Field("depth", "serial depth (hidden layers)", "log"),
            Field("bits", "bits on novel instances"),
            Field("steps", "training", "category"),
        )
        table = Table("reflex-levels", "Bits of shallow networks on novel instances", heads, tuple(rows))
        fixed = self.name, self.section, self.claim, self.prediction, None, "bits", 1.0, None
        return Finding(*fixed, "A level, not a claim: no verdict.", tables=(table,), charts=(chart,))


def _bits(ledgers: list[Ledger]) -> list[float]:
    return [ledger.mean("novel-tempered") for ledger in ledgers]


def _depth(depth: int, whole: list[Ledger], halves: list[Ledger]) -> Depth:
    by_instance = [ledger.instances("novel-tempered") for ledger in whole]
    instance_bits = np.mean([[bits[i] for i in sorted(bits)] for bits in by_instance], axis=0)
    return Depth(
        depth=depth,
        model=describe(whole[0].record.trial)["model"],
        seeds=tuple(_bits(whole)),
        instance_bits=tuple(np.round(instance_bits, 6).tolist()),
        half_seeds=tuple(_bits(halves)),
        trials=tuple(ledger.record.values["id"] for ledger in whole + halves),
    )
