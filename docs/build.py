"""Fills the generated blocks of README.md and docs/*.md from the records' reports under results/.

    python docs/build.py            rewrite what is out of date
    python docs/build.py --check    only say what is out of date; exit 1 if anything is

A block stands between `<!-- made from NAME: WHAT -->` and `<!-- end -->`: NAME is a folder of results/; WHAT is
`verdict`, `remarks`, `facts`, or the name of a table, with an optional list of its columns in brackets.
"""

import csv
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- made from (\S+): ([\w-]+)(?: \[(.*?)\])? -->\n).*?(<!-- end -->)", re.S)


def filled(text: str) -> str:
    """The text with every block made anew."""
    return BLOCK.sub(lambda found: found[1] + _block(found[2], found[3], found[4]) + found[5], text)


def _block(name: str, what: str, columns: str | None) -> str:
    folder = ROOT / "results" / name
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


def _verdict(finding: dict) -> str:
    effect = finding["effect"]
    lines = [f"> “{finding['claim']}”", ">"]
    if effect["value"] is not None:
        numbers = f"{effect['value']:.1f} [{effect['low']:.1f}, {effect['high']:.1f}] {effect['unit']}"
        lines.append(f"> **Verdict: {finding['verdict'] or 'none'}.** Effect {numbers}. {finding['reason']}")
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
