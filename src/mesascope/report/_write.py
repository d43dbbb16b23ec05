"""A finding as files: page, figures, tables, and the finding itself."""

import csv
import io
import os
import pathlib

from ..findings import Chart, Film, Finding, Table
from ._figures import pdf, svg
from ._page import page


def write(
    finding: Finding, facts: dict[str, object], folder: pathlib.Path, films: tuple[Film, ...] = ()
) -> pathlib.Path:
    """Writes `report.html`, `figures/*.svg`, `figures/*.pdf`, `tables/*.csv`; returns the page's path.

    Files of an earlier report are replaced one by one, each in one step.
    """
    write_charts(folder, finding.charts)
    write_tables(folder, finding.tables)
    path = folder / "report.html"
    replace_file(path, page(finding, facts, films).encode())
    return path


def write_charts(folder: pathlib.Path, charts: tuple[Chart, ...], with_pdf: bool = True) -> None:
    """Writes `figures/*.svg`, and `figures/*.pdf` where asked, of the charts that show anything."""
    for chart in charts:
        if chart.rows or chart.lines:
            replace_file(folder / "figures" / f"{chart.name}.svg", svg(chart).encode())
            if with_pdf:
                replace_file(folder / "figures" / f"{chart.name}.pdf", pdf(chart))


def write_tables(folder: pathlib.Path, tables: tuple[Table, ...]) -> None:
    """Writes `tables/*.csv`."""
    for table in tables:
        replace_file(folder / "tables" / f"{table.name}.csv", csv_text(table).encode())


def csv_text(table: Table) -> str:
    """A table as the content of its file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.heads)
    writer.writerows(table.rows)
    return text.getvalue()


def replace_file(path: pathlib.Path, content: bytes) -> None:
    """Writes a file in one step: a reader finds the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    os.replace(draft, path)
