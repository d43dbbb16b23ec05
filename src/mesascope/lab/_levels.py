"""Reflex levels: what shallow networks reach on a task, against which surplus is counted."""

import dataclasses
import importlib.resources
import pathlib

import msgspec

from ..tasks import AbstractTask
from ._records import AbstractRecords
from .trials import task_id

BOUNDARY = 3
"""Serial depth up to which a network counts as a reflex."""

ENOUGH_SEEDS = 5
"""A level of fewer seeds is provisional."""


@dataclasses.dataclass(frozen=True)
class Depth:
    """The best shallow networks of one serial depth.

    Fields:
        depth: number of hidden layers.
        model: the architecture's configuration.
        seeds: mean bits on the evaluation set of each seed, at its own chosen temperature.
        instance_bits: mean over seeds for each instance of the evaluation set.
        half_seeds: the same for the first seeds after half the training, each with a schedule of its own.
        trials: ids of the trials.
    """

    depth: int
    model: dict
    seeds: tuple[float, ...]
    instance_bits: tuple[float, ...]
    half_seeds: tuple[float, ...]
    trials: tuple[str, ...]

    @property
    def bits(self) -> float:
        """Mean bits over seeds."""
        return sum(self.seeds) / len(self.seeds)

    @property
    def last_doubling(self) -> float | None:
        """The share by which the last doubling of the training raised the bits, paired by seed."""
        if not self.half_seeds:
            return None
        paired = self.seeds[: len(self.half_seeds)]
        return sum(paired) / sum(self.half_seeds) - 1


@dataclasses.dataclass(frozen=True)
class ReflexLevel:
    """What shallow networks reach on a task.

    Fields:
        task: the task's configuration.
        command: what made the level.
        steps: of the training.
        depths: in ascending order.
        ceiling: mean bits of the optimum on the evaluation set.
        versions: of the software.
    """

    task: dict
    command: str
    steps: int
    depths: tuple[Depth, ...]
    ceiling: float
    versions: dict

    def best(self, boundary: int = BOUNDARY) -> Depth | None:
        """The best networks of serial depth at most `boundary`; None if none was trained."""
        return max((d for d in self.depths if d.depth <= boundary), key=lambda d: d.bits, default=None)

    @property
    def strength(self) -> tuple[bool, int, int]:
        """Orders levels: enough seeds at the boundary first, then longer training, then more depths."""
        best = self.best()
        return best is not None and len(best.seeds) >= ENOUGH_SEEDS, self.steps, len(self.depths)

    @property
    def saturated(self) -> bool:
        """Whether reflexes reach over 0.8 of the ceiling, so that surplus can say nothing."""
        best = self.best()
        return best is not None and best.bits > 0.8 * self.ceiling


def reflex_level(task: AbstractTask, records: AbstractRecords | None = None) -> ReflexLevel | None:
    """The strongest known reflex level of a task: one that lies beside records, or the one that ships."""
    own = [] if records is None else [level_path(records.path, task_id(task))]
    shipped = importlib.resources.files("mesascope") / "levels" / f"{task_id(task)}.json"
    known = [msgspec.json.decode(p.read_bytes(), type=ReflexLevel) for p in (*own, shipped) if p.is_file()]
    return max(known, key=lambda level: level.strength, default=None)


def level_path(folder: pathlib.Path, task: str) -> pathlib.Path:
    """Where a store, or a published folder, keeps the reflex level of a task of that id."""
    return folder / "levels" / f"{task}.json"


def save_level(records: AbstractRecords, task: AbstractTask, level: ReflexLevel) -> pathlib.Path:
    """Writes a level beside records, unless a stronger one is there."""
    path = level_path(records.path, task_id(task))
    if path.is_file() and msgspec.json.decode(path.read_bytes(), type=ReflexLevel).strength > level.strength:
        return path
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(level), indent=1))
    draft.replace(path)
    return path
