"""mesascope export: the summaries of a store's records as one table."""

import csv
import json
import pathlib

import numpy as np

from ..lab import Record, describe, write_parquet
from ._progress import Counted
from ._stores import existing, name_unreadable
from ._tracking import tracker_of

MEANS = ("view", "step", "index", "instances", "bits", "bits_5", "success", "utility")
COLUMNS = (
    "id", "status", "kind", "task", "model", "base", "organism", "computation", "num_instances", "later_instances",
    "seed", "pool_seed", "trial", "device", "versions", *MEANS,
)  # fmt: skip


def export_store(path: pathlib.Path, track: str | None, as_json: bool) -> None:
    """Writes `export/records.csv` and `export/records.parquet`: a row for each trial, view, step and index."""
    store = existing(path)
    tracker = tracker_of(track, store) if track else None
    progress, rows = Counted("records read"), []
    trials, others = store.sorted_out()
    name_unreadable(store, others)
    for number, trial in enumerate(trials):
        progress(number, len(trials))
        record = store.record(trial)
        rows.extend(_rows(record))
        if tracker:
            tracker.show(record)
    folder = store.path / "export"
    folder.mkdir(exist_ok=True)
    with open(folder / "records.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    columns = {name: _column([row[name] for row in rows]) for name in COLUMNS}
    write_parquet(folder / "records.parquet", columns)
    if as_json:
        print(json.dumps({"rows": len(rows), "folder": str(folder)}))
    else:
        print(f"{len(rows)} rows in {folder}/records.csv and records.parquet")


def _rows(record: Record):
    trial = describe(record.trial)
    shared = {
        "id": record.values["id"],
        "status": record.values["status"],
        "kind": trial["kind"],
        **{part: json.dumps(trial.get(part)) for part in ("task", "model", "base", "organism", "computation")},
        # N of unlimited instances is written as -1, which no pool has
        "num_instances": -1 if trial["num_instances"] is None else trial["num_instances"],
        # and that of the second half of the steps as 0 where the pool stays
        "later_instances": trial.get("later_instances", 0),
        "seed": trial["seed"],
        # a pool of its own has the seed of the trial
        "pool_seed": trial.get("pool_seed", trial["seed"]),
        "trial": json.dumps(trial),
        "device": record.values.get("device", ""),
        "versions": json.dumps(record.values.get("versions", {})),
    }
    for row in record.values["summary"]:
        yield shared | {name: row.get(name) for name in MEANS}


def _column(values: list) -> np.ndarray:
    if not values:
        return np.array([], float)
    if isinstance(values[0], str):
        return np.array(values, object)
    # means that a record lacks are nan
    return np.array(values if None not in values else [np.nan if value is None else value for value in values])
