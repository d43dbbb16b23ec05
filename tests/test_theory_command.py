"""mesascope theory, and the examples of its documents."""

import csv
import doctest
import importlib
import json
import pathlib
import pkgutil

import pytest

import mesascope.theory
from mesascope.cli import main
from mesascope.cli._theory import theory
from mesascope.report import write_theory
from mesascope.theory import Interpolated, ToyModel


def test_the_command_prints_the_allocation_and_its_transitions(capsys):
    theory("power:a=0.5,k=2", 1000, 20, as_json=True)
    found = json.loads(capsys.readouterr().out)
    turns = found.pop("transition")
    assert found == pytest.approx({"x": 20, "tuned": 40, "total": 60, "share": 1 / 3})
    assert turns == {"onset": None, "half": pytest.approx(25.819889), "saturation": pytest.approx(44.721360)}
    theory("linear:a=8", 1000, 8, as_json=False)
    shown = capsys.readouterr().out
    assert "the smallest is given" in shown and "stored by training" in shown and "8  instances" in shown


def test_the_examples_run():
    for info in pkgutil.iter_modules(mesascope.theory.__path__, "mesascope.theory."):
        module = importlib.import_module(info.name)
        assert doctest.testmod(module, extraglobs=vars(mesascope.theory)).failed == 0, info.name
    document = pathlib.Path(__file__).parent.parent / "docs" / "theory.md"
    found = doctest.testfile(str(document), module_relative=False)
    assert found.failed == 0 < found.attempted


def test_the_figures_and_tables_hold_what_the_model_says(tmp_path, capsys):
    arguments = ["theory", "--cost", "power:a=0.5,k=2", "--power", "1000", "--instances", "20", "--out", str(tmp_path)]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["x"] == pytest.approx(20)
    with open(tmp_path / "tables" / "over-n.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # N / (a k) up to (P / a)^(1/k), and the rest of 1000 bits divided by N; six digits are written
    for row in rows:
        n = float(row["N"])
        x = min(n, 2000**0.5)
        assert float(row["x"]) == pytest.approx(x, rel=2e-5) and row["remark"] == ""
        assert float(row["tuned"]) == pytest.approx((1000 - x**2 / 2) / n, rel=1e-3, abs=1e-4)
    assert (float(rows[0]["N"]), float(rows[-1]["N"])) == (1, 5120)
    with open(tmp_path / "tables" / "transitions.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            # k a^(1/k) P^((k-1)/k)
            assert float(row["saturation"]) == pytest.approx(2 * (0.5 * float(row["P"])) ** 0.5, rel=1e-5)
    shown = (tmp_path / "figures" / "phases.svg").read_text(encoding="utf-8")
    assert all(name in shown for name in ("tuning alone", "both", "run time alone", "saturation"))
    assert (tmp_path / "figures" / "bits-over-n.pdf").read_bytes().startswith(b"%PDF")


def test_what_rests_on_unmeasured_costs_is_marked(tmp_path):
    measured = ToyModel(Interpolated((10, 20), (50, 200)))
    write_theory(tmp_path, measured, "measured", 400, 20)
    assert "beyond the measured x" in (tmp_path / "figures" / "bits-over-n.svg").read_text(encoding="utf-8")
    assert "beyond the measured x" in (tmp_path / "figures" / "phases.svg").read_text(encoding="utf-8")
    assert "beyond the measured x" in (tmp_path / "tables" / "over-n.csv").read_text(encoding="utf-8")


def test_the_command_line_writes_the_page_and_refuses_in_one_line(tmp_path, capsys):
    page = tmp_path / "page.html"
    arguments = ["theory", "--cost", "fixed:c=10,a=2", "--power", "300", "--instances", "3"]
    assert main([*arguments, "--page", str(page), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    # all the power beyond the fixed cost, since N is above a P / (P - c)
    assert found["x"] == pytest.approx(145) and '"c": 10.0' in page.read_text(encoding="utf-8")
    assert main(["theory", "--cost", "powr:a=1", "--power", "1", "--instances", "2"]) == 2
    assert "Did you mean 'power'?" in capsys.readouterr().err
