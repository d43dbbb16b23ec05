"""Names of tasks, models, base optimizers and conditions, and how a configuration becomes one of them."""

import dataclasses
import difflib
import importlib.metadata
import typing
from collections.abc import Iterable, Mapping

import msgspec


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of an error message: the known name most like `name`, else all of them."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."


class Registry:
    """A map from names to classes, those of installed packages included.

    Args:
        room: the plural noun for error messages, which is also the entry-point group `mesascope.<room>`.
        members: the package's own classes by name.
    """

    def __init__(self, room: str, members: Mapping[str, type]):
        self.room = room
        self._members = dict(members)
        self._loaded = False

    def __iter__(self):
        self._load()
        return iter(self._members)

    def __getitem__(self, name: str) -> type:
        self._load()
        if name not in self._members:
            raise ValueError(f"{name!r} is none of the {self.room}. {nearest(name, self._members)}")
        return self._members[name]

    def name_of(self, value: object) -> str:
        """The registered name of a member's class."""
        for name in self:
            if self._members[name] is type(value):
                return name
        raise ValueError(
            f"{type(value).__name__} is not registered among the {self.room}: add a line to the registry, or an entry "
            f"point in the group mesascope.{self.room}."
        )

    def build(self, name: str, fields: Mapping[str, object]) -> object:
        """A member from plain values; unknown fields and wrong types are refused by name."""
        return build(self[name], fields, name)

    def describe(self, value: object) -> dict[str, object]:
        """The name and all fields of a member as plain values: the inverse of `build`."""
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {"name": self.name_of(value), **fields}

    def _load(self):
        if not self._loaded:
            self._loaded = True
            for point in importlib.metadata.entry_points(group=f"mesascope.{self.room}"):
                self._members.setdefault(point.name, point.load())


def build(kind: type, fields: Mapping[str, object], owner: str) -> object:
    """An instance of a dataclass from plain values.

    Args:
        kind: a dataclass.
        fields: values by field name; fields left out keep their defaults.
        owner: what the error messages call the dataclass.

    Raises:
        ValueError: a field is unknown, or a value is not of its type.
    """
    hints = typing.get_type_hints(kind)
    known = [field.name for field in dataclasses.fields(kind)]
    values = {}
    for name, value in fields.items():
        if name not in known:
            raise ValueError(f"{owner} has no setting {name!r}. {nearest(name, known)}")
        try:
            values[name] = msgspec.convert(value, hints[name], strict=True)
        except msgspec.ValidationError as error:
            raise ValueError(f"{owner}: {name}={value!r} does not fit: {error}.") from None
    return kind(**values)
