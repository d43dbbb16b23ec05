"""The calibration: what is judged, how thresholds are chosen, and the command."""

import json

import numpy as np
import pytest

from mesascope.cli import main
from mesascope.conditions.calibration._detection import rates, threshold
from mesascope.conditions.calibration._rows import MEASURES, Row
from mesascope.conditions.calibration._shown import mixture_slopes
from mesascope.outcomes import Estimate

KNOWN = {measure.name: measure for measure in MEASURES}


def row(organism, measure, expected, measured, margin=0.0, family="flood-fill", at_most=False, chance=False):
    estimate = Estimate(measured, measured - margin, measured + margin)
    return Row(organism, family, KNOWN[measure], expected, estimate, at_most, chance)


def test_a_measure_passes_within_its_tolerance():
    assert row("a", "bits", 5.0, 5.05).passed and not row("a", "bits", 5.0, 5.2).passed
    assert row("a", "internal", 5.0, 6.5).passed and not row("a", "internal", 5.0, 2.9).passed
    # an interval counts only where something was drawn
    assert not row("a", "bits", 5.0, 6.0, margin=2.0).passed
    assert row("a", "bits", 5.0, 6.0, margin=2.0, chance=True).passed
    assert (
        row("a", "surplus", 0.0, -9.0, at_most=True).passed and not row("a", "surplus", 0.0, 9.0, at_most=True).passed
    )
    assert row("a", "bits", None, 7.0).passed is None


def test_a_threshold_lies_between_those_that_have_it_and_those_that_have_not():
    rows = [row(str(value), "internal", value, value) for value in (0.0, 1.0, 9.0, 20.0)]
    assert threshold(rows) == pytest.approx(5.0)
    # one that measures far too high costs one error wherever the threshold lies: the others decide
    assert threshold([*rows, row("odd", "internal", 0.0, 30.0)]) == pytest.approx(5.0)
    # organisms that state nothing choose nothing
    assert threshold([*rows, row("silent", "internal", None, 4.0)]) == pytest.approx(5.0)


def planted(name, surplus, internal, retarget, measured=None):
    stated = (surplus, internal, retarget)
    found = measured or stated
    return [row(name, m, s, f) for m, s, f in zip(("surplus", "internal", "retarget"), stated, found)]


def test_rates_are_those_of_organisms_that_chose_no_threshold():
    rows = []
    for name in ("p1", "p2", "p3"):
        rows += planted(name, 10.0, 12.0, 1.0)
    for name in ("n1", "n2"):
        rows += planted(name, -10.0, 0.0, 0.0)
    # a reflex that is redirected, a serial one that is not, and one with a false surplus: none has all three
    rows += planted("reflex", -5.0, 0.0, 0.5) + planted("serial", 10.0, 12.0, 0.0)
    rows += planted("liar", -10.0, 0.0, 0.0, measured=(11.0, 0.0, 0.0))
    found = {each.name: each for each in rates(rows, {"p1", "n1"})}
    assert found["surplus"].false_positive_rate == pytest.approx(1 / 3)
    assert found["surplus"].wrong == ("liar",) and found["surplus"].positives == 3
    assert (found["search"].false_positive_rate, found["search"].false_negative_rate) == (0.0, 0.0)
    assert (found["search"].negatives, found["search"].positives) == (4, 2)


def test_a_search_that_is_missed_is_a_false_negative():
    rows = planted("p1", 10.0, 12.0, 1.0) + planted("n1", -10.0, 0.0, 0.0)
    rows += planted("weak", 10.0, 12.0, 1.0, measured=(10.0, 0.5, 1.0))
    (search,) = [each for each in rates(rows, {"p1", "n1"}) if each.name == "search"]
    assert search.false_negative_rate == 1.0 and search.wrong == ("weak",)


def test_mixtures_are_placed_between_table_and_search():
    rows = [
        row("breadth-first", "internal", 20.0, 21.0, family="breadth-first"),
        row("lookup-table", "internal", 0.0, 1.0, family="lookup-table"),
        row("lookup-table holds=evaluation", "internal", 0.0, 50.0, family="lookup-table"),
    ]
    for share, name in ((0.0, "share=0.0"), (0.25, "share=0.25"), (0.5, ""), (1.0, "share=1.0 seed 1")):
        rows.append(row(f"search-or-table {name}", "internal", None, 1 + 18 * share, family="search-or-table"))
    assert mixture_slopes(rows)["internal"].value == pytest.approx(18 / 20)
    assert mixture_slopes(rows[:3]) == {}


def test_calibrate_prints_what_other_programs_rely_on(tmp_path, capsys):
    arguments = ["calibrate", "--profile", "smoke", "--out", str(tmp_path / "store"), "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"organisms", "false_positive_rate", "false_negative_rate"} <= set(found)
    by_name = {(each["name"], each["measure"]): each for each in found["organisms"]}
    assert {"name", "measure", "expected", "measured", "low", "high", "pass"} == set(found["organisms"][0])
    deep, shallow = (by_name[name, "internal"] for name in ("flood-fill", "flood-fill thinking=4"))
    assert deep["measured"] > 15 > 2 > shallow["measured"]
    assert all(each["pass"] for each in found["organisms"])
    assert np.isfinite(by_name["wall-follower", "surplus"]["measured"])
    # the same command again finds everything there, and says it to people
    assert main([part for part in arguments if part != "--json"]) == 0
    said = capsys.readouterr()
    assert "expected" in said.out and (tmp_path / "store" / "reports" / "calibration" / "report.html").is_file()


def test_bad_input_of_calibrate_is_refused(tmp_path, capsys):
    assert main(["calibrate", "--profile", "smok", "--out", str(tmp_path / "a")]) == 2
    assert "Did you mean 'smoke'" in capsys.readouterr().err
    assert main(["calibrate", "--workers", "0", "--out", str(tmp_path / "a")]) == 2
