"""A trial: one training, one planted algorithm or one computation, as a value with an id made from its values."""

import dataclasses
import hashlib
import math
from typing import ClassVar

import msgspec

from .._registry import Registry
from ..base import BASES, AbstractBase, check_fits
from ..computations import COMPUTATIONS, AbstractComputation
from ..models import MODELS, AbstractArchitecture
from ..organisms import ORGANISMS, AbstractOrganism
from ..tasks import TASKS, AbstractTask

SHORTEST = 12
"""No checkpoint has fewer steps, but that of a training that has fewer."""


UNUSUAL = ("later_instances", "pool_seed")
"""Fields of a training that are left out where they are None."""


@dataclasses.dataclass(frozen=True)
class Training:
    """One network trained on one pool.

    Fields:
        task: what is learned on.
        model: what can be learned.
        base: what does the learning, its number of steps included.
        num_instances: N; None for unlimited, where every step sees instances that no step has seen before.
        seed: of the pool, the initialization and the training: seeds are the unit of all statistics.
        later_instances: N in the second half of the steps, where that is another one; the smaller of the two pools is
            the beginning of the larger.
        pool_seed: of the pool, where several trainings share one; their own seed where it is None.
    """

    task: AbstractTask
    model: AbstractArchitecture
    base: AbstractBase
    num_instances: int | None
    seed: int
    later_instances: int | None = None
    pool_seed: int | None = None

    def __post_init__(self):
        check_fits(self.base, self.task)
        if self.num_instances is not None and self.num_instances < 1:
            raise ValueError(f"Training(num_instances={self.num_instances}): N is at least 1, or None for unlimited.")
        if self.later_instances is not None and (self.num_instances is None or self.later_instances < 1):
            raise ValueError(
                f"Training(num_instances={self.num_instances}, later_instances={self.later_instances}): a change of "
                "pools is between two numbers of instances, both at least 1."
            )
        if self.later_instances is not None and self.base.steps < 2 * SHORTEST:
            raise ValueError(
                f"Training(steps={self.base.steps}, later_instances={self.later_instances}): pools change at a "
                f"checkpoint, and the first is after {SHORTEST} steps; train for {2 * SHORTEST} or more."
            )
        for name in self.base.traced:
            if not math.isfinite(getattr(self.base, name)):
                raise ValueError(f"Training({name}={getattr(self.base, name)}): give a finite number.")
        if self.base.steps < 0 or self.base.batch < 1:
            raise ValueError(
                f"Training(steps={self.base.steps}, batch={self.base.batch}): steps are at least 0, a batch at least 1."
            )

    @property
    def steps(self) -> int:
        """Of training."""
        return self.base.steps

    @property
    def thinking(self) -> int:
        """Units of thinking in training, and where nothing else is said in measuring."""
        return self.model.thinking

    @property
    def stream(self) -> int:
        """The seed of the pool."""
        return self.seed if self.pool_seed is None else self.pool_seed

    @property
    def pool_size(self) -> int:
        """Rows of the bank: the largest N, or as many instances as the steps will see."""
        return max(self.base.steps, 1) * self.base.batch if self.num_instances is None else max(self._sizes)

    @property
    def batch(self) -> int:
        """Instances a step: min(batch size, N), the same for all steps."""
        return self.base.batch if self.num_instances is None else min(self.base.batch, *self._sizes)

    def rows_until(self, step: int) -> int:
        """Rows of the bank that are drawn from on the way to a checkpoint."""
        first_half = 2 * step <= self.base.steps
        return self.pool_size if self.num_instances is None else self._sizes[0 if first_half else -1]

    @property
    def _sizes(self) -> tuple[int, ...]:
        later = () if self.later_instances is None else (self.later_instances,)
        return self.num_instances, *later


@dataclasses.dataclass(frozen=True)
class Planted:
    """One planted algorithm, of which nothing is trained.

    Fields:
        task: what it is planted in.
        organism: the algorithm.
        num_instances: of the pool that tables take in.
        seed: of the pool, and of what is random in the algorithm.
    """

    task: AbstractTask
    organism: AbstractOrganism
    num_instances: int
    seed: int

    steps: ClassVar[int] = 0
    batch: ClassVar[int] = 0

    def __post_init__(self):
        if not isinstance(self.task, self.organism.needs):
            raise ValueError(
                f"Planted({type(self.organism).__name__}): is written for {self.organism.needs.__name__}, not for "
                f"{type(self.task).__name__}."
            )
        if self.num_instances < 1:
            raise ValueError(f"Planted(num_instances={self.num_instances}): a pool has at least one instance.")

    @property
    def thinking(self) -> int:
        """Units of thinking that it is measured with."""
        return self.organism.thinking

    @property
    def stream(self) -> int:
        """The seed of the pool."""
        return self.seed

    @property
    def pool_size(self) -> int:
        """Instances of the pool."""
        return self.num_instances


