"""One planted algorithm."""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from jaxtyping import Array, PyTree

from ...models import AbstractModel
from ...organisms import ORGANISMS, AbstractOrganism
from ...tasks import TASKS, AbstractTask, novel, pool
from ._base import AbstractTrial, Checkpoint, Given, trial_key

SIGNS = 1.5e11
"""Work of measuring signs of search, by far the most of it, in multiplications."""


@dataclasses.dataclass(frozen=True)
class Planted(AbstractTrial):
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

    parts: ClassVar = {"task": TASKS, "organism": ORGANISMS}
    known: ClassVar[bool] = True
    grouped: ClassVar[bool] = False
    steps: ClassVar[int] = 0
    batch: ClassVar[int] = 0
    read_every: ClassVar[bool] = False
    wide_readouts: ClassVar[bool] = False
    signed: ClassVar[bool] = True
    probed: ClassVar[tuple] = ()

    def __post_init__(self):
        if not isinstance(self.task, self.organism.needs):
            raise ValueError(
                f"Planted({type(self.organism).__name__}): is written for {self.organism.needs.__name__}, not for "
                f"{type(self.task).__name__}."
            )
        if self.num_instances < 1:
            raise ValueError(f"Planted(num_instances={self.num_instances}): a pool has at least one instance.")

    @property
    def requires(self) -> tuple[()]:
        return ()

    @property
    def label(self) -> str:
        return f"{ORGANISMS.name_of(self.organism)} seed={self.seed}"

    @property
    def thinking(self) -> int:
        """Units of thinking that it is measured with."""
        return self.organism.thinking

    @property
    def stream(self) -> int:
        """Seed of the pool."""
        return self.seed

    @property
    def pool_size(self) -> int:
        """Number of instances of the pool."""
        return self.num_instances

    @property
    def cost(self) -> float:
        return SIGNS

    @property
    def program(self) -> tuple:
        return self.task, self.organism

    def instances(self) -> PyTree[Array]:
        if self.organism.holds == "evaluation":
            return novel(self.task)
        return pool(self.task, self.stream, self.pool_size)

    def fresh(self, instances: PyTree[Array]) -> AbstractModel:
        return self.organism.grow(trial_key(self, 0), self.task, instances)

    def skeleton(self) -> AbstractModel:
        return self.fresh(self.instances())

    def checkpoints(self, report: Callable[[float], None], given: Given) -> list[Checkpoint]:
        return [Checkpoint(0, self.skeleton(), np.nan, True)]

    def columns(self, checkpoints: list[Checkpoint]) -> None:
        return None
