"""mesascope list: what there is."""

import inspect
import json
import pathlib

from ..base import BASES
from ..conditions import CONDITIONS
from ..lab import Store, is_store
from ..models import MODELS
from ..organisms import ORGANISMS
from ..tasks import TASKS

ROOMS = {"tasks": TASKS, "models": MODELS, "bases": BASES, "organisms": ORGANISMS}


def list_room(room: str, out: pathlib.Path, as_json: bool) -> None:
    """Prints the members of a room; conditions with the verdict that a store holds."""
    rows = _conditions(out) if room == "conditions" else _members(ROOMS[room])
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        if room == "conditions":
            print(f"{row['name']}  (section {row['section']}, verdict: {row['verdict'] or 'none yet'})")
            print(f"    claim       “{row['claim']}”\n    prediction  {row['prediction']}")
        else:
            print(f"{row['name']}: {row['summary']}")


def _conditions(out: pathlib.Path) -> list[dict]:
    store = Store(out) if is_store(out) else None
    rows = []
    for name in CONDITIONS:
        kind = CONDITIONS[name]
        found = store and store.path / "reports" / name / "finding.json"
        verdict = json.loads(found.read_text(encoding="utf-8"))["verdict"] if found and found.is_file() else None
        rows.append(
            {
                "name": name,
                "section": kind.section,
                "claim": kind.claim,
                "prediction": kind.prediction,
                "verdict": verdict,
            }
        )
    return rows


def _members(registry) -> list[dict]:
    rows = []
    for name in registry:
        summary = (inspect.getdoc(registry[name]) or "").partition("\n")[0]
        rows.append({"name": name, "summary": summary})
    return rows
