"""Kinds of trial by name, and how a trial becomes plain values, an id, and a trial again."""

import dataclasses
import hashlib
import typing

import msgspec

from ..._registry import Registry, nearest
from ...tasks import TASKS, AbstractTask
from ._base import AbstractTrial
from ._computation import Computation
from ._planted import Planted
from ._relearning import Relearning
from ._training import Training

TRIALS = Registry(
    "trials", {"training": Training, "planted": Planted, "computation": Computation, "relearning": Relearning}
)


def describe(trial: AbstractTrial) -> dict[str, object]:
    """A trial as plain values, from which `from_description` makes it again."""

    def plain(name, value):
        if isinstance(value, tuple):
            return [plain(name, one) for one in value]
        if isinstance(value, AbstractTrial):
            return describe(value)
        return trial.parts[name].describe(value) if name in trial.parts else value

    usual = {name: plain(name, getattr(trial, name)) for name in _usual(trial)}
    unusual = {name: plain(name, value) for name, value in _unusual(trial).items()}
    return {"kind": TRIALS.name_of(trial), **usual} | unusual


def from_description(values: dict) -> AbstractTrial:
    """The trial of a description.

    Raises:
        ValueError: a kind, a field or a member is unknown, a value is not of its type, or it is no description at all.
    """
    try:
        return _described(values)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"from_description: a trial's description is an object with a kind and its fields, and this is none "
            f"({type(error).__name__}: {error}); give one that `describe` wrote."
        ) from None


def _described(values: dict) -> AbstractTrial:
    kind = TRIALS[values["kind"]]

    def made(name, value):
        if isinstance(value, list):
            return tuple(made(name, one) for one in value)
        if not isinstance(value, dict):
            if name in kind.parts:
                raise ValueError(f"a {values['kind']}: {name}={value!r} has no name of a member.")
            return value
        # members have names; trials have none, and some members have a field `kind`, too
        if "name" not in value:
            return _described(value)
        return kind.parts[name].build(value["name"], {key: part for key, part in value.items() if key != "name"})

    fields = [field.name for field in dataclasses.fields(kind)]
    given = [name for name in values if name not in ("kind", "num_instances") or name in fields]
    for name in given:
        if name not in fields:
            raise ValueError(f"a {values['kind']} has no field {name!r}. {nearest(name, fields)}")
    parts = {name: made(name, values[name]) for name in given}
    return kind(**{name: part if name in kind.parts else _typed(kind, name, part) for name, part in parts.items()})


def _typed(kind: type[AbstractTrial], name: str, value: object) -> object:
    try:
        return msgspec.convert(value, typing.get_type_hints(kind)[name])
    except msgspec.ValidationError as error:
        raise ValueError(f"a {kind.__name__}: {name}={value!r} does not fit: {error}.") from None


def trial_id(trial: AbstractTrial) -> str:
    """20 hexadecimal digits from the values that differ from their defaults and the versions of the parts.

    Neither condition nor profile nor machine enters; a field added later changes no id as long as its default is the
    old behaviour. Of a trial within a trial its id enters.
    """

    def hashed(name, value):
        if isinstance(value, tuple):
            return [hashed(name, one) for one in value]
        if isinstance(value, AbstractTrial):
            return trial_id(value)
        return _member(trial.parts[name], value) if name in trial.parts else value

    unusual = {name: hashed(name, value) for name, value in _unusual(trial).items()}
    values = [hashed(name, getattr(trial, name)) for name in _usual(trial)]
    # ids are older than the second of the fields with a default
    values += [unusual.pop("later_instances")] if "later_instances" in unusual else []
    values += sorted(unusual.items())
    encoded = msgspec.json.encode([TRIALS.name_of(trial), values], order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:20]


def task_id(task: AbstractTask) -> str:
    """The id of a task alone, under which its reflex level is kept."""
    return hashlib.sha256(msgspec.json.encode(_member(TASKS, task), order="deterministic")).hexdigest()[:20]


def _usual(trial: AbstractTrial) -> list[str]:
    """Names of what every trial of a kind tells, in the order in which ids have it."""
    without_default = [field.name for field in dataclasses.fields(trial) if field.default is dataclasses.MISSING]
    # a computation has no number of instances as a field, and 0 of them in its id
    last = ["num_instances", "seed"]
    return [name for name in without_default if name not in last] + last


def _unusual(trial: AbstractTrial) -> dict[str, object]:
    """Fields that differ from their defaults."""
    found = {field.name: (getattr(trial, field.name), field.default) for field in dataclasses.fields(trial)}
    return {
        name: value
        for name, (value, default) in found.items()
        if default is not dataclasses.MISSING and value != default and name not in _usual(trial)
    }


def _member(registry: Registry, part) -> list[object]:
    changed = {
        field.name: getattr(part, field.name)
        for field in dataclasses.fields(part)
        if getattr(part, field.name) != field.default
    }
    return [registry.name_of(part), type(part).version, changed]
