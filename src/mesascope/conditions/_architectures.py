"""Architectures of like numbers of parameters, and what is known of each: its range, and what it can store."""

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from ..lab import BOUNDARY, Training
from ..models import (
    AbstractArchitecture, Feedforward, Gridloop, Lstm, Memory, Tabular, Transformer, Unrolled, matched,
    multiplications, parameters_on,
)  # fmt: skip
from ..outcomes import Estimate
from ..stats import rises
from ..tasks import AbstractAnswered
from .frame import Cells, Ledger, Measure, Runs, internal

LOOP, TABLE, LINEAR = "grid loop", "table", "linear map"
TIED, APART = "unrolled, started tied", "unrolled, started apart"

MAZES, SHOWN = "mazes", "answer shown"
"""What all of them are trained on."""


@dataclasses.dataclass(frozen=True)
class Family:
    """Architectures of one kind, of which one is chosen by its number of parameters.

    Fields:
        learning_rate: on mazes; chosen on pilot seed 1000 by the bits on seen mazes: see `docs/algorithmic-range.md`.
        places_rate: on strings and labels; chosen on pilot seed 1000 by the answers on seen ones. None: not measured.
        of_size: the architecture of a size, for a number of units of thinking.
        smallest: the least size to choose; None where there is nothing to choose, and the size is the grid loop's.
    """

    learning_rate: float
    places_rate: float | None
    of_size: Callable[[int, int], AbstractArchitecture]
    smallest: int | None = None


def _of(kind: type, knob: str = "", thoughts: str = "", /, **fields) -> Callable[[int, int], AbstractArchitecture]:
    """Architectures of a kind whose size is the field `knob`, and the units of thinking the field `thoughts`."""

    def of_size(size: int, thinking: int) -> AbstractArchitecture:
        return kind(**fields, **({thoughts: thinking} if thoughts else {}), **({knob: size} if knob else {}))

    return of_size


PERCEPTRON, CONVOLUTION = {"kind": "perceptron"}, {"kind": "convolution", "channels": 7, "width": 3}
FAMILIES = {
    LINEAR: Family(0.03, 0.1, _of(Feedforward, depth=0, channels=1, **PERCEPTRON)),
    "perceptron": Family(0.003, 0.03, _of(Feedforward, "channels", depth=4, **PERCEPTRON), 2),
    "convolution": Family(0.03, 0.03, _of(Feedforward, "depth", **CONVOLUTION), 4),
    "LSTM": Family(0.03, 0.1, _of(Lstm, "embedding", "thinking", channels=12), 1),
    "transformer": Family(0.03, 0.03, _of(Transformer, "hidden", channels=16, heads=4, depth=3), 4),
    "looped transformer": Family(0.03, 0.01, _of(Transformer, "hidden", "thinking", channels=24, heads=4), 4),
    "external memory": Family(0.01, 0.03, _of(Memory, "channels", "thinking", slot=12, heads=4), 2),
    LOOP: Family(0.03, 0.03, _of(Gridloop, "channels", "thinking")),
    TABLE: Family(2.0, 2.0, _of(Tabular)),
}
"""By name, as tables show them."""

EXEMPT = (LINEAR, TABLE)
"""Have as many parameters as the task asks for."""

UNTIED = {
    TIED: Family(0.03, None, _of(Unrolled, "channels", "depth", start="tied")),
    APART: Family(0.03, None, _of(Unrolled, "channels", "depth", start="apart")),
}
"""The steps of the grid loop with weights of their own: they can compute all that it can, and more."""


def sized(name: str, task: AbstractAnswered, loop: Gridloop) -> AbstractArchitecture:
    """The architecture of that name with the parameters of a grid loop on a task.

    Raises:
        ValueError: none comes within 5%.
    """
    family = (FAMILIES | UNTIED)[name]
    if family.smallest is None:
        return family.of_size(loop.channels, loop.thinking)
    on_task = _seen(task).shape, task.num_actions
    wanted = parameters_on(loop, *on_task)
    return matched(lambda size: family.of_size(size, loop.thinking), family.smallest, wanted, *on_task)


@functools.lru_cache(maxsize=64)
def _seen(task: AbstractAnswered):
    return jax.eval_shape(lambda key: task.observe(task.draw(key)), jr.key(0))


def work(trial: Training) -> int:
    """Multiplications of one answer."""
    seen = jnp.zeros(_seen(trial.task).shape, jnp.float32)
    model = trial.model.init(jr.key(0), seen[None], trial.task.num_actions)
    return multiplications(model, seen, trial.thinking)


