"""mesascope list records: what a store holds."""

import functools
import json
import pathlib

import numpy as np

from ..lab import Listing, listing
from ._progress import Counted
from ._stores import existing, name_unreadable

PARTS = ("task", "model", "base", "organism", "computation")
GROUP = (*PARTS, "kind", "num_instances", "later_instances")
HEADS = ("task", "what", "by", "settings", "N", "records", "failed", "own bits", "novel bits")


def list_records(path: pathlib.Path, as_json: bool) -> None:
    """Prints every record as JSON, or a line for each group of records that differ in their seeds only."""
    store = existing(path)
    found = listing(store, Counted("records read"))
    if as_json:
        print(json.dumps(_rows(found)))
    else:
        _print_table(_groups(found))
        print(f"{len(found.columns['id'])} records in {path}")
    name_unreadable(store, found.unreadable)


def _rows(found: Listing) -> list[dict]:
    """Records as plain values: parts as objects, whole numbers without a point, null where there is none."""
    member = functools.lru_cache(maxsize=None)(lambda text: json.loads(text) if text else None)
    plain = {
        name: [member(text) for text in values] if name in PARTS else list(map(_plain, values.tolist()))
        for name, values in found.columns.items()
    }
    return [dict(zip(plain, row)) for row in zip(*plain.values())]


def _plain(value: str | float) -> str | int | float | None:
    if isinstance(value, str):
        return value
    if value != value:
        return None
    return int(value) if value.is_integer() else value


def _groups(found: Listing) -> list[tuple]:
    """A line for each group, with means over its records and the settings by which it differs from others."""
    columns = found.columns
    keys = np.stack([np.unique(columns[name].astype(str), return_inverse=True)[1] for name in GROUP], axis=1)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.ravel()
    counts = np.bincount(inverse, minlength=len(first))
    failed = np.bincount(inverse, weights=columns["status"] != "finished", minlength=len(first))
    means = [_means(columns[name], inverse, len(first)) for name in ("own_bits", "novel_bits")]
    members = [{part: _member(columns[part][row]) for part in PARTS} for row in first]
    lines = []
    for group in sorted(
        range(len(first)), key=lambda g: (_names(members[g]), columns["num_instances"][first[g]] % 2**62)
    ):
        row, names = first[group], _names(members[group])
        alike = [other for other in members if _names(other) == names]
        lines.append(
            (
                *names[:2],
                names[2] or columns["kind"][row],
                _differing(members[group], alike),
                _size(columns["num_instances"][row], columns["later_instances"][row]),
                str(counts[group]),
                f"{failed[group]:.0f}",
                *("-" if np.isnan(mean[group]) else f"{mean[group]:.1f}" for mean in means),
            )
        )
    return lines


def _member(part: str) -> dict:
    return json.loads(part) if part else {}


def _names(member: dict[str, dict]) -> tuple[str, str, str]:
    task, model, base, organism, computation = (member[part].get("name", "") for part in PARTS)
    return task, model or organism or computation, base


def _differing(member: dict[str, dict], alike: list[dict[str, dict]]) -> str:
    """The settings that are not the same in all groups of the same names."""
    return " ".join(
        f"{name}={value}"
        for part in PARTS
        for name, value in member[part].items()
        if any(other[part].get(name) != value for other in alike)
    )


def _size(size: float, later: float) -> str:
    first = "unlimited" if size < 0 else f"{size:.0f}"
    return f"{first}, then {later:.0f}" if later else first


def _means(values: np.ndarray, group: np.ndarray, num_groups: int) -> np.ndarray:
    known = np.isfinite(values)
    sums = np.bincount(group[known], weights=values[known], minlength=num_groups)
    counts = np.bincount(group[known], minlength=num_groups)
    return np.divide(sums, counts, out=np.full(num_groups, np.nan), where=counts > 0)


def _print_table(lines: list[tuple]) -> None:
    widths = [max(len(line[i]) for line in [HEADS, *lines]) for i in range(len(HEADS))]
    for line in [HEADS, *lines]:
        cells = [text.ljust(width) if i < 4 else text.rjust(width) for i, (text, width) in enumerate(zip(line, widths))]
        print("  ".join(cells))
