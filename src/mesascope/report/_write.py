"""A finding as files: page, figures, tables, and the finding itself."""

import csv
import io
import os
import pathlib

from ..findings import Finding, Table
from ._figures import pdf, svg
from ._page import page


def write(finding: Finding, facts: dict[str, object], folder: pathlib.Path) -> pathlib.Path:
    """Writes `report.html`, `figures/*.svg`, `figures/*.pdf`, `tables/*.csv`; returns the page's path.

    Files of an earlier report are replaced one by one, each in one step.
    """
    for chart in finding.charts:
        if chart.rows:
            _replace(folder / "figures" / f"{chart.name}.svg", svg(chart).encode())
            _replace(folder / "figures" / f"{chart.name}.pdf", pdf(chart))
    for table in finding.tables:
        _replace(folder / "tables" / f"{table.name}.csv", _csv(table).encode())
    path = folder / "report.html"
    _replace(path, page(finding, facts).encode())
    return path


def _csv(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.heads)
    writer.writerows(table.rows)
    return text.getvalue()


def _replace(path: pathlib.Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    os.replace(draft, path)
