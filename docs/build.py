"""Fills the generated blocks of README.md and docs/*.md from the records' reports under results/, and what the package
takes along of them.

    python docs/build.py            rewrite what is out of date
    python docs/build.py --check    only say what is out of date; exit 1 if anything is

A block stands between `<!-- made from NAME: WHAT -->` and `<!-- end -->`: NAME is a folder of results/; WHAT is
`verdict`, `remarks`, `facts`, or the name of a table, with an optional list of its columns in brackets. `results:
verdicts` is the table of all verdicts.

The page of a claim is three such blocks around what is written by hand (what was done, what came out, what would
change the answer): `answer`, with verdict and first figure; `fixed`, what the code fixed before the run; `shown`, all
tables and figures in their order.
"""

import csv
import dataclasses
import inspect
import json
import pathlib
import re
import sys

from mesascope.conditions import CONDITIONS, settings
from mesascope.conditions.frame import AbstractClaim
from mesascope.findings import effect_text, power_text
from mesascope.stats import holm

ROOT = pathlib.Path(__file__).parent.parent
PUBLISHED = ROOT / "src" / "mesascope" / "published" / "verdicts.json"
BLOCK = re.compile(r"(<!-- made from (\S+): ([\w-]+)(?: \[(.*?)\])? -->\n).*?(<!-- end -->)", re.S)


def filled(text: str) -> str:
    """The text with every block made anew."""
    return BLOCK.sub(lambda found: found[1] + _block(found[2], found[3], found[4]) + found[5], text)


def _block(name: str, what: str, columns: str | None) -> str:
    if name == "results":
        return _all_verdicts()
    folder = ROOT / "results" / name
    # a page may stand before its record: then its blocks are empty
    if not folder.is_dir():
        return ""
    if what not in ("verdict", "remarks", "facts", "answer", "fixed", "shown"):
        return _table(folder / "tables" / f"{what}.csv", columns)
    if (folder / "bench.json").is_file():
        return _facts(json.loads((folder / "bench.json").read_text(encoding="utf-8")))
    finding = json.loads((folder / "finding.json").read_text(encoding="utf-8"))
    pages = {"verdict": _verdict, "answer": _answer, "fixed": _fixed, "shown": _shown}
    if what in pages:
        return pages[what](finding)
    if what == "remarks":
        return "".join(f"- {remark}\n" for remark in finding["remarks"])
    return _facts(finding["facts"])


def _findings() -> dict[str, dict]:
    """The findings of results/ that have a verdict, by condition."""
    files = sorted((ROOT / "results").glob("*/finding.json"))
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {finding["condition"]: finding for finding in found if finding["verdict"]}


def _published() -> str:
    """What the package takes along of the findings, so that it can name them without this folder."""
    kept = ("verdict", "effect", "profile", "version")
    return json.dumps({name: {key: f[key] for key in kept} for name, f in _findings().items()}, indent=1) + "\n"


def _all_verdicts() -> str:
    heads = "claim", "verdict", "effect", "smallest effect", "p", "p, Holm", "trials"
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    findings = _findings()
    # the family is all claims that have a verdict: the more of them, the more must be asked of each
    corrected = dict(zip(findings, holm([finding["p_value"] for finding in findings.values()])))
    for name, finding in findings.items():
        numbers, smallest = effect_text(**finding["effect"]), f"{finding['smallest_effect']:g}"
        quoted = f"[{name}]({name}.md): “{finding['claim']}”"
        chances = " | ".join(f"{p:.2g}" for p in (finding["p_value"], corrected[name]))
        lines.append(f"| {quoted} | {finding['verdict']} | {numbers} | {smallest} | {chances} | {finding['trials']} |")
    return "\n".join(lines) + "\n"


def _verdict(finding: dict) -> str:
    effect = finding["effect"]
    lines = [f"> “{finding['claim']}”", ">"]
    if effect["value"] is not None:
        said = f"> **Verdict: {finding['verdict'] or 'none'}.**"
        lines.append(f"{said} Effect {effect_text(**effect)}. {finding['reason']}")
        # a record of an earlier run is kept as it was
        if finding["verdict"] and "detectable" in finding:
            lines.append(f">\n> {power_text(finding['detectable'], effect['unit'])}")
    lines += [f">\n> {remark}" for remark in finding["remarks"]]
    return "\n".join(lines) + "\n"


def _answer(finding: dict) -> str:
    """The claim, the answer in words, the verdict, and the figure that it rests on."""
    figure = "".join(_figure(finding, chart) for chart in finding["charts"][:1])
    return f"**{finding['answer']}**\n\n{_verdict(finding)}\n{figure}"


def _figure(finding: dict, chart: dict) -> str:
    path = f"../results/{finding['condition']}/figures/{chart['name']}.svg"
    return f"![{chart['title']}]({path})\n\n{chart['caption']}\n"


def _fixed(finding: dict) -> str:
    """What the code says of the experiment, which stood there before the run."""
    condition = settings(CONDITIONS[finding["condition"]], finding["profile"], finding["overrides"])
    said = inspect.getdoc(type(condition))
    values = [f"`{field.name}`: {_setting(getattr(condition, field.name))}" for field in dataclasses.fields(condition)]
    rule = f"**Rule.** {condition.rule.words}\n\n" if isinstance(condition, AbstractClaim) else ""
    listed = "".join(f"- {value}\n" for value in values)
    predicted = f"**Prediction.** {finding['prediction'][0].upper()}{finding['prediction'][1:]}.\n\n"
    made = f"**How it was made.**\n\n{_facts(finding['facts'])}"
    return f"{said}\n\n{predicted}{rule}**Settings** of the profile `{finding['profile']}`:\n\n{listed}\n{made}"


def _setting(value) -> str:
    if dataclasses.is_dataclass(value):
        changed = [
            f"{field.name}={getattr(value, field.name)}"
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        ]
        return f"{type(value).__name__}({', '.join(changed)})"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


LONG = 20
"""Rows from which on a table is folded."""


def _shown(finding: dict) -> str:
    """Every table, and every figure but the first, in the order in which the claim shows them."""
    parts = [_folded(finding, table) for table in finding["tables"]]
    parts += [f"### {chart['title']}\n\n{_figure(finding, chart)}" for chart in finding["charts"][1:]]
    return "\n".join(parts)


def _folded(finding: dict, table: dict) -> str:
    rows = _table(ROOT / "results" / finding["condition"] / "tables" / f"{table['name']}.csv", None)
    count = rows.count("\n") - 2
    if count <= LONG:
        return f"### {table['title']}\n\n{rows}"
    return f"<details><summary>{table['title']} ({count} rows)</summary>\n\n{rows}\n</details>\n"


def _facts(values: dict) -> str:
    return "".join(f"- {key}: {_code(key, value)}\n" for key, value in values.items() if value and key != "rows")


def _code(key: str, value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{part} {version}" for part, version in value.items())
    return f"`{value}`" if key == "command" else str(value)


def _table(path: pathlib.Path, columns: str | None) -> str:
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    heads = [head.strip() for head in columns.split(";")] if columns else list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(row[head] or "–" for head in heads) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Rewrites or checks; returns the exit status."""
    stale = []
    if PUBLISHED.read_text(encoding="utf-8") != _published():
        stale.append(str(PUBLISHED.relative_to(ROOT)))
        if "--check" not in sys.argv:
            PUBLISHED.write_text(_published(), encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        if (made := filled(text)) != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(made, encoding="utf-8")
    print("out of date: " + ", ".join(stale) if stale else "all up to date")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
