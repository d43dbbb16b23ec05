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
from ..conditions import CONDITIONS, AbstractCondition, Profile, settings
from ..findings import Finding, effect_text
from ..lab import MEASURE_VERSION, AbstractExecutor, Store, StoreError, Trial, cost, is_store
from ..report import replace_file, write
from ._progress import NOMINAL_RATE, SweepProgress, duration
from ._tracking import Tracked, tracker_of


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
    chosen = {name: settings(CONDITIONS[name], profile, overrides, name) for name in names}
    for name, condition in chosen.items():
        began = time.monotonic()
        store = Store(out)
        store.check(condition.sweep())
        progress = SweepProgress(f"{name}, {profile}", workers)
        executor.run(
            condition.sweep(), store, Tracked(progress, store, tracker_of(track, store)) if track else progress
        )
        print(f"{name}: analysis of the records, up to a minute", file=sys.stderr, flush=True)
        finding, path = conclude(name, condition, profile, overrides, store)
        seconds = time.monotonic() - began
        if as_json:
            print(json.dumps(_object(finding, condition, profile, overrides, store, seconds)), flush=True)
        else:
            _say(finding, path, seconds)


def dry_run(
    names: list[str], profile: Profile, out: pathlib.Path, overrides: dict[str, str], workers: int, as_json: bool
) -> None:
    """Says what would be trained, and what that costs, and changes nothing."""
    chosen = {name: settings(CONDITIONS[name], profile, overrides, name) for name in names}
    store = Store(out) if is_store(out) else None
    counted: set[Trial] = set()
    for name, condition in chosen.items():
        trials = list(dict.fromkeys(condition.sweep()))
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
                f"{duration(seconds)} with {workers} workers. Nothing was run."
            )


def conclude(
    name: str, condition: AbstractCondition, profile: Profile, overrides: dict[str, str], store: Store
) -> tuple[Finding, pathlib.Path]:
    """The finding of a condition's finished trials, and the path of its page."""
    old = [r for r in store.records(condition.sweep()) if r.values["measure_version"] != MEASURE_VERSION]
    if old:
        raise StoreError(
            f"{len(old)} records of {store.path} were measured by an older version of the measures, which must not be "
            f"mixed; `mesascope remeasure {store.path}` measures them again, without training."
        )
    finding = condition.analyse(store)
    if profile == "smoke" or overrides:
        smoke = ["the smoke profile shows that the path works"] if profile == "smoke" else []
        changed = [f"{', '.join(overrides)} overridden"] if overrides else []
        why = "; ".join(smoke + changed)
        reason = f"No verdict: {why}. What the rule says of these numbers: {finding.reason}"
        finding = dataclasses.replace(finding, verdict=None, reason=reason)
    folder = store.path / "reports" / name
    facts = _facts(name, condition, profile, overrides, store)
    path = write(finding, facts, folder)
    summary = _object(finding, condition, profile, overrides, store, None)
    # where the folder lies and how long the last command took say nothing of the finding
    summary = {key: value for key, value in summary.items() if key not in ("out", "seconds")}
    summary |= {"reason": finding.reason, "remarks": finding.remarks, "facts": facts}
    replace_file(folder / "finding.json", (json.dumps(summary, indent=1) + "\n").encode())
    return finding, path


def _facts(name, condition, profile, overrides, store: Store) -> dict[str, object]:
    records = store.records(condition.sweep())
    command = ["mesascope", "run", name, "--profile", profile]
    for key, value in overrides.items():
        command += ["--set", f"{key}={value}"]
    seconds = sum(sum(record.values["seconds"].values()) for record in records)
    versions = records[-1].values["versions"] if records else {}
    return {
        "command": shlex.join(command),
        "trials": f"{len(records)} of {len(condition.sweep())}",
        "seeds": getattr(condition, "seeds", None),
        "compute": f"{duration(seconds)} of one core",
        "machine": records[-1].values["host"] if records else f"{platform.system()} {platform.machine()}",
        "versions": ", ".join(f"{part} {version}" for part, version in versions.items()),
    }


def _object(finding: Finding, condition, profile, overrides, store: Store, seconds: float | None) -> dict:
    records = store.records(list(dict.fromkeys(condition.sweep())))
    effect = finding.effect
    return {
        "condition": finding.condition,
        "claim": finding.claim,
        "prediction": finding.prediction,
        "effect": {
            "value": None if effect is None else float(effect.value),
            "low": None if effect is None else float(effect.low),
            "high": None if effect is None else float(effect.high),
            "unit": finding.unit,
        },
        "smallest_effect": finding.smallest_effect,
        "verdict": finding.verdict,
        "profile": profile,
        "overrides": overrides,
        "trials": len(records),
        "failed": sum(record.failed for record in records),
        "seconds": None if seconds is None else round(seconds, 1),
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
