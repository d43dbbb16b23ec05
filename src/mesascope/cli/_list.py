"""mesascope list: what there is."""

import importlib.resources
import inspect
import json
import pathlib
import sys

import msgspec

from ..base import BASES
from ..computations import COMPUTATIONS
from ..conditions import CONDITIONS
from ..findings import effect_text
from ..lab import is_store
from ..models import MODELS
from ..organisms import ORGANISMS
from ..tasks import TASKS

ROOMS = {"tasks": TASKS, "models": MODELS, "bases": BASES, "organisms": ORGANISMS, "computations": COMPUTATIONS}


def list_room(room: str, out: pathlib.Path, as_json: bool) -> None:
    """Prints the members of a room; conditions with the verdict of a store, else the published one."""
    rows = _conditions(out) if room == "conditions" else _members(ROOMS[room])
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        if room == "conditions":
            print(f"{row['name']}  (section {row['section']}, verdict: {_words(row, out)})")
            print(f"    claim       “{row['claim']}”\n    prediction  {row['prediction']}")
        else:
            print(f"{row['name']}: {row['summary']}")


def _conditions(out: pathlib.Path) -> list[dict]:
    rows = []
    for name in CONDITIONS:
        kind = CONDITIONS[name]
        verdict = _own(name, out) or _published().get(name, {}).get("verdict")
        values = {"section": kind.section, "claim": kind.claim, "prediction": kind.prediction, "verdict": verdict}
        rows.append({"name": name, **values})
    return rows


def _own(name: str, out: pathlib.Path) -> str | None:
    """The verdict of a store, None where it has none."""
    found = out / "reports" / name / "finding.json"
    if not (is_store(out) and found.is_file()):
        return None
    try:
        return msgspec.json.decode(found.read_bytes(), type=_Said).verdict
    except (OSError, ValueError, RecursionError) as error:
        print(f"passed over: {found} cannot be read as a finding ({error}); move it away.", file=sys.stderr)
        return None


class _Said(msgspec.Struct):
    verdict: str | None


def _published() -> dict[str, dict]:
    """What the published records say, which the package takes along."""
    return json.loads((importlib.resources.files("mesascope") / "published" / "verdicts.json").read_text("utf-8"))


def _words(row: dict, out: pathlib.Path) -> str:
    if row["verdict"] is None:
        return "none yet"
    if _own(row["name"], out):
        return f"{row['verdict']}, of {out}"
    return f"{row['verdict']}, {effect_text(**_published()[row['name']]['effect'])}, published"


def _members(registry) -> list[dict]:
    rows = []
    for name in registry:
        summary = (inspect.getdoc(registry[name]) or "").partition("\n")[0]
        rows.append({"name": name, "summary": summary})
    return rows
