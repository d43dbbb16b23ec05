"""One exact calculation."""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from ...computations import COMPUTATIONS, AbstractComputation
from ._base import AbstractTrial, Checkpoint, Given


@dataclasses.dataclass(frozen=True)
class Computation(AbstractTrial):
    """One exact calculation, of which nothing is trained and no network is measured.

    Fields:
        computation: what is calculated; its columns are the metrics of the record.
        seed: of what is drawn in it.
    """

    computation: AbstractComputation
    seed: int

    parts: ClassVar = {"computation": COMPUTATIONS}
    known: ClassVar[bool] = False
    grouped: ClassVar[bool] = False
    steps: ClassVar[int] = 0
    batch: ClassVar[int] = 0
    num_instances: ClassVar[int] = 0

    @property
    def requires(self) -> tuple[()]:
        return ()

    @property
    def label(self) -> str:
        return f"{COMPUTATIONS.name_of(self.computation)} seed={self.seed}"

    @property
    def cost(self) -> float:
        return self.computation.cost

    @property
    def program(self) -> tuple:
        return (type(self.computation),)

    def instances(self) -> tuple[()]:
        return ()

    def fresh(self, instances: tuple[()]) -> tuple[()]:
        return ()

    def skeleton(self) -> tuple[()]:
        return ()

    def checkpoints(self, report: Callable[[float], None], given: Given) -> list[Checkpoint]:
        return [Checkpoint(0, (), np.nan, True)]

    def columns(self, checkpoints: list[Checkpoint]) -> dict[str, np.ndarray]:
        return self.computation.columns(self.seed)
