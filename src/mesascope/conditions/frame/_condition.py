"""Interface of every condition, be it a claim or a study: trials to run, and what their records say."""

import abc
from collections.abc import Mapping
from typing import ClassVar, Literal

from ..._registry import nearest
from ...findings import Finding
from ...lab import AbstractRecords, ReflexLevel, Trial
from ...tasks import AbstractTask
from ._settings import configured

Profile = Literal["smoke", "quick", "standard", "full"]


class AbstractCondition(abc.ABC):
    """An experiment. Implementations are frozen dataclasses whose fields are settings.

    Fields:
        name: what it is called on the command line.
        section: of the post in which the claim stands.
        claim: the words of the post.
        prediction: what the claim predicts of the primary measure.
        profiles: the settings that each profile changes.
        views: whose rows by instance the analysis reads; of all others means suffice.
    """

    name: ClassVar[str]
    section: ClassVar[str]
    claim: ClassVar[str]
    prediction: ClassVar[str]
    profiles: ClassVar[Mapping[Profile, Mapping[str, object]]]
    views: ClassVar[tuple[str, ...]] = ()

    @abc.abstractmethod
    def sweep(self) -> list[Trial]:
        """All trials that the settings ask for, each once."""

    @abc.abstractmethod
    def analyse(self, records: AbstractRecords) -> Finding:
        """Finding from the records of the finished trials alone; what is not finished is left out."""


class AbstractLevelling(AbstractCondition):
    """A condition that also yields the reflex level of its task, which others count surplus from.

    Fields:
        task: whose level it is.
    """

    task: AbstractTask

    @abc.abstractmethod
    def level(self, records: AbstractRecords, command: str) -> ReflexLevel | None:
        """The level, with the command that made it; None before any trial is finished."""


def settings(kind: type[AbstractCondition], profile: str, overrides: Mapping[str, object]) -> AbstractCondition:
    """A condition with the settings of a profile, changed by `key=value` overrides.

    Raises:
        ValueError: the profile or a key is unknown, or a value is not of its type.
    """
    if profile not in kind.profiles:
        raise ValueError(f"{profile!r} is none of the profiles of {kind.name}. {nearest(profile, kind.profiles)}")
    # names of the profile first, so that `task.rows` of the one and `rows` of the other are the same setting
    return configured(configured(kind(), kind.profiles[profile]), overrides)
