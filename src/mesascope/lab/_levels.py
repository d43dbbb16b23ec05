"""Reflex levels: what shallow networks reach on a task, against which surplus is counted."""

import dataclasses
import importlib.resources
import pathlib

import msgspec
import numpy as np
from jaxtyping import Float

from ..stats import mean_interval
from ..tasks import AbstractTask
from ._records import AbstractRecords
from .trials import task_id

FLAT = 0.02
"""A rise over the last doubling of the training, or of the width, that is no more than this counts as none."""

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
        quarter_seeds: the same after a quarter of the training.
        narrow_seeds: the same for the first seeds of networks of half the width, after the whole training.
        read_seeds: what the largest read-outs make of the last layer of each seed's network.
    """

    depth: int
    model: dict
    seeds: tuple[float, ...]
    instance_bits: tuple[float, ...]
    half_seeds: tuple[float, ...]
    trials: tuple[str, ...]
    quarter_seeds: tuple[float, ...] = ()
    narrow_seeds: tuple[float, ...] = ()
    read_seeds: tuple[float, ...] = ()

    @property
    def bits(self) -> float:
        """Mean bits over seeds."""
        return sum(self.seeds) / len(self.seeds)

    @property
    def last_doubling(self) -> float | None:
        """The share by which the last doubling of the training raised the bits, paired by seed."""
        return _rise(self.seeds, self.half_seeds)

    @property
    def last_widening(self) -> float | None:
        """The share by which the last doubling of the width raised the bits, paired by seed."""
        return _rise(self.seeds, self.narrow_seeds)

    @property
    def reached(self) -> float:
        """The upper limit over seeds of what such networks have reached, by themselves or by read-outs of them.

        Networks under test are read by read-outs of two further layers, and so are those that they are held against.
        """
        best = max(self.seeds, self.read_seeds, key=lambda seeds: sum(seeds) / max(len(seeds), 1))
        return mean_interval(np.array(best)).high if len(best) > 1 else best[0]

    @property
    def limit(self) -> float | None:
        """The upper limit of what such networks would reach, however long they were trained; None if it is not known.

        Where the curve is flat, what they have reached. Where it is not, but every doubling of the training brings less
        than the one before, with the sum of what all further doublings would bring if their gains went on to shrink by
        that factor: g r / (1 - r) more, with g the last gain and r its share of the one before, at the upper limits
        over seeds of both (Aitken's extrapolation). Width has no such limit: it has to be flat, or not to have been
        tried.
        """
        if self.last_doubling is None or len(self.seeds) < 2 or (self.last_widening or 0) > FLAT:
            return None
        if self.last_doubling <= FLAT:
            return self.reached
        both = min(len(self.half_seeds), len(self.quarter_seeds))
        if both < 2:
            return None
        whole, half, quarter = (np.array(s[:both]) for s in (self.seeds, self.half_seeds, self.quarter_seeds))
        if not np.all(half > quarter):
            return None
        gain = mean_interval(whole - half).high
        shrunk = mean_interval((whole - half) / (half - quarter)).high
        return self.reached + gain * shrunk / (1 - shrunk) if shrunk < 1 else None


def _rise(after: tuple[float, ...], before: tuple[float, ...]) -> float | None:
    return sum(after[: len(before)]) / sum(before) - 1 if before else None


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

    def settled(self, boundary: int = BOUNDARY) -> bool:
        """Whether the curve of the best reflexes of such depths is flat, or flattens, so that their limit is known."""
        best = self.best(boundary)
        return best is not None and best.limit is not None

    def upper(self, boundary: int = BOUNDARY) -> float | None:
        """What certified bits are counted from: the limit of reflexes of serial depth at most `boundary`.

        Where it is not `settled`, the most that any of them has reached so far; None if none was trained.
        """
        best = self.best(boundary)
        return None if best is None else min(best.limit or best.reached, self.ceiling)

    @property
    def strength(self) -> tuple[float, int, int]:
        """Orders levels: by what reflexes reached, then by longer training, then by more depths."""
        best = self.best()
        return 0.0 if best is None else best.bits, self.steps, len(self.depths)

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


def certified_rows(
    last: Float[np.ndarray, " instances"], before: Float[np.ndarray, " instances"], limit: float
) -> Float[np.ndarray, " instances"]:
    """Bits by instance whose mean, where it is above 0, are certified bits; which is taken away is said by means.

    Args:
        last: what read-outs make of the last stage.
        before: what they make of the boundary's.
        limit: the upper limit of the reflex level.
    """
    return last - (before if np.mean(before) > limit else limit)


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
