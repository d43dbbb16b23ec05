"""The store: records published and listed a second."""

import dataclasses
import pathlib
import shutil
import tempfile

import numpy as np

from ..lab import Store, describe, listing, trial_id, views
from ._base import Row, paired, ratio, timed
from ._step import standard_trial

RECORDS = 500


def measure() -> list[Row]:
    """Listing through the index against reading every folder; and the rate of publishing, flushed to disk."""
    folder = pathlib.Path(tempfile.mkdtemp())
    try:
        store = Store(folder)
        published = timed(lambda: _publish(store), rounds=1)
        listing(store)

        def anew():
            shutil.rmtree(folder / "index", ignore_errors=True)
            return listing(store)

        indexed, read = paired([lambda: listing(store), anew], rounds=3)
        return [
            ratio(
                "store: listing through the index, times as fast as reading the folders",
                read,
                indexed,
                note=f"{RECORDS:,} records: {indexed.best * 1e3:.0f} and {read.best * 1e3:.0f} ms, index written anew; "
                f"{RECORDS / published.best:,.0f} records a second published",
            )
        ]
    finally:
        shutil.rmtree(folder)


def _publish(store: Store) -> None:
    """Records as large as real ones, of trials that differ in their seeds."""
    rows = 4096
    metrics = {"view": np.repeat(np.array([views.OWN.name, views.NOVEL.name], object), rows // 2)}
    metrics |= {name: np.zeros(rows) for name in ("step", "index", "instance", "bits", "success", "utility")}
    summary = [{"view": views.OWN.name, "step": 400, "index": k, "bits": 1.0} for k in range(40)]
    trial = standard_trial()
    shutil.rmtree(store.path / "trials")
    for seed in range(RECORDS):
        one = dataclasses.replace(trial, seed=seed)
        values = {"status": "finished", "steps": 400, "summary": summary, "trial": describe(one), "id": trial_id(one)}
        store.publish(one, values, metrics, {"w": np.zeros(3000, np.float32)})
