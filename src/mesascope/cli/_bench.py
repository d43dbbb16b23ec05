"""mesascope bench: ratios of speed and cost."""

import json
import pathlib
import sys
import time

from .._registry import nearest
from ..bench import BENCHES, Row, bench, cells, save
from ..lab.executors import compute_alone
from ._executors import check_gpu
from ._progress import duration


def run_bench(names: list[str], device: str, out: pathlib.Path | None, as_json: bool) -> None:
    """Measures, prints and saves."""
    for name in names:
        if name not in BENCHES:
            raise ValueError(f"bench {name!r} is not known. {nearest(name, BENCHES)}")
    chosen = names or list(BENCHES)
    if device == "gpu":
        check_gpu()
    else:
        compute_alone()
    began, done = time.monotonic(), []

    def report(name: str, rows: list[Row]) -> None:
        done.append(name)
        spent = time.monotonic() - began
        left = f"; at this pace about {duration(spent / len(done) * (len(chosen) - len(done)))} left"
        more = left if len(done) < len(chosen) else ""
        print(f"[{len(done)}/{len(chosen)}] {name}: {duration(spent)} so far{more}", file=sys.stderr, flush=True)
        if not as_json:
            for row in rows:
                what, value, span, unit, goal, met, note = cells(row._asdict())
                print(f"{what}: {value} {unit} [{span}]" if value else f"{what}: –", end="")
                print(f"; goal {goal}: {met or 'not measured'}" if goal else "", end="")
                print(f"  ({note})", flush=True)

    found = bench(chosen, report)
    if out is not None:
        save(found, out)
    if as_json:
        print(json.dumps(found))
    else:
        where = f"; saved in {out}" if out else ""
        print(f"commit {found['commit']}, {found['device']}, {found['host']}{where}")
