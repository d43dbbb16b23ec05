"""What a condition is: one claim of the post, one experiment, one verdict."""

import abc
import dataclasses
import typing
from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec

from .._registry import build, nearest
from ..findings import Finding
from ..lab import Store, Trial
from ..outcomes import Estimate
from ..stats import Verdict

Profile = Literal["smoke", "quick", "standard", "full"]


class AbstractCondition(abc.ABC):
    """One claim put to the test. Implementations are frozen dataclasses whose fields are the settings of a profile.

    Everything that a verdict depends on is fixed here before anything is run: the quoted claim, the predicted sign, the
    primary measure (in the docstring), the smallest effect that matters, and the arms of each profile.
    """

    section: ClassVar[str]
    claim: ClassVar[str]
    prediction: ClassVar[str]
    unit: ClassVar[str]
    smallest_effect: ClassVar[float]
    profiles: ClassVar[Mapping[Profile, Mapping[str, object]]]
    """For each profile, the settings that differ from the defaults."""

    @abc.abstractmethod
    def sweep(self) -> list[Trial]:
        """All trials that the settings ask for."""

    @abc.abstractmethod
    def analyse(self, store: Store) -> Finding:
        """What the finished trials of the sweep say; cells that are not finished yet are left out."""

    def finding(
        self, name: str, effect: Estimate | None, outcome: Verdict | None, reason: str, *shown, **more
    ) -> Finding:
        """A finding with what is fixed in the class.

        Args:
            name: of the condition.
            effect: the primary measure.
            outcome: the verdict.
            reason: how the rule leads to it.
            shown: remarks, tables, charts and films, in the order of `Finding`; or by name.
        """
        fixed = self.section, self.claim, self.prediction
        return Finding(name, *fixed, effect, self.unit, self.smallest_effect, outcome, reason, *shown, **more)


def settings(kind: type[AbstractCondition], profile: Profile, overrides: Mapping[str, str], name: str):
    """A condition with the settings of a profile, changed by `key=value` overrides.

    Raises:
        ValueError: the profile or a key is unknown, or a value is not of its type.
    """
    if profile not in kind.profiles:
        raise ValueError(f"{profile!r} is none of the profiles of {name}. {nearest(profile, kind.profiles)}")
    hints = typing.get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind)]
    values = dict(kind.profiles[profile])
    for key, text in overrides.items():
        if key not in known:
            raise ValueError(f"{name} has no setting {key!r}. {nearest(key, known)}")
        values[key] = _parsed(text, hints[key], f"--set {key}={text}")
    return build(kind, values, name)


def _parsed(text: str, hint, owner: str):
    """A value of the hinted type from the text of the command line."""
    sequence = typing.get_origin(hint) is tuple
    raw = [part.strip() for part in text.split(",") if part.strip()] if sequence else text
    try:
        return msgspec.convert(raw, hint, strict=False)
    except msgspec.ValidationError as error:
        options = typing.get_args(typing.get_args(hint)[0] if sequence else hint)
        names = [option for option in options if isinstance(option, str)]
        close = f" {nearest(text, names)}" if names else ""
        raise ValueError(f"{owner}: {error}.{close}") from None
