"""mesascope theory, and the examples of its documents."""

import doctest
import importlib
import json
import pathlib
import pkgutil

import pytest

import mesascope.theory
from mesascope.cli import main
from mesascope.cli._theory import theory


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


def test_the_command_line_writes_the_page_and_refuses_in_one_line(tmp_path, capsys):
    page = tmp_path / "page.html"
    arguments = ["theory", "--cost", "fixed:c=10,a=2", "--power", "300", "--instances", "3"]
    assert main([*arguments, "--page", str(page), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    # all the power beyond the fixed cost, since N is above a P / (P - c)
    assert found["x"] == pytest.approx(145) and '"c": 10.0' in page.read_text(encoding="utf-8")
    assert main(["theory", "--cost", "powr:a=1", "--power", "1", "--instances", "2"]) == 2
    assert "Did you mean 'power'?" in capsys.readouterr().err