@dataclasses.dataclass(frozen=True)
class Computation:
    """One exact calculation, of which nothing is trained and no network is measured.

    Fields:
        computation: what is calculated; its columns are the metrics of the record.
        seed: of what is drawn in it.
    """

    computation: AbstractComputation
    seed: int

    steps: ClassVar[int] = 0
    batch: ClassVar[int] = 0
    num_instances: ClassVar[int] = 0


Trial = Training | Planted | Computation


def checkpoint_steps(steps: int) -> list[int]:
    """The last step and its halves down to 12: log-spaced, so that one run serves every shorter training time."""
    halves = [steps >> k for k in range(steps.bit_length())]
    return sorted({step for step in halves if step >= SHORTEST} | {steps})


def _parts(trial: Trial) -> dict[str, tuple[Registry, object]]:
    """The registered members that a trial is made of, by the name of the field."""
    if isinstance(trial, Planted):
        return {"task": (TASKS, trial.task), "organism": (ORGANISMS, trial.organism)}
    if isinstance(trial, Computation):
        return {"computation": (COMPUTATIONS, trial.computation)}
    return {"task": (TASKS, trial.task), "model": (MODELS, trial.model), "base": (BASES, trial.base)}


def describe(trial: Trial) -> dict[str, object]:
    """A trial as plain values, from which `from_description` makes it again."""
    parts = {field: registry.describe(part) for field, (registry, part) in _parts(trial).items()}
    return {"kind": _kind(trial), **parts, "num_instances": trial.num_instances, "seed": trial.seed} | _unusual(trial)


def from_description(values: dict) -> Trial:
    """The trial of a description."""

    def member(registry, part):
        return registry.build(part["name"], {name: value for name, value in part.items() if name != "name"})

    size, seed = values["num_instances"], values["seed"]
    if values["kind"] == "computation":
        return Computation(member(COMPUTATIONS, values["computation"]), seed)
    task = member(TASKS, values["task"])
    if values["kind"] == "planted":
        return Planted(task, member(ORGANISMS, values["organism"]), size, seed)
    unusual = {name: values[name] for name in UNUSUAL if name in values}
    return Training(task, member(MODELS, values["model"]), member(BASES, values["base"]), size, seed, **unusual)


def trial_id(trial: Trial) -> str:
    """20 hexadecimal digits from the values that differ from their defaults and the versions of the parts.

    Neither condition nor profile nor machine enters; a field added later changes no id as long as its default is the
    old behaviour.
    """
    values = [
        (registry.name_of(part), type(part).version, _changed(part)) for registry, part in _parts(trial).values()
    ] + [trial.num_instances, trial.seed]
    unusual = _unusual(trial)
    # ids are older than the second of these fields
    values += [unusual.pop("later_instances")] if "later_instances" in unusual else []
    values += sorted(unusual.items())
    encoded = msgspec.json.encode([_kind(trial), values], order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:20]


def task_id(task: AbstractTask) -> str:
    """The id of a task alone, under which its reflex level is kept."""
    values = [TASKS.name_of(task), type(task).version, _changed(task)]
    return hashlib.sha256(msgspec.json.encode(values, order="deterministic")).hexdigest()[:20]


def cost(trial: Trial) -> float:
    """A rough number of multiplications of a trial: of use for estimates of time only."""
    if isinstance(trial, Computation):
        return trial.computation.cost
    if isinstance(trial, Planted):
        return 4e10
    size = getattr(trial.model, "channels", 4) ** 2 * max(trial.model.thinking, getattr(trial.model, "depth", 1))
    places = getattr(trial.task, "rows", 1) * getattr(trial.task, "columns", 1)
    work_a_step = trial.batch * places * (size * 15 + 2000)
    return trial.base.steps * work_a_step + 4e10


def _unusual(trial: Trial) -> dict[str, int]:
    """The fields that few trials have."""
    found = {name: getattr(trial, name, None) for name in UNUSUAL}
    return {name: value for name, value in found.items() if value is not None}


def _kind(trial: Trial) -> str:
    return type(trial).__name__.lower()


def _changed(part) -> dict[str, object]:
    return {
        field.name: getattr(part, field.name)
        for field in dataclasses.fields(part)
        if getattr(part, field.name) != field.default
    }
