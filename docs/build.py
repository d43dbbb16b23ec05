"""Fills the generated blocks of README.md and docs/*.md from the records' reports under results/, and what the package
takes along of them.

    python docs/build.py            rewrite what is out of date
    python docs/build.py --check    only say what is out of date; exit 1 if anything is

A block stands between `<!-- made from NAME: WHAT -->` and `<!-- end -->`: NAME is a folder of results/; WHAT is
`verdict`, `remarks`, `facts`, or the name of a table, with an optional list of its columns in brackets. `results:
verdicts` is the table of all verdicts.
"""

import csv
import json
import pathlib
import re
import sys

from mesascope.findings import effect_text

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
    if what not in ("verdict", "remarks", "facts"):
        return _table(folder / "tables" / f"{what}.csv", columns)
    if (folder / "bench.json").is_file():
        return _facts(json.loads((folder / "bench.json").read_text(encoding="utf-8")))
    finding = json.loads((folder / "finding.json").read_text(encoding="utf-8"))
    if what == "verdict":
        return _verdict(finding)
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
    lines = ["| claim | verdict | effect | smallest effect | trials |", "|" + " --- |" * 5]
    for name, finding in _findings().items():
        numbers, smallest = effect_text(**finding["effect"]), f"{finding['smallest_effect']:g}"
        quoted = f"[{name}]({name}.md): “{finding['claim']}”"
        lines.append(f"| {quoted} | {finding['verdict']} | {numbers} | {smallest} | {finding['trials']} |")
    return "\n".join(lines) + "\n"


def _verdict(finding: dict) -> str:
    effect = finding["effect"]
    lines = [f"> “{finding['claim']}”", ">"]
    if effect["value"] is not None:
        said = f"> **Verdict: {finding['verdict'] or 'none'}.**"
        lines.append(f"{said} Effect {effect_text(**effect)}. {finding['reason']}")
    lines += [f">\n> {remark}" for remark in finding["remarks"]]
    return "\n".join(lines) + "\n"


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
