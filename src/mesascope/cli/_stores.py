"""mesascope report, publish and remeasure: work on finished trials."""

import json
import os
import pathlib
import shutil
import sys
from collections.abc import Sequence

import msgspec

from ..conditions import CONDITIONS, AbstractCondition, Profile, settings
from ..lab import (
    Published,
    Store,
    StoreError,
    is_published,
    level_path,
    load,
    publish,
    remeasure,
    task_id,
    trial_id,
)
from ..report import replace_file, write
from ._progress import Counted
from ._run import Conclusion, conclude, concluded


def existing(path: pathlib.Path) -> Store:
    """The store at a path that must exist."""
    if not path.exists():
        raise StoreError(f"{path} does not exist; `mesascope run CONDITION --out {path}` makes a store there.")
    return Store(path)


def name_unreadable(store: Store, unreadable: Sequence[str]) -> None:
    """Says on standard error which folders hold no whole record."""
    if unreadable:
        shown = ", ".join(unreadable[:5]) + (", ..." if len(unreadable) > 5 else "")
        print(
            f"{len(unreadable)} folders of {store.path / 'trials'} hold no whole record and were passed over: {shown}. "
            "Move them away; the command that made them makes them anew.",
            file=sys.stderr,
        )


def report_folder(path: pathlib.Path, as_json: bool) -> None:
    """Writes the pages of a store's findings anew from its records; of a published folder, holds its finding against
    them."""
    if is_published(path):
        _check_published(path, as_json)
        return
    store = load(path) if path.exists() else existing(path)
    found = sorted((store.path / "reports").glob("*/finding.json"))
    if not found:
        raise StoreError(f"{path} has no findings yet; `mesascope run CONDITION --out {path}` makes one.")
    pages = {}
    for file in found:
        try:
            condition, profile, overrides = condition_of(file)
        except StoreError as error:
            print(f"passed over: {error}", file=sys.stderr)
            continue
        finding, page = conclude(condition, profile, overrides, store)
        pages[condition.name] = {"verdict": finding.verdict, "page": str(page)}
        if not as_json:
            print(f"{condition.name}: {finding.verdict or 'no verdict'}, {page}")
    if not pages:
        raise StoreError(f"{path} has no finding that can be read; `mesascope run CONDITION --out {path}` makes one.")
    if as_json:
        print(json.dumps(pages))


def condition_of(file: pathlib.Path) -> tuple[AbstractCondition, Profile, dict[str, str]]:
    """The condition that a finding.json is of, its profile and its overrides.

    Raises:
        StoreError: the file is missing, or holds something else.
    """
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_Named)
        return settings(CONDITIONS[found.condition], found.profile, found.overrides), found.profile, found.overrides
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(
            f"{file} cannot be read as a finding ({error}): move it away, and run the condition again."
        ) from error


class _Named(msgspec.Struct):
    condition: str
    profile: str
    overrides: dict[str, str]


def publish_finding(name: str, out: pathlib.Path, to: pathlib.Path, as_json: bool) -> None:
    """Writes what a store says of a condition as a folder from which the finding can be made again."""
    # a misspelt name is refused by its nearest neighbour
    name = CONDITIONS[name].name
    store, file = existing(out), out / "reports" / name / "finding.json"
    if not file.is_file():
        raise StoreError(f"{out} has no finding of {name}; `mesascope run {name} --out {out}` makes one.")
    condition, profile, overrides = condition_of(file)
    trials = condition.sweep()
    missing = [trial for trial in trials if trial not in store]
    if missing:
        raise StoreError(
            f"{len(missing)} of the {len(trials)} trials of {name} are not finished in {out}, for one "
            f"{trial_id(missing[0])}. Nothing was published: `mesascope run {name} --profile {profile} --out {out}` "
            "finishes them."
        )
    _check_free(to, name)
    draft = to.resolve().with_name(f".{to.resolve().name}.{os.getpid()}")
    try:
        publish(store.records(trials), condition.views, draft, Counted("records read"))
        _copy_levels(store, {task_id(trial.task) for trial in trials if "task" in trial.parts}, draft)
        concluded(condition, profile, overrides, Published(draft)).write_published(draft)
        # only what bears out its own finding reaches its place
        for file in (file for file in draft.rglob("*") if file.is_file()):
            replace_file(to / file.relative_to(draft), file.read_bytes())
    except StoreError as error:
        raise StoreError(f"{name}: nothing was published, since its analysis lacks something. {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    print(
        json.dumps({"trials": len(trials), "folder": str(to)}) if as_json else f"{len(trials)} trials of {name} in {to}"
    )


def _check_free(to: pathlib.Path, name: str) -> None:
    """Raises a StoreError unless a folder is new, empty, or holds an earlier publication of the same condition."""
    if to.exists() and not is_published(to) and any(to.iterdir()):
        raise StoreError(f"{to} holds something else than published records; choose a new or empty folder for --to.")
    file = to / "finding.json"
    if file.is_file() and (other := condition_of(file)[0].name) != name:
        raise StoreError(f"{to} holds the published records of {other}, not of {name}; choose another folder for --to.")


def _copy_levels(store: Store, tasks: set[str], to: pathlib.Path) -> None:
    """Takes the store's own reflex levels along, against which its surplus was counted."""
    for task in sorted(tasks):
        source = level_path(store.path, task)
        if source.is_file():
            replace_file(level_path(to, task), source.read_bytes())


def rebuilt(path: pathlib.Path) -> Conclusion:
    """The finding of a published folder, made again from its records.

    Raises:
        StoreError: a trial, a file or a column is missing.
    """
    condition, profile, overrides = condition_of(path / "finding.json")
    records = Published(path)
    records.check(condition.sweep())
    return concluded(condition, profile, overrides, records)


def _check_published(path: pathlib.Path, as_json: bool) -> None:
    """Writes the page of a published folder, and says which of its files the records do not bear out."""
    found = rebuilt(path)
    made = {"finding.json": found.content()} | {f"tables/{name}": text for name, text in found.tables().items()}
    # a table that no record leads to is not borne out either
    there = {f"tables/{file.name}" for file in (path / "tables").glob("*.csv")}
    differing = [name for name in sorted(made.keys() | there) if _bytes(path / name) != made.get(name)]
    page = write(found.finding, found.facts, path / "report")
    verdict = found.finding.verdict
    if as_json:
        print(json.dumps({found.finding.condition: {"verdict": verdict, "page": str(page), "differing": differing}}))
    else:
        print(f"{found.finding.condition}: {verdict or 'no verdict'}, {page}")
        count = len(made.keys() | there)
        print(f"{count - len(differing)} of {count} published files follow from the records to the byte.")
    if differing:
        raise StoreError(f"{path}: the records do not bear out {', '.join(differing)}; compare with {page.parent}.")


def _bytes(path: pathlib.Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def remeasure_store(path: pathlib.Path, as_json: bool) -> None:
    """Measures every trial of a store whose record is of an older version of the measures."""
    store = existing(path)
    trials, others = store.sorted_out()
    name_unreadable(store, others)
    changed, progress = 0, Counted("records measured")
    for number, trial in enumerate(trials):
        progress(number, len(trials))
        changed += remeasure(trial, store)
    if as_json:
        print(json.dumps({"trials": len(trials), "changed": changed}))
    else:
        print(f"{len(trials)} trials, {changed} measured anew. `mesascope report {path}` renews the pages.")
