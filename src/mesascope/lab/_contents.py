"""What a record.json must hold to be one of ours, whoever wrote it."""

import pathlib

import msgspec

from ._records import StoreError


class Mean(msgspec.Struct):
    """One row of a summary: means of a view."""

    view: str
    step: int
    index: int
    instances: int | None = None
    bits: float | None = None
    bits_5: float | None = None
    success: float | None = None
    utility: float | None = None


class Member(msgspec.Struct):
    """A task, a network and so on, by its name; the rest is of its kind."""

    name: str


class Described(msgspec.Struct):
    """What every description of a trial tells; the rest is of its kind."""

    kind: str
    seed: int
    num_instances: int | None
    later_instances: int = 0
    task: Member | None = None
    model: Member | None = None
    base: Member | None = None
    organism: Member | None = None
    computation: Member | None = None


class Seconds(msgspec.Struct):
    """What a trial took."""

    train: float | None = None
    measure: float | None = None


class Contents(msgspec.Struct):
    """Contents of a record.json, as far as somebody reads them."""

    id: str
    status: str
    steps: int
    summary: list[Mean]
    trial: Described | None = None
    visits: int | None = None
    parameters: int | None = None
    power_bits: float | None = None
    population: int | None = None
    measure_version: int | None = None
    temperatures: dict[str, float | None] = {}
    signs: dict[str, object] | None = None
    expected: dict[str, object] | None = None
    versions: dict[str, str] = {}
    seconds: Seconds | None = None
    device: str = ""
    host: str = ""
    time: str = ""


def read_json(path: pathlib.Path, type: type = object):
    """The value of a JSON file, of a type.

    Raises:
        StoreError: the file cannot be read, or holds something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=type)
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(
            f"{path} cannot be read ({error}). Move its folder away, and the same command makes it anew."
        ) from error


def read_record(path: pathlib.Path) -> dict:
    """The contents of a record.json, checked.

    Raises:
        StoreError: the file cannot be read, or holds something else than a record.
    """
    values = read_json(path)
    try:
        msgspec.convert(values, Contents)
    except (ValueError, RecursionError) as error:
        raise StoreError(
            f"{path} holds no record ({error}). Move its folder away, and the same command makes it anew."
        ) from error
    return values
