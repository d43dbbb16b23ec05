"""Settings of a condition by name: its own, and those of its parts (the task, the network, the base optimizer)."""

import dataclasses
import typing
from collections.abc import Mapping

import msgspec

from ..._registry import nearest


def configured(condition, changes: Mapping[str, object]):
    """A condition with some settings changed.

    Args:
        condition: a dataclass whose fields are values, or parts with fields of their own.
        changes: `seeds`, or `task.rows`; `rows` alone where only one part has it. Values, or the text of them. A part
            of which there are several kinds may itself be named, as `task=trail`; what both kinds have stays.

    Raises:
        ValueError: a name is unknown or belongs to several parts, or a value is not of its type.
    """
    kinds = {name: changes[name] for name in _kinds(condition) if name in changes}
    condition = dataclasses.replace(condition, **{name: _turned(condition, name, to) for name, to in kinds.items()})
    changes = {name: value for name, value in changes.items() if name not in kinds}
    places = _places(condition)
    found: dict[str, dict[str, object]] = {}
    for name, value in changes.items():
        owners = places.get(name)
        if owners is None:
            raise ValueError(f"{condition.name} has no setting {name!r}. {nearest(name, places)}")
        if len(owners) > 1:
            full = " or ".join(f"{part}.{name}" for part in owners)
            raise ValueError(f"{condition.name}: several parts have a setting {name!r}; say {full}.")
        fields, short = found.setdefault(owners[0], {}), name.rpartition(".")[2]
        if short in fields:
            raise ValueError(f"{condition.name}: {name!r} and {short!r} are one setting; give it once.")
        fields[short] = value
    own = {name: _typed(condition, name, value) for name, value in found.pop("", {}).items()}
    parts = {part: _changed(getattr(condition, part), fields) for part, fields in found.items()}
    return dataclasses.replace(condition, **own, **parts)


def _kinds(condition) -> dict[str, dict[str, type]]:
    """Kinds of each part that may be of several, by the names of their classes in small letters."""
    hints = typing.get_type_hints(type(condition))
    several = {field.name: typing.get_args(hints[field.name]) for field in dataclasses.fields(condition)}
    return {
        name: {kind.__name__.lower(): kind for kind in kinds}
        for name, kinds in several.items()
        if kinds and all(map(dataclasses.is_dataclass, kinds))
    }


def _turned(condition, name: str, to: object):
    """A part made into one of another kind, with the fields that both have."""
    kinds, part = _kinds(condition)[name], getattr(condition, name)
    if to not in kinds:
        raise ValueError(f"--set {name}={to}: not a kind of {name} that {condition.name} takes. {nearest(to, kinds)}")
    own = {field.name for field in dataclasses.fields(part)}
    shared = [field.name for field in dataclasses.fields(kinds[to]) if field.name in own]
    return kinds[to](**{field: getattr(part, field) for field in shared})


def _changed(part, fields: Mapping[str, object]):
    return dataclasses.replace(part, **{name: _typed(part, name, value) for name, value in fields.items()})


def _places(condition) -> dict[str, list[str]]:
    """Owners of each name: the condition itself (``), or parts of it."""
    places: dict[str, list[str]] = {}
    for field in dataclasses.fields(condition):
        value = getattr(condition, field.name)
        if not dataclasses.is_dataclass(value):
            # a name of the condition's own hides those of its parts
            places[field.name] = [""]
            continue
        for inner in dataclasses.fields(value):
            places[f"{field.name}.{inner.name}"] = [field.name]
            if places.get(inner.name) != [""]:
                places.setdefault(inner.name, []).append(field.name)
    return places


def _typed(owner, name: str, value: object):
    """A value of the hinted type of a field, from itself or from the text of the command line."""
    hint = typing.get_type_hints(type(owner))[name]
    raw, sequence = value, typing.get_origin(hint) is tuple
    if isinstance(value, str) and sequence:
        raw = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(raw, hint, strict=not isinstance(value, str))
    except msgspec.ValidationError as error:
        options = typing.get_args(typing.get_args(hint)[0] if sequence else hint)
        names = [option for option in options if isinstance(option, str)]
        close = f" {nearest(str(value), names)}" if names else ""
        raise ValueError(f"--set {name}={value}: {error}.{close}") from None
