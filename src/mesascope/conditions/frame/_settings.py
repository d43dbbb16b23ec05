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
        changes: `seeds`, or `task.rows`; `rows` alone where only one part has it. Values, or the text of them.

    Raises:
        ValueError: a name is unknown or belongs to several parts, or a value is not of its type.
    """
    places = _places(condition)
    found: dict[str, dict[str, object]] = {}
    for name, value in changes.items():
        owners = places.get(name)
        if owners is None:
            raise ValueError(f"{condition.name} has no setting {name!r}. {nearest(name, places)}")
        if len(owners) > 1:
            full = " or ".join(f"{part}.{name}" for part in owners)
            raise ValueError(f"{condition.name}: several parts have a setting {name!r}; say {full}.")
        found.setdefault(owners[0], {})[name.rpartition(".")[2]] = value
    own = {name: _typed(condition, name, value) for name, value in found.pop("", {}).items()}
    parts = {part: _changed(getattr(condition, part), fields) for part, fields in found.items()}
    return dataclasses.replace(condition, **own, **parts)


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
