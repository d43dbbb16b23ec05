"""Findings become pages that need no network."""

import dataclasses
import json
import re

import pytest

from mesascope.findings import Chart, Field, Film, Finding, Table
from mesascope.outcomes import Estimate
from mesascope.report import page, write, write_theory_page
from mesascope.report._figures import svg

CURVES = Chart(
    "curve",
    "A curve",
    "How to read it.",
    "curves",
    tuple(
        {"n": n, "bits": n + seed, "task": task, "seed": seed}
        for n in (1, 8, 64)
        for seed in range(3)
        for task in ("a", "b")
    ),
    Field("n", "N", "log"),
    Field("bits", "bits"),
    Field("task", "task", "category"),
    reference=("null", 0.5),
)
BARS = Chart(
    "bars",
    "Bars",
    "How to read them.",
    "bars",
    tuple(
        {"n": n, "bits": 1.0, "part": part, "arm": arm, "order": i}
        for n in ("1", "8")
        for i, part in enumerate(("reflex", "tuned"))
        for arm in ("x", "y")
    ),
    Field("n", "N", "category"),
    Field("bits", "bits"),
    Field("part", "bits", "category"),
    facet=Field("arm", "arm", "category"),
)
FILM = Film(
    "film",
    "A maze seen thinking",
    "Arrows.",
    ({"rows": 1, "columns": 2, "passages": [0, 1, 0, 0, 0, 0, 0, 1], "start": 0, "goal": 1},),
    ({"label": "</script><b>", "frames": [[[0, 100, 0, 0, 25, 25, 25, 25]]]},),
    (0,),
)
FINDING = Finding(
    "diversity",
    "2.1",
    "a <claim> & more",
    "it rises",
    Estimate(3.0, 2.5, 3.5),
    "bits",
    2.0,
    "supported",
    "Because.",
    ("A remark.",),
    (Table("t", "A table", ("a", "b"), ((1, None), ("x<y", 2.5))),),
    (CURVES, BARS),
)


@pytest.fixture(scope="module")
def html() -> str:
    return page(FINDING, {"command": "mesascope run diversity"}, (FILM,))


def test_a_page_is_self_contained(html):
    outside = re.findall(r'(?:src|href)="([^"#]+)"', html)
    assert not outside and "@import" not in html and "fetch(" not in html


def test_text_is_escaped(html):
    assert "a &lt;claim&gt; &amp; more" in html and "x&lt;y" in html
    film = re.search(r'<script type="application/json" id="film-film">(.*?)</script>', html, re.S).group(1)
    assert json.loads(film)["networks"][0]["label"] == "</script><b>"


def test_verdict_effect_and_every_table_cell_are_shown(html):
    assert "supported" in html and "3.0" in html and "[2.5, 3.5]" in html
    assert "<td>–</td>" in html and "A remark." in html


def test_a_verdict_says_how_small_an_effect_would_have_been_found(html):
    assert "Power: not known" in html
    known = page(dataclasses.replace(FINDING, detectable=3.14), {})
    assert "had the true effect been 3.1 bits, the rule would have said" in known
    assert "Power" not in page(dataclasses.replace(FINDING, verdict=None), {})


def test_every_seed_is_drawn(html):
    # 18 seeds' points in the curves
    drawing = html[html.index('id="curve"') : html.index('id="bars"')]
    assert drawing.count('aria-roledescription="point"') == 18


def test_files_are_written_beside_the_page(tmp_path):
    path = write(FINDING, {}, tmp_path)
    assert path == tmp_path / "report.html"
    for name in ("curve", "bars"):
        assert (tmp_path / "figures" / f"{name}.svg").read_text().startswith("<svg")
        assert (tmp_path / "figures" / f"{name}.pdf").read_bytes()[:4] == b"%PDF"
    assert (tmp_path / "tables" / "t.csv").read_text().splitlines() == ["a,b", "1,", "x<y,2.5"]


def test_the_page_of_the_equation_begins_where_it_is_told(tmp_path):
    path = tmp_path / "theory.html"
    write_theory_page(path, {"form": "fixed", "c": 7.0, "a": 2.0, "P": 300.0, "N": 3.0})
    text = path.read_text(encoding="utf-8")
    start = json.loads(re.search(r"const start = (\{.*?\});", text).group(1))
    assert (start["form"], start["c"], start["P"]) == ("fixed", 7.0, 300.0)
    assert "http" not in text and "{{" not in text
    with pytest.raises(ValueError, match="no slider for q"):
        write_theory_page(path, {"q": 1.0})


def test_a_reference_is_drawn_once_and_lines_are_straight():
    drawn = svg(CURVES)
    assert drawn.count(">null<") == 1
    # a smoothed curve would have cubic segments where points are joined
    lines = re.findall(r'aria-roledescription="line mark"[^>]*? d="([^"]*)"', drawn)
    assert lines and not any("C" in path for path in lines)
