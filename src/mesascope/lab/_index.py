"""One row for every record of a store, without opening each folder again: a cache that the folders overrule.

    DIR/index/*.parquet     rows that were read before, each with the time at which its record was written

A row counts as long as its record carries the same time. What is new or was measured again is read from its folder and
added as a further file; many files are made one. Deleting the folder `index` loses nothing but time.
"""

import os
import pathlib
import uuid
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np

from ._contents import read_record
from ._parquet import read_parquet, write_parquet
from ._records import StoreError
from ._store import Store
from .views import NOVEL, NOVEL_CEILING, NOVEL_TEMPERED, OWN, OWN_CEILING

NUMBERS = (
    "num_instances",
    "later_instances",
    "seed",
    "steps",
    "visits",
    "parameters",
    "power_bits",
    "population",
    "train_seconds",
    "measure_seconds",
    "own_bits",
    "novel_bits",
    "own_ceiling",
    "novel_ceiling",
)
TEXTS = ("id", "status", "kind", "task", "model", "base", "organism", "computation", "device", "mesascope", "time")
STAMP = "stamp"
"""Nanoseconds at which a record was written."""

MOST_FILES = 8
"""Of the index; more are made one."""


class Listing(NamedTuple):
    """The records of a store.

    Fields:
        columns: `TEXTS` and `NUMBERS`, one row a record, in the order of ids. `task`, `model`, `base`, `organism`
            and `computation` are JSON, empty where there is none. `num_instances` is -1 for unlimited instances; bits
            are means over instances after the last step, novel ones at the chosen temperature; numbers that a record
            lacks are nan.
        unreadable: folders under `trials` that hold no whole record.
    """

    columns: dict[str, np.ndarray]
    unreadable: tuple[str, ...]


def listing(store: Store, report: Callable[[int, int], None] = lambda done, total: None) -> Listing:
    """The records of a store, from its index as far as that goes.

    Args:
        store: what to list.
        report: called with the number of folders read and to read.
    """
    stamps, unreadable = _stamps(store.path / "trials")
    known, files = _read(store.path / "index")
    current = np.array([stamps.get(name) == stamp for name, stamp in zip(known["id"], known[STAMP])], bool)
    # what two processes added at once counts once
    first = np.zeros(len(current), bool)
    first[np.unique(known["id"].astype(str), return_index=True)[1]] = True
    dropped = not np.all(current & first)
    known = {name: values[current & first] for name, values in known.items()}
    missing = sorted(stamps.keys() - set(known["id"]))
    rows = []
    for number, name in enumerate(missing):
        report(number, len(missing))
        try:
            rows.append(_row(store.path / "trials" / name[:2] / name, stamps[name]))
        except (StoreError, KeyError, TypeError):
            unreadable.append(name)
    if rows:
        fresh = {name: _column(name, [row[name] for row in rows]) for name in known}
        known = {name: np.concatenate([known[name], fresh[name]]) for name in known}
        _add(store.path / "index", fresh)
    if dropped or len(files) >= MOST_FILES:
        _replace(store.path / "index", known, files)
    order = np.argsort(known["id"].astype(str))
    columns = {name: values[order] for name, values in known.items() if name != STAMP}
    return Listing(columns, tuple(sorted(unreadable)))


def _stamps(trials: pathlib.Path) -> tuple[dict[str, int], list[str]]:
    """When each record was written, and the names of folders without one."""
    found, without = {}, []
    for shelf in os.scandir(trials):
        for folder in os.scandir(shelf) if shelf.is_dir() else ():
            try:
                found[folder.name] = os.stat(os.path.join(folder.path, "record.json")).st_mtime_ns
            except OSError:
                without.append(folder.name)
    return found, without


def _row(folder: pathlib.Path, stamp: int) -> dict[str, object]:
    values = read_record(folder / "record.json")
    trial = values["trial"]
    at_end = {
        row["view"]: row["bits"] for row in values["summary"] if (row["step"], row["index"]) == (values["steps"], 0)
    }
    seconds = values.get("seconds") or {}
    return {
        "id": folder.name,
        STAMP: stamp,
        "status": values["status"],
        "kind": trial["kind"],
        **{part: _json(trial.get(part)) for part in ("task", "model", "base", "organism", "computation")},
        "device": values.get("device", ""),
        "mesascope": values.get("versions", {}).get("mesascope", ""),
        "time": values.get("time", ""),
        "num_instances": -1 if trial["num_instances"] is None else trial["num_instances"],
        "later_instances": trial.get("later_instances", 0),
        "seed": trial["seed"],
        "train_seconds": seconds.get("train"),
        "measure_seconds": seconds.get("measure"),
        "own_bits": at_end.get(OWN.name),
        "novel_bits": at_end.get(NOVEL_TEMPERED.name, at_end.get(NOVEL.name)),
        "own_ceiling": at_end.get(OWN_CEILING.name),
        "novel_ceiling": at_end.get(NOVEL_CEILING.name),
        **{name: values.get(name) for name in ("steps", "visits", "parameters", "power_bits", "population")},
    }


def _json(part: dict | None) -> str:
    return "" if part is None else msgspec.json.encode(part).decode()


def _column(name: str, values: list) -> np.ndarray:
    if name in TEXTS:
        return np.array(values, object)
    if name == STAMP:
        return np.array(values, np.int64)
    return np.array([np.nan if value is None else value for value in values], float)


def _read(index: pathlib.Path) -> tuple[dict[str, np.ndarray], list[pathlib.Path]]:
    """All rows of the index, and its files; without rows where it is missing or cannot be read."""
    files = sorted(index.glob("*.parquet"))
    names = (*TEXTS, *NUMBERS, STAMP)
    try:
        parts = [read_parquet(file) for file in files]
        # an index of another version has other columns
        parts = [part for part in parts if part.keys() == set(names)]
    except StoreError:
        parts = []
    empty = {name: _column(name, []) for name in names}
    return {name: np.concatenate([part[name] for part in [empty, *parts]]) for name in names}, files


def _add(index: pathlib.Path, columns: dict[str, np.ndarray]) -> bool:
    """Adds a file in one step; a store that cannot be written goes without an index. Whether it was added."""
    try:
        index.mkdir(exist_ok=True)
        draft = index / f".{uuid.uuid4().hex}"
        try:
            write_parquet(draft, columns)
            os.replace(draft, draft.with_name(f"{draft.name[1:]}.parquet"))
        finally:
            draft.unlink(missing_ok=True)
    except (OSError, StoreError):
        return False
    return True


def _replace(index: pathlib.Path, columns: dict[str, np.ndarray], files: list[pathlib.Path]) -> None:
    """One file in place of those that were read; rows that others add meanwhile stay in theirs."""
    if _add(index, columns):
        for file in files:
            file.unlink(missing_ok=True)