def from_chance(share: float, ledger: Ledger) -> float:
    """A share of right answers, as the way from chance (0) to all (1), where chance is one in so many answers."""
    chance = 1 / ledger.record.trial.task.num_actions
    return (share - chance) / (1 - chance)


def way(view: str) -> Measure:
    """How far from chance to all answers right, where utility is 1 or 0."""
    top = f"{view.removesuffix('-tempered')}-ceiling"
    return Measure("of the way", lambda g, runs: from_chance(g.mean(view) / g.mean(top), g), 2)


def _stored(ledger: Ledger, runs: Runs) -> float:
    task = ledger.record.trial.task
    return runs.trial.num_instances * task.rows * task.columns * way("own").of(ledger, runs)


STORED = Measure("labels of the pool that are named right beyond chance", _stored, 0)


@dataclasses.dataclass(frozen=True)
class Architecture:
    """What is finished of one architecture.

    Fields:
        name: of it.
        cells: of the claim.
        strings: rules of strings, each an arm; none of a table, which has a row for no string that it has not seen.
        labels: arms with random labels.
    """

    name: str
    cells: Cells
    strings: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def mazes(self) -> Runs:
        return self.cells[MAZES, self.name]

    @property
    def twins(self) -> Runs:
        return self.cells[SHOWN, self.name]

    @property
    def complete(self) -> bool:
        """Whether all of its trainings are finished."""
        return all(self.cells[arm, self.name].complete for arm in (*self.strings, *self.labels, MAZES, SHOWN))

    def range(self, view: str = "beyond", without: str = "") -> float | None:
        """How far from chance (0) to all answers right (1) on strings, the mean over rules and seeds.

        0 without strings, as of a table; None where a rule has no finished network.

        Args:
            view: `beyond` for strings longer than those trained on, `novel-tempered` for others of the same lengths.
            without: a rule that is left out.
        """
        found = [self.cells[rule, self.name] for rule in self.strings if rule != without]
        if not all(runs.ledgers for runs in found):
            return None
        return float(np.mean([runs.mean(way(view)) for runs in found])) if found else 0.0

    def capacity(self) -> float | None:
        """The most labels that were stored: those named right beyond chance, at the N where they are most."""
        found = [runs.mean(STORED) for arm in self.labels if (runs := self.cells[arm, self.name]).ledgers]
        return max(found, default=None)

    @property
    def octaves(self) -> float:
        """log2 of the capacity; of less than one label as of one."""
        return float(np.log2(max(self.capacity(), 1.0)))

    def serial(self, boundary: int = BOUNDARY) -> dict[int, float]:
        """By seed, internal bits on mazes beyond the mean of those on the twins, where a reflex suffices."""
        twin = self.twins.mean(internal(boundary))
        return {seed: float(bits - twin) for seed, bits in self.mazes.by_seed(internal(boundary)).items()}

    def mean_serial(self, boundary: int = BOUNDARY) -> float:
        """Internal bits on mazes beyond those on the twins, mean over seeds."""
        return float(np.mean([*self.serial(boundary).values()]))


def rise_of(
    architectures: list[Architecture], values: list[float], ranges: list[float] | None = None
) -> list[Estimate] | None:
    """What a quantity rises by from the least range to the greatest and from the least capacity to the greatest.

    Args:
        architectures: complete ones.
        values: the quantity of each.
        ranges: of each, where it is another than that on longer strings.
    """
    return rises(np.array(values), factors(architectures, ranges))


def rise(
    architectures: list[Architecture], boundary: int = BOUNDARY, ranges: list[float] | None = None
) -> Estimate | None:
    """The primary measure; None where there are too few architectures, or none differ."""
    found = rise_of(architectures, [one.mean_serial(boundary) for one in architectures], ranges)
    return found and found[0]


def factors(architectures: list[Architecture], ranges: list[float] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Range and log2 of capacity of each architecture."""
    ranges = [one.range() for one in architectures] if ranges is None else ranges
    return np.array(ranges), np.array([one.octaves for one in architectures])


def labels_arm(num_instances: int) -> str:
    """Name of the arm with so many instances of random labels."""
    return f"labels, N = {num_instances}"


def known(claim, cells: Cells, whole: bool = False) -> list[Architecture]:
    """Architectures of which networks trained on mazes are finished; with `whole`, those of which all are."""
    labels = tuple(map(labels_arm, claim.label_pools))
    every = [Architecture(name, cells, () if name == TABLE else claim.rules, labels) for name in claim.architectures]
    return [one for one in every if (one.complete if whole else one.mazes.ledgers)]
