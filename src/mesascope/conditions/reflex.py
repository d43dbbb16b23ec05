"""How far do reflexes go? The level against which serial surplus is counted."""

import dataclasses
from typing import ClassVar

import numpy as np

from ..base import PolicyGradient, Supervised
from ..findings import Chart, Field, Finding, Table
from ..lab import AbstractRecords, Depth, ReflexLevel, Training, describe
from ..models import Feedforward
from ..stats import mean_interval
from ..tasks import TASKS, Maze, Trail
from .frame import AbstractLevelling, Ledger

WHOLE, HALF, QUARTER, NARROW = "full", "half", "quarter", "narrow"
"""Parts of the trainings of a depth, as charts name them."""

FIRST_SEED = 100
"""Levels have seeds of their own, apart from those of any comparison."""


@dataclasses.dataclass(frozen=True)
class Reflex(AbstractLevelling):
    """How far do shallow networks of serial depth 1, 2, 3, 5 and 8 go, trained on unlimited instances?

    The level of a depth is the mean over seeds of the bits on the evaluation set. Some seeds are also trained for half
    and for a quarter as long, each with a schedule of its own, and some at half the width: what the last doublings
    brought tells whether the curve is flat, or where it will flatten. Networks imitate shortest paths, by which they
    go further than by reinforcement. This is no claim of the post and has no verdict; it is the zero of another scale.

    Fields:
        task: `maze`, or `trail` for mazes with a printed way.
        depths: numbers of hidden layers.
        channels: of the hidden layers, one for each depth.
        width: side of the square of cells that a layer sees.
        base: that of the whole training.
        seeds: of the whole training.
        half_seeds: those of them that are also trained for half as long.
        quarter_seeds: those of them that are also trained for a quarter of that.
        narrow_seeds: those of them that are also trained at half the width.
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
            "quarter_seeds": 1, "narrow_seeds": 1, "steps": 16,
        },
        "quick": {"depths": (3,), "channels": (64,), "seeds": 2, "steps": 1000, "narrow_seeds": 0},
        "standard": {},
        "full": {"steps": 51_200, "channels": (256, 256, 256, 256, 256)},
    }  # fmt: skip

    task: Maze | Trail = Maze(style="depth-first")
    depths: tuple[int, ...] = (1, 2, 3, 5, 8)
    channels: tuple[int, ...] = (64, 64, 64, 64, 64)
    width: int = 5
    base: Supervised | PolicyGradient = Supervised(steps=2000, learning_rate=0.01)
    seeds: int = 5
    half_seeds: int = 2
    quarter_seeds: int = 2
    narrow_seeds: int = 1

    def __post_init__(self):
        if len(self.channels) != len(self.depths):
            raise ValueError(f"reflex: channels={self.channels} needs one width for each of depths={self.depths}.")

    def sweep(self) -> list[Training]:
        return [trial for depth in self.depths for part in self._trials(depth).values() for trial in part]

    def _trials(self, depth: int) -> dict[str, list[Training]]:
        """Trainings of a depth: whole ones, those of half and of a quarter of the steps, and narrow ones."""
        wide = dict(zip(self.depths, self.channels))[depth]
        parts = {
            WHOLE: (wide, 1, self.seeds),
            HALF: (wide, 2, self.half_seeds),
            QUARTER: (wide, 4, self.quarter_seeds),
            NARROW: (max(wide // 2, 1), 1, self.narrow_seeds),
        }
        found = {}
        for part, (channels, shorter, seeds) in parts.items():
            model = Feedforward(kind="convolution", depth=depth, channels=channels, width=self.width)
            base = dataclasses.replace(self.base, steps=self.base.steps // shorter)
            found[part] = [Training(self.task, model, base, None, FIRST_SEED + seed) for seed in range(seeds)]
        return found

    def _ledgers(self, records: AbstractRecords) -> dict[int, dict[str, list[Ledger]]]:
        """Networks of each depth by part, where a whole one is finished."""
        found = {}
        for depth in self.depths:
            parts = {part: records.records(trials) for part, trials in self._trials(depth).items()}
            found[depth] = {part: [Ledger(record) for record in of] for part, of in parts.items()}
        return {depth: parts for depth, parts in found.items() if parts[WHOLE]}

    def level(self, records: AbstractRecords, command: str) -> ReflexLevel | None:
        found = self._level(records, command)
        if found is None:
            return None
        whole = {depth: parts[WHOLE] for depth, parts in self._ledgers(records).items()}
        depths = [dataclasses.replace(d, instance_bits=_by_instance(whole[d.depth])) for d in found.depths]
        return dataclasses.replace(found, depths=tuple(depths))

    def _level(self, records: AbstractRecords, command: str) -> ReflexLevel | None:
        """The level without its bits by instance, which published records need not have."""
        found = self._ledgers(records)
        if not found:
            return None
        some = next(iter(found.values()))[WHOLE][0]
        depths = tuple(_depth(depth, parts) for depth, parts in found.items())
        ceiling, versions = some.mean("novel-ceiling"), some.record.values["versions"]
        return ReflexLevel(TASKS.describe(self.task), command, self.base.steps, depths, ceiling, versions)

    def analyse(self, records: AbstractRecords) -> Finding:
        level = self._level(records, "")
        depths = () if level is None else level.depths
        rows = [
            (
                d.depth, len(d.seeds), *map(_round, mean_interval(np.array(d.seeds))), _percent(d.last_doubling),
                _percent(d.last_widening), _round(d.limit), _round(d.bits / level.ceiling),
            )
            for d in depths
        ]  # fmt: skip
        heads = (
            "serial depth", "seeds", "bits", "low", "high", "rise over the last doubling (%)",
            "rise over the last doubling of the width (%)", "upper limit of any training", "of the ceiling",
        )  # fmt: skip
        chart = Chart(
            "reflex-depth",
            "How far shallow networks go, by serial depth and length of training",
            "Bits on the evaluation set after training on unlimited instances; each point is a seed.",
            "curves",
            tuple(
                {"depth": d.depth, "bits": bits, "steps": part, "seed": seed}
                for d in depths
                for part, values in ((WHOLE, d.seeds), (HALF, d.half_seeds), (QUARTER, d.quarter_seeds))
                for seed, bits in enumerate(values)
            ),
            Field("depth", "serial depth (hidden layers)", "log"),
            Field("bits", "bits on novel instances"),
            Field("steps", "training", "category"),
            reference=("ceiling", level.ceiling) if level else None,
        )
        table = Table("reflex-levels", "Bits of shallow networks on novel instances", heads, tuple(rows))
        fixed = self.name, self.section, self.claim, self.prediction, None, "bits", 1.0, None
        return Finding(*fixed, "A level, not a claim: no verdict.", tables=(table,), charts=(chart,))


def _depth(depth: int, parts: dict[str, list[Ledger]]) -> Depth:
    whole = parts[WHOLE]
    bits = {part: tuple(ledger.mean("novel-tempered") for ledger in of) for part, of in parts.items()}
    return Depth(
        depth=depth,
        model=describe(whole[0].record.trial)["model"],
        seeds=bits[WHOLE],
        instance_bits=(),
        half_seeds=bits[HALF],
        trials=tuple(ledger.record.values["id"] for of in parts.values() for ledger in of),
        quarter_seeds=bits[QUARTER],
        narrow_seeds=bits[NARROW],
        read_seeds=tuple(ledger.last_read() for ledger in whole),
    )


def _by_instance(ledgers: list[Ledger]) -> tuple[float, ...]:
    """Mean bits over seeds of each instance of the evaluation set."""
    found = [ledger.instances("novel-tempered") for ledger in ledgers]
    return tuple(np.round(np.mean([[bits[i] for i in sorted(bits)] for bits in found], axis=0), 6).tolist())


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 2)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)
