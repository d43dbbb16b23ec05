"""A sweep in a few files, from which its finding is made again without a store and without weights.

FOLDER/trials.parquet          one row a trial: id, description, facts
FOLDER/records.parquet         means by trial, view, step and index
FOLDER/instances.parquet       rows by instance, of the views that the claim asks for
FOLDER/computation-*.parquet   rows of computations, one file for each kind
"""

import os
import pathlib
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np

from ._parquet import read_parquet, write_parquet
from ._records import AbstractRecords, Record, StoreError
from ._store import Store, is_store
from .trials import Trial, describe, from_description, trial_id

TEXTS = ("id", "status", "device", "host", "time")
NUMBERS = ("steps", "visits", "parameters", "power_bits", "population", "measure_version")
OBJECTS = ("trial", "temperatures", "signs", "expected", "versions")
SECONDS = ("train_seconds", "measure_seconds")
MEANS = ("view", "step", "index", "instances", "bits", "bits_5", "success", "utility")
ROWS = ("view", "step", "index", "instance", "bits", "success", "utility")


class Published(AbstractRecords):
    """Records of a published folder.

    Args:
        path: the folder.

    Raises:
        StoreError: a file or a column is missing.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        facts = _columns(self.path / "trials.parquet", (*TEXTS, *NUMBERS, *OBJECTS, *SECONDS))
        means = _columns(self.path / "records.parquet", ("id", *MEANS))
        summaries: dict[str, list[dict]] = {}
        for row in _rows(means):
            summaries.setdefault(row.pop("id"), []).append(row)
        self._values = {row["id"]: _values(row, summaries.get(row["id"], [])) for row in _rows(facts)}
        self._instances: dict[str, dict[str, np.ndarray]] | None = None
        self._computed: dict[str, dict[str, dict[str, np.ndarray]]] = {}

    def __contains__(self, trial: Trial) -> bool:
        return trial_id(trial) in self._values

    def values(self, trial: Trial) -> dict:
        """Facts of a trial, and `summary`, means by view."""
        return self._values[trial_id(trial)]

    def metrics(self, trial: Trial) -> dict[str, np.ndarray]:
        """Rows by instance of the views that are published; all rows of a computation."""
        values = self.values(trial)
        if not values["summary"]:
            return self._rows_of(_sort(values))[trial_id(trial)]
        if self._instances is None:
            path = self.path / "instances.parquet"
            self._instances = _by_id(_columns(path, ("id", *ROWS))) if path.is_file() else {}
        return self._instances.get(trial_id(trial), {name: np.array([]) for name in ROWS})

    def all_trials(self) -> list[Trial]:
        """Every trial of the folder, in the order in which it was published."""
        return [from_description(values["trial"]) for values in self._values.values()]

    def check(self, trials: Iterable[Trial]) -> None:
        """Raises a StoreError that names a trial whose facts, means or rows the folder lacks."""
        wanted = list(dict.fromkeys(trials))
        lacking = [trial for trial in wanted if trial not in self]
        if lacking:
            raise StoreError(
                f"{self.path} lacks {len(lacking)} of the {len(wanted)} trials that its finding is made of, for one "
                f"{trial_id(lacking[0])}, {msgspec.json.encode(describe(lacking[0])).decode()}. Nothing was analysed: "
                "publish the whole sweep again."
            )
        for trial in wanted:
            values = self.values(trial)
            own_rows = () if values["summary"] else self._rows_of(_sort(values))
            if not values["summary"] and trial_id(trial) not in own_rows:
                raise StoreError(
                    f"{self.path} names the trial {trial_id(trial)} and holds no row of it. Nothing was analysed: "
                    "publish the whole sweep again."
                )

    def _rows_of(self, sort: str) -> dict[str, dict[str, np.ndarray]]:
        if sort not in self._computed:
            path = self.path / f"{sort}.parquet"
            self._computed[sort] = _by_id(_columns(path, ("id",))) if path.is_file() else {}
        return self._computed[sort]


def load(path: str | os.PathLike) -> AbstractRecords:
    """Records of a folder: a store of one's own, or a published sweep.

    Raises:
        StoreError: the folder is neither.

    Example:
        >>> records = mesascope.load("results/diversity")  # doctest: +SKIP
    """
    folder = pathlib.Path(path)
    if is_published(folder):
        return Published(folder)
    if not is_store(folder):
        raise StoreError(
            f"{folder} holds no records: it is neither a store (as `mesascope run --out` makes one) nor a published "
            "folder (as `mesascope publish` does)."
        )
    return Store(folder)


def is_published(path: pathlib.Path) -> bool:
    """Says whether a folder holds published records."""
    return (path / "trials.parquet").is_file()


def publish(
    records: Sequence[Record],
    views: Sequence[str],
    folder: pathlib.Path,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Writes the records of a sweep into a folder, each file in one step.

    Args:
        records: of all trials.
        views: whose rows by instance, after the last step, are published too.
        folder: made if it does not exist.
        report: called with the number of records read and to read.
    """
    facts, means, instances, computed = [], [], [], {}
    for number, record in enumerate(records):
        report(number, len(records))
        values = record.values
        name = {"id": values["id"]}
        facts.append(_facts(values))
        means += [name | row for row in values["summary"]]
        if not values["summary"]:
            computed.setdefault(_sort(values), []).append((values["id"], record.metrics()))
        elif views:
            instances.append((values["id"], _chosen(record.metrics(), views, values["steps"])))
    folder.mkdir(parents=True, exist_ok=True)
    names = (*TEXTS, *NUMBERS, *OBJECTS, *SECONDS)
    _replace(folder / "trials.parquet", {name: _column([row[name] for row in facts]) for name in names})
    _replace(folder / "records.parquet", {name: _column([row[name] for row in means]) for name in ("id", *MEANS)})
    if instances:
        _replace(folder / "instances.parquet", _together(instances))
    for sort, parts in computed.items():
        _replace(folder / f"{sort}.parquet", _together(parts))


