"""Outcomes from elsewhere: a table of instance, policy, utility."""

import csv
import os
import pathlib

import numpy as np

from ..outcomes import Outcomes, Ties
from ..power import sampled_tail
from ._measurement import Measurement, row_of

COLUMNS = ("instance", "policy", "utility")
"""Columns of a table of outcomes; others are ignored."""

Outcome = tuple[str, str, float]
"""Instance, policy, utility."""


def measure_table(path: str | os.PathLike, *, reference: str = "random", ties: Ties = "conservative") -> Measurement:
    """The bits of every policy of a table, by instance, against the reference's rows of the same instance.

    Args:
        path: CSV with a line of names, or parquet; one row an episode with columns instance, policy, utility. Spaces
            around names of columns, instances and policies do not count.
        reference: the policy whose rows are the reference.
        ties: `conservative` counts references that do equally well as doing as well, `mid` half of them.

    Returns:
        A measurement with the instances as named in the table, and limits from the number of reference rows.

    Raises:
        ValueError: the file cannot be read, a column is missing, a utility is no number, an instance has no row of the
            reference, no policy is left, or all utilities are equal.
    """
    path, reference = pathlib.Path(path), reference.strip()
    outcomes = _read(path)
    utilities = _grouped(path, outcomes, reference)
    rows = []
    for (instance, policy), values in utilities.items():
        if policy == reference:
            continue
        draws = np.array(utilities[instance, reference])
        rows.append(
            row_of(
                instance,
                policy,
                np.array(values),
                sampled_tail(draws),
                Outcomes(draws, np.full(len(draws), 1 / len(draws)), exact=False),
                method="monte-carlo",
                ties=ties,
                draws=len(draws),
                matched=int(np.sum(draws >= max(values))),
            )
        )
    rows.sort(key=lambda row: row.policy)
    return Measurement("table", str(path), reference, ties, None, _notes(rows), tuple(rows))


def _notes(rows) -> tuple[str, ...]:
    few = sum(row.matched < 10 for row in rows)
    note = f"{few} of {len(rows)} rows rest on fewer than 10 reference rows that did as well: their limits are wide."
    return (note,) if few else ()


def _grouped(path: pathlib.Path, outcomes: list[Outcome], reference: str) -> dict[tuple[str, str], list[float]]:
    """Utilities by instance and policy."""
    utilities: dict[tuple[str, str], list[float]] = {}
    for instance, policy, utility in outcomes:
        utilities.setdefault((instance, policy), []).append(utility)
    policies = dict.fromkeys(policy for _, policy in utilities)
    if reference not in policies:
        raise ValueError(
            f"{path}: no row has policy {reference!r}, the reference; name another with --reference, one of "
            f"{_some(policies)}."
        )
    if len(policies) == 1:
        raise ValueError(f"{path}: every row is of the reference {reference!r}; add rows of a policy to be measured.")
    alone = [i for i in dict.fromkeys(i for i, _ in utilities) if (i, reference) not in utilities]
    if alone:
        raise ValueError(
            f"{path}: instance {alone[0]!r} has no row of the reference {reference!r} ({len(alone)} such in all); add "
            "reference episodes of it, or leave it out."
        )
    if len({utility for *_, utility in outcomes}) < 2:
        raise ValueError(
            f"{path}: every utility is {outcomes[0][2]:g}; with fewer than two distinct utilities there is nothing to "
            "measure, so give one that tells outcomes apart."
        )
    return utilities


def _read(path: pathlib.Path) -> list[Outcome]:
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file; give a CSV or parquet table.")
    kind = path.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise ValueError(f"{path}: a table ends in .csv or .parquet; rename or convert it.")
    lines = _read_csv(path) if kind == ".csv" else _read_parquet(path)
    outcomes = [_outcome(path, place, values) for place, values in lines]
    if not outcomes:
        raise ValueError(f"{path}: the table has no rows; one row an episode is needed, with {', '.join(COLUMNS)}.")
    return outcomes


def _read_csv(path: pathlib.Path) -> list[tuple[str, tuple]]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
            _check_columns(path, reader.fieldnames)
            return [(f"line {reader.line_num}", tuple(line[name] for name in COLUMNS)) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: cannot be read as CSV ({error}); save it as UTF-8 with commas.") from None


def _read_parquet(path: pathlib.Path) -> list[tuple[str, tuple]]:
    import duckdb

    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "1"}
    with duckdb.connect(":memory:", config=settings) as connection:
        try:
            # the path is matched as a pattern: brackets take its special characters as they are
            table = connection.read_parquet("".join(f"[{c}]" if c in "*?[" else c for c in str(path)))
            names = {name.strip(): name for name in table.columns}
            _check_columns(path, [name.strip() for name in table.columns])
            values = table.project(", ".join(f'"{names[name]}"' for name in COLUMNS)).fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"{path}: cannot be read as parquet ({reason}); write it anew, or as CSV.") from None
    return [(f"row {number}", row) for number, row in enumerate(values, start=1)]


def _check_columns(path: pathlib.Path, found) -> None:
    twice = [name for name in COLUMNS if list(found).count(name) > 1]
    if twice:
        raise ValueError(f"{path}: column {twice[0]} is there twice; rename the one that is not meant.")
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise ValueError(
            f"{path}: no column {', '.join(missing)}; a table has {', '.join(COLUMNS)}, this one has "
            f"{_some(found) or 'none'}."
        )


def _outcome(path: pathlib.Path, place: str, values: tuple) -> Outcome:
    *names, utility = values
    instance, policy = (name.strip() if isinstance(name, str) else name for name in names)
    if instance in (None, "") or policy in (None, ""):
        raise ValueError(f"{path}, {place}: instance or policy is empty; every row names both.")
    try:
        number = float(utility)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"{path}, {place}: utility {utility!r} is not a finite number; leave the row out or mend it.")
    return str(instance), str(policy), number


def _some(names, limit: int = 8) -> str:
    names = [str(name) for name in names]
    return ", ".join(names[:limit]) + (" ..." if len(names) > limit else "")
