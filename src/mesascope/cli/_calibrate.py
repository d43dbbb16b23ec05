"""mesascope calibrate: every measure on every planted algorithm."""

import json
import pathlib
import time

from ..conditions import CONDITIONS, settings
from ..findings import Finding, Table
from ..lab import Local, Store
from ._progress import SweepProgress, duration
from ._run import conclude

NAME = "calibration"


def calibrate(profile: str, out: pathlib.Path, workers: int, as_json: bool) -> None:
    """Plants and measures what is missing, writes the page and prints expected and measured values."""
    condition = settings(CONDITIONS[NAME], profile, {})
    began = time.monotonic()
    store = Store(out)
    Local(workers).run(condition.sweep(), store, SweepProgress(f"{NAME}, {profile}", workers))
    finding, path = conclude(condition, profile, {}, store)
    if as_json:
        print(json.dumps(_object(finding)))
        return
    _say(finding)
    print(f"page  {path}\ntime  {duration(time.monotonic() - began)}")


def _object(finding: Finding) -> dict:
    tables = {table.name: _dicts(table) for table in finding.tables}
    search = next((row for row in tables["rates"] if row["detector"] == "search"), {})
    passes = {"yes": True, "no": False, "not stated": None}
    organisms = [
        {"name": row["organism"], **{key: row[key] for key in ("measure", "expected", "measured", "low", "high")}}
        | {"pass": passes[row["pass"]]}
        for row in tables["calibration"]
    ]
    return {
        "organisms": organisms,
        "false_positive_rate": search.get("false positive rate"),
        "false_negative_rate": search.get("false negative rate"),
        "thresholds": {row["detector"]: row["threshold"] for row in tables["rates"] if row["threshold"] is not None},
        "slopes": {
            row["estimated by"]: {key: row[key] for key in ("slope", "low", "high")} for row in tables["slopes"]
        },
    }


def _say(finding: Finding) -> None:
    rows = next(_dicts(table) for table in finding.tables if table.name == "calibration")
    wide = max((len(row["organism"]) for row in rows), default=8)
    print(f"{'organism':<{wide}}  {'measure':<17} {'expected':>9} {'measured':>9}  {'interval':<18} pass")
    for row in rows:
        expected = "–" if row["expected"] is None else f"{row['expected']:.2f}"
        interval = f"[{row['low']:.2f}, {row['high']:.2f}]"
        print(
            f"{row['organism']:<{wide}}  {row['measure']:<17} {expected:>9} {row['measured']:>9.2f}  {interval:<18} "
            f"{row['pass']}"
        )
    for remark in finding.remarks:
        print(remark)


def _dicts(table: Table) -> list[dict]:
    return [dict(zip(table.heads, row)) for row in table.rows]
