"""mesascope report and remeasure: work on the finished trials of a store."""

import json
import pathlib
import sys

from ..conditions import CONDITIONS, settings
from ..lab import Listing, Store, StoreError, listing, remeasure
from ._progress import Counted
from ._run import conclude


def existing(path: pathlib.Path) -> Store:
    """The store at a path that must exist."""
    if not path.exists():
        raise StoreError(f"{path} does not exist; `mesascope run CONDITION --out {path}` makes a store there.")
    return Store(path)


def name_unreadable(store: Store, found: Listing | None = None) -> None:
    """Says on standard error which folders hold no whole record."""
    unreadable = (found or listing(store)).unreadable
    if unreadable:
        shown = ", ".join(unreadable[:5]) + (", ..." if len(unreadable) > 5 else "")
        print(
            f"{len(unreadable)} folders of {store.path / 'trials'} hold no whole record and were passed over: {shown}. "
            "Move them away; the command that made them makes them anew.",
            file=sys.stderr,
        )


def report_store(path: pathlib.Path, as_json: bool) -> None:
    """Writes the pages of a store's findings anew from its records."""
    store = existing(path)
    found = sorted((store.path / "reports").glob("*/finding.json"))
    if not found:
        raise StoreError(f"{path} has no findings yet; `mesascope run CONDITION --out {path}` makes one.")
    pages = {}
    for file in found:
        values = json.loads(file.read_text(encoding="utf-8"))
        name, profile, overrides = values["condition"], values["profile"], values["overrides"]
        condition = settings(CONDITIONS[name], profile, overrides, name)
        finding, page = conclude(name, condition, profile, overrides, store)
        pages[name] = {"verdict": finding.verdict, "page": str(page)}
        if not as_json:
            print(f"{name}: {finding.verdict or 'no verdict'}, {page}")
    if as_json:
        print(json.dumps(pages))


def remeasure_store(path: pathlib.Path, as_json: bool) -> None:
    """Measures every trial of a store whose record is of an older version of the measures."""
    store = existing(path)
    name_unreadable(store)
    trials = store.all_trials()
    changed, progress = 0, Counted("records measured")
    for number, trial in enumerate(trials):
        progress(number, len(trials))
        changed += remeasure(trial, store)
    if as_json:
        print(json.dumps({"trials": len(trials), "changed": changed}))
    else:
        print(f"{len(trials)} trials, {changed} measured anew. `mesascope report {path}` renews the pages.")
