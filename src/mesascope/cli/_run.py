"""mesascope run: from conditions to verdicts and pages."""

import dataclasses
import json
import os
import pathlib
import platform
import shlex
import sys
import time

from .. import __version__
from ..conditions import CONDITIONS, AbstractCondition, AbstractLevelling, Profile, settings
from ..findings import Finding, effect_text
from ..lab import (
    MEASURE_VERSION,
    AbstractExecutor,
    AbstractRecords,
    Published,
    Record,
    Store,
    StoreError,
    Trial,
    cost,
    is_store,
    save_level,
)
from ..report import csv_text, replace_file, write, write_charts, write_tables
from ._films import films_of
from ._progress import NOMINAL_RATE, SweepProgress, duration
from ._tracking import Tracked, tracker_of

FIRST_MEASURE = (
    "Measured by the first version of the measures: read-outs see one place alone, so that internal bits are estimates "
    "from above."
)
"""The remark on records that were published before read-outs of several sizes."""


def run_conditions(
    names: list[str],
    profile: Profile,
    out: pathlib.Path,
    overrides: dict[str, str],
    executor: AbstractExecutor,
    workers: int,
    track: str | None,
    as_json: bool,
) -> None:
    """Runs each condition's sweep, analyses it, writes its page and prints its verdict."""
    chosen = {name: settings(CONDITIONS[name], profile, overrides) for name in names}
    for name, condition in chosen.items():
        began = time.monotonic()
        store = Store(out)
        store.check(condition.sweep())
        progress = SweepProgress(f"{name}, {profile}", workers)
        executor.run(
            condition.sweep(), store, Tracked(progress, store, tracker_of(track, store)) if track else progress
        )
        print(f"{name}: analysis of the records, up to a minute", file=sys.stderr, flush=True)
        finding, path = conclude(condition, profile, overrides, store)
        seconds = time.monotonic() - began
        if as_json:
            print(json.dumps(_object(finding, condition, profile, overrides, store, seconds)), flush=True)
        else:
            _say(finding, path, seconds)


def dry_run(
    names: list[str], profile: Profile, out: pathlib.Path, overrides: dict[str, str], workers: int, as_json: bool
) -> None:
    """Says what would be trained, and what that costs, and changes nothing."""
    chosen = {name: settings(CONDITIONS[name], profile, overrides) for name in names}
    store = Store(out) if is_store(out) else None
    counted: set[Trial] = set()
    for name, condition in chosen.items():
        trials = condition.sweep()
        if store:
            store.check(trials)
        left = [trial for trial in trials if trial not in counted and (store is None or trial not in store)]
        counted |= set(left)
        steps = sum(trial.steps for trial in left)
        seconds = sum(map(cost, left)) / NOMINAL_RATE / workers
        if as_json:
            print(
                json.dumps(
                    {
                        "condition": name,
                        "profile": profile,
                        "trials": len(trials),
                        "left": len(left),
                        "steps": steps,
                        "seconds": seconds,
                    }
                )
            )
        else:
            print(
                f"{name}, {profile}: {len(trials)} trials, {len(left)} still to run; {steps:,} training steps, roughly "
                f"{duration(seconds)} with {workers} worker{'s' * (workers > 1)}. Nothing was run."
            )


def conclude(
    condition: AbstractCondition, profile: Profile, overrides: dict[str, str], store: Store
) -> tuple[Finding, pathlib.Path]:
    """The finding of a condition's finished trials, and the path of its page, which is written into the store."""
    found = concluded(condition, profile, overrides, store)
    folder = store.path / "reports" / condition.name
    path = write(found.finding, found.facts, folder, films_of(found.finding.films, store))
    replace_file(folder / "finding.json", found.content())
    if isinstance(condition, AbstractLevelling) and (level := condition.level(store, found.facts["command"])):
        save_level(store, condition.task, level)
    return found.finding, path


@dataclasses.dataclass(frozen=True)
class Conclusion:
    """The result of a condition, as it is written.

    Fields:
        finding: of the analysis.
        facts: how it was made.
        summary: contents of finding.json.
    """

    finding: Finding
    facts: dict[str, object]
    summary: dict[str, object]

    def content(self) -> bytes:
        """The file finding.json."""
        return (json.dumps(self.summary, indent=1) + "\n").encode()

    def tables(self) -> dict[str, bytes]:
        """Files of the tables by name."""
        return {f"{table.name}.csv": csv_text(table).encode() for table in self.finding.tables}

    def write_published(self, folder: pathlib.Path) -> None:
        """Writes finding.json, tables and figures into a published folder."""
        write_charts(folder, self.finding.charts, with_pdf=False)
        write_tables(folder, self.finding.tables)
        replace_file(folder / "finding.json", self.content())


