"""How far do reflexes go? The level against which serial surplus is counted."""

import dataclasses
import shlex
from typing import ClassVar, Literal

import numpy as np

from .. import __version__
from ..base import BASES
from ..findings import Chart, Field, Finding, Table
from ..lab import Depth, Record, ReflexLevel, Store, Training, Trial, describe, save_level
from ..models import MODELS
from ..stats import mean_interval
from ..tasks import TASKS
from ._base import AbstractCondition

FIRST_SEED = 100
"""Levels have seeds of their own, apart from those of any comparison."""


@dataclasses.dataclass(frozen=True)
class Reflex(AbstractCondition):
    """Shallow networks of serial depth 1, 2, 3, 5 and 8, trained on unlimited instances.

    The level of a depth is the mean over seeds of the bits on the evaluation set. Some seeds are also trained for half
    as long, each with a schedule of its own: the rise over the last doubling tells whether the curve is flat. This is
    no claim of the post and has no verdict; it is the zero of another scale.
    """

    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "with the resulting learned algorithm being simply a network of highly-tuned heuristics rather than a "
        "mesa-optimizer"
    )
    prediction: ClassVar[str] = "none: this measures how far a network of heuristics goes"
    unit: ClassVar[str] = "bits"
    smallest_effect: ClassVar[float] = 1.0
    profiles: ClassVar = {
        "smoke": {
            "rows": 4,
            "columns": 4,
            "horizon": 40,
            "depths": (1, 2),
            "channels": (8, 8),
            "seeds": 2,
            "half_seeds": 1,
            "steps": 16,
        },
        "quick": {"seeds": 2, "half_seeds": 1, "steps": 800},
        "standard": {},
        "full": {"rows": 11, "columns": 11, "horizon": 250, "steps": 51_200},
    }

    task: Literal["maze", "trail"] = "maze"
    rows: int = 7
    columns: int = 7
    style: Literal["uniform", "depth-first"] = "depth-first"
    min_distance: int = 4
    horizon: int = 100
    depths: tuple[int, ...] = (1, 2, 3, 5, 8)
    channels: tuple[int, ...] = (32, 32, 32, 32, 32)
    width: int = 5
    steps: int = 3200
    learning_rate: float = 0.01
    seeds: int = 5
    half_seeds: int = 2

    def __post_init__(self):
        if len(self.channels) != len(self.depths):
            raise ValueError(f"reflex: channels={self.channels} needs one width for each of depths={self.depths}.")

    def sweep(self) -> list[Trial]:
        return [
            trial
            for depth in self.depths
            for trial in self._trials(depth, self.steps, self.seeds)
            + self._trials(depth, self.steps // 2, self.half_seeds)
        ]

    def analyse(self, store: Store) -> Finding:
        depths = [depth for number in self.depths if (depth := self._depth(store, number))]
        if depths:
            self._save(store, depths)
        curve = Chart(
            "reflex-depth",
            "Reflexes of any width stay below the ceiling; more serial depth brings them nearer",
            "Bits on the evaluation set after training on unlimited instances; each point is a seed.",
            "curves",
            tuple(
                {"depth": depth.depth, "bits": bits, "steps": label, "seed": seed}
                for depth in depths
                for label, values in (("full", depth.seeds), ("half", depth.half_seeds))
                for seed, bits in enumerate(values)
            ),
            Field("depth", "serial depth (hidden layers)", "log"),
            Field("bits", "bits on novel instances"),
            Field("steps", "training", "category"),
        )
        rows = []
        for depth in depths:
            level = mean_interval(np.array(depth.seeds))
            rise = None if depth.last_doubling is None else round(100 * depth.last_doubling, 1)
            rows.append((depth.depth, len(depth.seeds), *(round(float(v), 2) for v in level), rise))
        heads = ("serial depth", "seeds", "bits", "low", "high", "rise over the last doubling (%)")
        return self.finding(
            "reflex",
            None,
            None,
            "A level, not a claim: no verdict.",
            tables=(Table("reflex-levels", "Bits of shallow networks on novel instances", heads, tuple(rows)),),
            charts=(curve,),
        )

    def _task(self):
        size = {name: getattr(self, name) for name in ("rows", "columns", "style", "min_distance", "horizon")}
        return TASKS.build(self.task, size)

    def _trials(self, depth: int, steps: int, seeds: int) -> list[Trial]:
        shape = {
            "kind": "convolution",
            "depth": depth,
            "channels": dict(zip(self.depths, self.channels))[depth],
            "width": self.width,
        }
        rates = {"steps": steps, "learning_rate": self.learning_rate, "lift": 2.0}
        model, base = MODELS.build("feedforward", shape), BASES.build("policy-gradient", rates)
        return [Training(self._task(), model, base, None, FIRST_SEED + seed) for seed in range(seeds)]

    def _depth(self, store: Store, depth: int) -> Depth | None:
        records = store.records(self._trials(depth, self.steps, self.seeds))
        halves = store.records(self._trials(depth, self.steps // 2, self.half_seeds))
        if not records:
            return None
        instance_bits = np.mean([_novel_bits(record) for record in records], axis=0)
        return Depth(
            depth=depth,
            model=describe(records[0].trial)["model"],
            seeds=tuple(float(np.mean(_novel_bits(record))) for record in records),
            instance_bits=tuple(float(value) for value in np.round(instance_bits, 6)),
            half_seeds=tuple(float(np.mean(_novel_bits(record))) for record in halves),
            trials=tuple(record.values["id"] for record in records + halves),
        )

    def _save(self, store: Store, depths: list[Depth]) -> None:
        some = next(
            record for depth in self.depths for record in store.records(self._trials(depth, self.steps, self.seeds))
        )
        ceiling = some.summary("novel-ceiling")[0]["bits"]
        changed = [
            part
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
            for part in ("--set", f"{field.name}={_as_text(getattr(self, field.name))}")
        ]
        command = shlex.join(["mesascope", "run", "reflex", "--profile", "standard", *changed])
        task = self._task()
        versions = some.values["versions"] | {"mesascope": __version__}
        save_level(
            store, task, ReflexLevel(TASKS.describe(task), command, self.steps, tuple(depths), ceiling, versions)
        )


def _as_text(value) -> str:
    """A setting as the command line takes it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _novel_bits(record: Record) -> np.ndarray:
    """Bits on each instance of the evaluation set, at the chosen temperature, after the last step."""
    metrics = record.metrics()
    chosen = (metrics["view"] == "novel-tempered") & (metrics["step"] == record.values["steps"])
    return metrics["bits"][chosen][np.argsort(metrics["instance"][chosen])]
