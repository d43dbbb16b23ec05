"""What a trial is: a value that says what is run, and what each kind of it does with that."""

import abc
from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

import jax.random as jr
import numpy as np
from jaxtyping import Array, PRNGKeyArray, PyTree

from ..._registry import Registry
from ...models import AbstractModel
from ...tasks import GENERATOR, ROOT_SEED


class Checkpoint(NamedTuple):
    """A network as it was after some step."""

    step: int
    model: AbstractModel
    power_bits: float
    finite: bool


Given = Callable[["AbstractTrial"], AbstractModel]
"""The last network of a trial that another one requires."""


class AbstractTrial(abc.ABC):
    """One thing to run. Implementations are frozen dataclasses, registered by name in `TRIALS`.

    A field named in `parts` holds a registered member or a tuple of them. A field with a default enters id and
    description only where it differs from that, so that one added later changes no id. A trial whose networks are
    measured by the views, which is one without `columns` of its own, also has `task`, `thinking` (units of thinking
    that it is measured with), `stream` (seed of its pool), `pool_size`, `read_every`, `wide_readouts`,
    `signed` and `probed` (see `Training`).

    Fields:
        num_instances: N; None for unlimited.
        seed: unit of all statistics.
        steps: Number of training steps.
        batch: Instances a step.
    """

    parts: ClassVar[Mapping[str, Registry]]
    """Registries of those fields that hold registered members, in the order in which ids name them."""
    known: ClassVar[bool]
    """Whether it states itself what the measures must show: then signs of search are measured too."""
    grouped: ClassVar[bool]
    """Whether trials of one program and number of steps can train at once, which takes the methods of `Training`."""

    num_instances: int | None
    seed: int
    steps: int
    batch: int

    @property
    @abc.abstractmethod
    def requires(self) -> tuple["AbstractTrial", ...]:
        """Trials whose networks this one begins with; executors finish them first."""

    @property
    @abc.abstractmethod
    def label(self) -> str:
        """The trial in a few words."""

    @property
    @abc.abstractmethod
    def cost(self) -> float:
        """Roughly the multiplications of making and measuring it: of use for estimates of time only."""

    @property
    @abc.abstractmethod
    def program(self) -> tuple:
        """What decides which compiled program the trial needs."""

    @abc.abstractmethod
    def instances(self) -> PyTree[Array]:
        """Instances that the trial is about, with a leading axis: the pool of a training, say."""

    @abc.abstractmethod
    def fresh(self, instances: PyTree[Array]) -> AbstractModel:
        """The network before any training, or the planted algorithm; empty where there is none.

        Args:
            instances: those of `instances()`, or their shapes where no array is kept of them.
        """

    @abc.abstractmethod
    def skeleton(self) -> AbstractModel:
        """A network like those of the checkpoints, its trained arrays as shapes."""

    @abc.abstractmethod
    def checkpoints(self, report: Callable[[float], None], given: Given) -> list[Checkpoint]:
        """The networks that the trial makes, in the order of steps, at least one; a pure function of the trial.

        Args:
            report: called with the share of the work that is done.
            given: the last network of each trial that this one requires.
        """

    @abc.abstractmethod
    def columns(self, checkpoints: list[Checkpoint]) -> dict[str, np.ndarray] | None:
        """The metrics of the record where the trial calculates them itself; None where the views measure its networks.

        Args:
            checkpoints: networks of the trial, as its weights in a store give them.
        """


def trial_key(trial: AbstractTrial, stream: int) -> PRNGKeyArray:
    """The random key of a trial: stream 0 draws the network, stream 1 trains it."""
    return jr.fold_in(jr.fold_in(jr.key(trial.seed, impl=GENERATOR), ROOT_SEED), stream)