def concluded(
    condition: AbstractCondition, profile: Profile, overrides: dict[str, str], records: AbstractRecords
) -> Conclusion:
    """Analyses what is finished of a condition, and writes nothing.

    Raises:
        StoreError: records are of several versions of the measures, or of an older one where weights are kept.
    """
    trials = condition.sweep()
    finished = records.records(trials)
    older = _older(records, finished)
    finding = condition.analyse(records)
    finding = dataclasses.replace(finding, remarks=(*older, *finding.remarks))
    if profile == "smoke" or overrides:
        smoke = ["the smoke profile shows that the path works"] if profile == "smoke" else []
        changed = [f"{', '.join(overrides)} overridden"] if overrides else []
        why = "; ".join(smoke + changed)
        reason = f"No verdict: {why}. What the rule says of these numbers: {finding.reason}"
        finding = dataclasses.replace(finding, verdict=None, reason=reason, p_value=None, answer=None, detectable=None)
    facts = _facts(condition, profile, overrides, finished, len(trials))
    failed = sum(record.failed for record in finished)
    summary = _summary(finding, profile, overrides) | {"trials": len(finished), "failed": failed}
    summary |= {"version": __version__, "reason": finding.reason, "remarks": finding.remarks, "facts": facts}
    summary |= {"p_value": finding.p_value, "answer": finding.answer, "detectable": finding.detectable}
    summary["tables"] = [{"name": table.name, "title": table.title} for table in finding.tables]
    summary["charts"] = [{"name": c.name, "title": c.title, "caption": c.caption} for c in finding.charts]
    return Conclusion(finding, facts, summary)


def _older(records: AbstractRecords, finished: list[Record]) -> tuple[str, ...]:
    """The remark on published records that an older measure made; nothing where the measure has not changed since.

    Published records have no weights to measure again, and stay what they are until the sweep is run anew.
    """
    versions = {record.values["measure_version"] for record in finished} or {MEASURE_VERSION}
    if versions == {MEASURE_VERSION}:
        return ()
    if not isinstance(records, Published) or versions != {1}:
        old = sum(record.values["measure_version"] != MEASURE_VERSION for record in finished)
        raise StoreError(
            f"{old} records of {records.path} were measured by another version of the measures, which must not be "
            f"mixed; `mesascope remeasure {records.path}` measures those of a store again, without training."
        )
    read = any(row["view"] == "readout" for record in finished for row in record.values["summary"])
    return (FIRST_MEASURE,) if read else ()


def _facts(condition, profile, overrides, records: list[Record], wanted: int) -> dict[str, object]:
    command = ["mesascope", "run", condition.name, "--profile", profile]
    for key, value in overrides.items():
        command += ["--set", f"{key}={value}"]
    seconds = [sum(record.values["seconds"].values()) for record in records if record.values["seconds"]]
    # of records from before they were published with their seconds the cost is not known
    compute = f"{duration(sum(seconds))} of one core" if len(seconds) == len(records) else None
    versions = records[-1].values["versions"] if records else {}
    return {
        "command": shlex.join(command),
        "trials": f"{len(records)} of {wanted}",
        "seeds": getattr(condition, "seeds", None),
        "compute": compute,
        "machine": records[-1].values["host"] if records else f"{platform.system()} {platform.machine()}",
        "versions": ", ".join(f"{part} {version}" for part, version in versions.items()),
    }


def _summary(finding: Finding, profile: str, overrides: dict[str, str]) -> dict[str, object]:
    numbers = {"value": None, "low": None, "high": None}
    if finding.effect is not None:
        numbers = {name: float(getattr(finding.effect, name)) for name in numbers}
    return {
        "condition": finding.condition,
        "claim": finding.claim,
        "prediction": finding.prediction,
        "effect": numbers | {"unit": finding.unit},
        "smallest_effect": finding.smallest_effect,
        "verdict": finding.verdict,
        "profile": profile,
        "overrides": overrides,
    }


def _object(finding: Finding, condition, profile, overrides, store: Store, seconds: float) -> dict:
    """The object that `--json` prints of a run."""
    records = store.records(condition.sweep())
    return _summary(finding, profile, overrides) | {
        "trials": len(records),
        "failed": sum(record.failed for record in records),
        "seconds": round(seconds, 1),
        "out": os.fspath(store.path),
        "version": __version__,
    }


def _say(finding: Finding, path: pathlib.Path, seconds: float) -> None:
    print(f"\n“{finding.claim}”\n")
    if finding.effect is not None:
        print(f"effect   {effect_text(*finding.effect, finding.unit)}")
    print(f"verdict  {finding.verdict or 'none'}: {finding.reason.removeprefix('No verdict: ')}")
    for remark in finding.remarks:
        print(f"         {remark}")
    print(f"page     {path}")
    print(f"time     {duration(seconds)}", flush=True)
