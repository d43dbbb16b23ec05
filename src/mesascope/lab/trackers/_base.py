"""What a tracker is: it is shown one finished record at a time."""

import abc
from collections.abc import Iterator
from typing import ClassVar

from .._records import Record


class AbstractTracker(abc.ABC):
    """Shows records in a tool of somebody else. Implementations are frozen dataclasses with one field.

    Fields:
        folder: the store's folder, in which the tracker makes one of its own.

    `package` is what must be installed.
    """

    package: ClassVar[str]
    folder: str

    @abc.abstractmethod
    def show(self, record: Record) -> None:
        """Adds a record, under the id of its trial, so that one shown twice is there once."""


def curves(record: Record) -> Iterator[tuple[int, dict[str, float]]]:
    """The numbers of a record by step of training, in order: `<view>/bits` and `<view>/success`, means over instances.

    Views with an index (thoughts, stages) are shown at index 0 only.
    """
    steps: dict[int, dict[str, float]] = {}
    for row in record.values["summary"]:
        if row["index"] == 0:
            shown = steps.setdefault(row["step"], {})
            shown |= {f"{row['view']}/{name}": row[name] for name in ("bits", "success")}
    yield from sorted(steps.items())
