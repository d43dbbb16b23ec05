"""Rows of a table of outcomes, from a file or a data frame; what is not meant is refused by its line."""

import csv
import gzip
import math
import os
import pathlib
import re
import zlib

COLUMNS = ("instance", "policy", "utility")
"""Columns of a table of outcomes; others are ignored."""

FRAMES = ("pandas", "polars")
"""Packages whose data frames are read."""

MISSING = ("", "nan", "none", "null", "nat", "<na>")
"""What programs write where a name is missing."""

NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?")
TRUTH = {"true": 1.0, "false": 0.0}

Outcome = tuple[str, str, float]
"""Instance, policy, utility."""

Line = tuple[str, tuple]
"""Where a row is, and its three values."""


def read_outcomes(table) -> tuple[str, list[Outcome]]:
    """The name of a table for messages, and its rows.

    Raises:
        ValueError: the culprit, by line, and the remedy.
    """
    if not isinstance(table, str | os.PathLike):
        name, lines = "the data frame", _of_frame(table)
    else:
        path = pathlib.Path(table)
        name, lines = str(path), _of_file(path)
    outcomes = [_outcome(name, place, values) for place, values in lines]
    if not outcomes:
        raise ValueError(f"{name}: the table has no rows; one row an episode is needed, with {', '.join(COLUMNS)}.")
    return name, outcomes


def some(names, limit: int = 8) -> str:
    """The first of many names, in a sentence."""
    names = [str(name) for name in names]
    return ", ".join(names[:limit]) + (" ..." if len(names) > limit else "")


def _of_file(path: pathlib.Path) -> list[Line]:
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file; give a CSV or parquet table.")
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz")):
        return _of_csv(path)
    if name.endswith(".parquet"):
        return _of_parquet(path)
    raise ValueError(f"{path}: a table ends in .csv, .csv.gz or .parquet; rename or convert it.")


def _of_csv(path: pathlib.Path) -> list[Line]:
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(path, "rt", newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            names = [name.strip() for name in next(reader, [])]
            _check_columns(str(path), names)
            places, lines = [names.index(name) for name in COLUMNS], []
            for fields in reader:
                # a line without anything is no row
                if fields:
                    _check_fields(path, reader.line_num, fields, names)
                    lines.append((f"line {reader.line_num}", tuple(fields[place] for place in places)))
            return lines
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: cannot be read as CSV ({error}); save it as UTF-8 with commas.") from None


def _check_fields(path: pathlib.Path, line: int, fields: list[str], names: list[str]) -> None:
    if len(fields) != len(names):
        raise ValueError(
            f"{path}, line {line}: {len(fields)} fields under {len(names)} names; part fields by single commas, write "
            "1.5 and not 1,5, and put quotation marks around a field that holds a comma."
        )


def _of_parquet(path: pathlib.Path) -> list[Line]:
    import duckdb

    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "threads": "1"}
    with duckdb.connect(":memory:", config=settings) as connection:
        try:
            # the path is matched as a pattern: brackets take its special characters as they are
            table = connection.read_parquet("".join(f"[{c}]" if c in "*?[" else c for c in str(path)))
            names = {name.strip(): name for name in table.columns}
            _check_columns(str(path), [name.strip() for name in table.columns])
            values = table.project(", ".join(f'"{names[name]}"' for name in COLUMNS)).fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise ValueError(f"{path}: cannot be read as parquet ({reason}); write it anew, or as CSV.") from None
    return [(f"row {number}", row) for number, row in enumerate(values, start=1)]


def _of_frame(frame) -> list[Line]:
    kind = type(frame)
    if kind.__module__.partition(".")[0] not in FRAMES or kind.__name__ != "DataFrame":
        raise ValueError(
            f"measure(table={kind.__name__}): give the path of a CSV or parquet file, or a DataFrame of "
            f"{' or '.join(FRAMES)}."
        )
    names = [str(name).strip() for name in frame.columns]
    _check_columns("the data frame", names)
    # the names as they are in the frame, spaces included
    own = dict(zip(names, frame.columns))
    columns = [frame[own[name]].to_list() for name in COLUMNS]
    return [(f"row {number}", row) for number, row in enumerate(zip(*columns), start=1)]


def _check_columns(name: str, found: list[str]) -> None:
    twice = [column for column in COLUMNS if found.count(column) > 1]
    if twice:
        raise ValueError(f"{name}: column {twice[0]} is there twice; rename the one that is not meant.")
    missing = [column for column in COLUMNS if column not in found]
    if missing:
        raise ValueError(
            f"{name}: no column {', '.join(missing)}; a table has {', '.join(COLUMNS)}, this one has "
            f"{some(found) or 'none'}."
        )


def _outcome(name: str, place: str, values: tuple) -> Outcome:
    *names, utility = values
    for column, value in zip(COLUMNS, names):
        if str(value).strip().lower() in MISSING:
            written = f"written as {str(value).strip()}" if str(value).strip() else "empty"
            raise ValueError(
                f"{name}, {place}: instance or policy is empty; every row names both ({column} is {written}: give it "
                "another name if it is one, or leave the row out)."
            )
    instance, policy = (str(value).strip() for value in names)
    number = _number(utility)
    if not math.isfinite(number):
        raise ValueError(f"{name}, {place}: utility {utility!r} is not a finite number; leave the row out or mend it.")
    return instance, policy, number


def _number(utility: object) -> float:
    """A utility as a number; nan where it is none."""
    if isinstance(utility, str):
        text = utility.strip()
        if text.lower() in TRUTH:
            return TRUTH[text.lower()]
        # Python itself takes 1_000 and the digits of other scripts
        return float(text) if NUMBER.fullmatch(text) else math.nan
    try:
        return float(utility)
    except (TypeError, ValueError, OverflowError):
        return math.nan
