"""What an organism is: an algorithm written by hand, whose power is known before it is measured."""

import abc
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks import AbstractTask

DECIDED = 20.0
"""Logit of a move that an organism has settled on, beside zeros."""

Stated = list[tuple[float, Float[np.ndarray, "*places actions"]]]
"""Policies with their probabilities."""


class AbstractOrganism(abc.ABC):
    """A planted algorithm. Implementations are frozen dataclasses, registered by name.

    `thinking` is the number of units of thinking that it is measured with; 0 says that there is no such knob.
    """

    version: ClassVar[int]
    needs: ClassVar[type[AbstractTask]]
    """The kind of task that it is written for."""
    serial: bool
    """Whether it computes serially at run time; of the class, or of its settings."""
    searches: bool
    """Whether what it computes is a comparison of options; of the class, or of its settings."""
    thinking: int
    holds: Literal["pool", "evaluation"] = "pool"
    """The instances that it is given: those of its pool, or the evaluation set itself."""

    @abc.abstractmethod
    def grow(self, key: PRNGKeyArray, task: AbstractTask, stored: PyTree[Array]) -> AbstractModel:
        """The algorithm as a model, which everything that is measured on networks can be measured on.

        Args:
            key: random key, for what is random in it.
            task: what it is planted in.
            stored: the instances that it `holds`, which tables take in.
        """


class AbstractAnswering(AbstractOrganism):
    """A planted algorithm for a task of one observation and one answer."""

    follows_goal: ClassVar[bool]
    """Whether it looks at the mark of the goal, and at nothing else that leads there."""

    @abc.abstractmethod
    def states(self, task: AbstractTask, instance: PyTree[np.ndarray], stages: int | None = None) -> Stated:
        """The policies that it must show at run time on an instance that it has not stored, with their probabilities.

        Computed apart from the model: the expected values of the calibration come from here. Empty where the policy
        is not known beforehand, as that of a trained network.

        Args:
            task: what it is planted in.
            instance: one instance, as NumPy arrays.
            stages: after so many serial stages; after all of them unless given. After more than it has: what it would
                state if it went on.
        """


class AbstractConcealing(AbstractAnswering):
    """A planted algorithm whose memory holds what its answers do not show."""

    @abc.abstractmethod
    def conceals(self, task: AbstractTask, instance: PyTree[np.ndarray], stages: int | None = None) -> Stated:
        """The policies that a read-out must be able to make of its memory; empty where they are not known beforehand.

        Args:
            task: what it is planted in.
            instance: one instance, as NumPy arrays.
            stages: as in `states`.
        """


class AbstractRemembering(AbstractAnswering):
    """A planted algorithm of which more can be said once it is known what it has stored."""

    @abc.abstractmethod
    def recalls(
        self, task: AbstractTask, instance: PyTree[np.ndarray], stored: PyTree[np.ndarray], stages: int | None = None
    ) -> Stated:
        """The policies that it must show on an instance, stored or not, given all that it has stored.

        Args:
            task: what it is planted in.
            instance: one instance, as NumPy arrays.
            stored: the instances that it `holds`, as NumPy arrays.
            stages: as in `states`.
        """


class AbstractPlaying(AbstractOrganism):
    """A planted algorithm for a played task."""

    first: int
    """Thoughts before the first move."""

    num_draws: ClassVar[int]
    """Games that are drawn on each instance: 1 where nothing is random."""

    @abc.abstractmethod
    def states_chances(
        self, task: AbstractTask, instance: PyTree[np.ndarray], chances: Float[np.ndarray, " atoms"]
    ) -> Float[np.ndarray, " atoms"]:
        """The probability of each utility that it must show on an instance.

        Args:
            task: what it is planted in.
            instance: one instance, as NumPy arrays.
            chances: of each utility under the reference, in ascending order of utility.
        """
