"""The bench as a whole, with what it was run on."""

import csv
import json
import os
import pathlib
import platform
import subprocess
import time
from collections.abc import Callable

import jax

from .. import __version__
from . import _cost, _executors, _ledger, _mazes, _population, _step, _store
from ._base import Row, not_measured

BENCHES: dict[str, Callable[[], list[Row]]] = {
    "step": _step.measure,
    "population": _population.measure,
    "cost": _cost.measure,
    "ledger": _ledger.measure,
    "mazes": _mazes.measure,
    "store": _store.measure,
    "executors": _executors.measure,
}
"""Name -> what measures it: a new one is a file and a line."""

HEADS = ("what", "value", "range", "unit", "goal", "met", "note")


def bench(names: list[str], report: Callable[[str, list[Row]], None]) -> dict:
    """Runs parts of the bench, one after the other.

    Args:
        names: of `BENCHES`.
        report: called with each name and its lines.

    Returns:
        What was measured, on what: commit, versions, device, host, time, and lines by name.
    """
    rows = {}
    for name in names:
        try:
            rows[name] = BENCHES[name]()
        except Exception as error:
            # one part that fails does not cost the others
            last = (str(error).strip().splitlines() or [""])[-1]
            rows[name] = [not_measured(name, f"{type(error).__name__}: {last}")]
        report(name, rows[name])
    return _circumstances() | {"rows": [row._asdict() | {"bench": name} for name in rows for row in rows[name]]}


def save(found: dict, folder: pathlib.Path) -> None:
    """Writes `bench.json` and `tables/bench.csv`."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    with open(folder / "tables" / "bench.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        writer.writerows(map(cells, found["rows"]))


def cells(row: dict) -> tuple[str, ...]:
    """A line as texts, by `HEADS`."""
    met = {True: "yes", False: "no", None: ""}[row["met"]]
    if row["value"] is None:
        return row["what"], "", "", "", row["goal"], "", row["note"]
    value, low, high = (f"{row[name]:.3g}" for name in ("value", "low", "high"))
    return row["what"], value, f"{low} to {high}", row["unit"], row["goal"], met, row["note"]


def _circumstances() -> dict:
    device = jax.devices()[0]
    return {
        "commit": _commit(),
        "versions": {"mesascope": __version__, "jax": jax.__version__, "python": platform.python_version()},
        "device": f"{jax.device_count()} x {device.device_kind}",
        "host": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _commit() -> str | None:
    """The commit of the code, with a plus where files differ from it; None outside of a repository."""
    here = pathlib.Path(__file__).parent

    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return None