def _sort(values: dict) -> str:
    """Name of the file that holds rows of trials like this one, all of the same columns."""
    kind = values["trial"]["kind"]
    return f"computation-{values['trial']['computation']['name']}" if kind == "computation" else kind


def _facts(values: dict) -> dict[str, object]:
    """One row of trials.parquet from the contents of a record.json."""
    seconds = values.get("seconds") or {}
    return {
        **{name: values.get(name) for name in (*TEXTS, *NUMBERS)},
        **{name: msgspec.json.encode(values.get(name, {})).decode() for name in OBJECTS},
        "train_seconds": seconds.get("train"),
        "measure_seconds": seconds.get("measure"),
    }


def _values(row: dict, summary: list[dict]) -> dict:
    """Contents of a record.json from a row of trials.parquet."""
    parts = [row[name] for name in SECONDS]
    seconds = None if None in parts else dict(zip(("train", "measure"), parts))
    decoded = {name: msgspec.json.decode(row[name]) for name in OBJECTS}
    whole = {name: None if row[name] is None else int(row[name]) for name in NUMBERS if name != "power_bits"}
    own = {name: row[name] for name in (*TEXTS, "power_bits")}
    return own | whole | decoded | {"seconds": seconds, "summary": summary}


def _chosen(metrics: dict[str, np.ndarray], views: Sequence[str], step: int) -> dict[str, np.ndarray]:
    kept = np.isin(metrics["view"].astype(str), views) & (metrics["step"] == step)
    return {name: metrics[name][kept] for name in ROWS}


def _together(parts: list[tuple[str, dict[str, np.ndarray]]]) -> dict[str, np.ndarray]:
    """Rows of several trials with the same columns under one another, each with its id."""
    names = list(parts[0][1])
    ids = [np.full(len(columns[names[0]]), name, object) for name, columns in parts]
    rows = {name: np.concatenate([columns[name] for _, columns in parts]) for name in names}
    return {"id": np.concatenate(ids)} | rows


def _column(values: list) -> np.ndarray:
    if any(isinstance(value, str) for value in values):
        return np.array(values, object)
    if all(isinstance(value, int) for value in values):
        return np.array(values, np.int64)
    return np.array([np.nan if value is None else value for value in values], float)


def _replace(path: pathlib.Path, columns: dict[str, np.ndarray]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_parquet(draft, columns)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _columns(path: pathlib.Path, wanted: Sequence[str]) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise StoreError(f"{path} is missing: the folder was not written by `mesascope publish`, or not whole.")
    columns = read_parquet(path)
    lacking = [name for name in wanted if name not in columns]
    if lacking:
        raise StoreError(
            f"{path} lacks the columns {', '.join(lacking)}: it is of another version; publish the sweep again, or use "
            "the version that wrote it."
        )
    return columns


def _rows(columns: dict[str, np.ndarray]) -> Iterable[dict]:
    lists = [[None if value != value else value for value in values.tolist()] for values in columns.values()]
    return (dict(zip(columns, row)) for row in zip(*lists))


def _by_id(columns: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Rows of each trial, in their order."""
    names, numbers = np.unique(columns["id"].astype(str), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(numbers))[:-1])
    return {
        name: {column: values[rows] for column, values in columns.items() if column != "id"}
        for name, rows in zip(names.tolist(), parts)
    }
