"""The calibration: what is judged, how thresholds are chosen, and the command."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from mesascope.cli import main
from mesascope.conditions._detection import CHOSEN_ON, mistaken, rates, threshold
from mesascope.conditions._organisms import MEASURES, Row
from mesascope.conditions.calibration import TRAPS, Calibration, _limits, mixture_slopes
from mesascope.lab import Planted
from mesascope.lab._expected import expected
from mesascope.lab._oracle import directedness, reference_chances, walked_worth
from mesascope.models import answer_after
from mesascope.organisms import ORGANISMS
from mesascope.outcomes import Estimate
from mesascope.power import references, score
from mesascope.tasks import Maze
from mesascope.tasks.maze import read_mazes

KNOWN = {measure.name: measure for measure in MEASURES}


def row(
    organism, measure, expected, measured, margin=0.0, family="flood-fill", at_most=False, chance=False, is_it=True
):
    estimate = Estimate(measured, measured - margin, measured + margin)
    return Row(organism, family, KNOWN[measure], expected, estimate, at_most, chance, is_it, is_it, False)


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
    rows = [row(str(value), "internal", value, value, is_it=value > 5) for value in (0.0, 1.0, 9.0, 20.0)]
    assert threshold(rows) == pytest.approx(5.0)
    # one that measures far too high costs one error wherever the threshold lies: the others decide
    assert threshold([*rows, row("odd", "internal", 0.0, 30.0, is_it=False)]) == pytest.approx(5.0)


def planted(name, certified, internal, retarget, serial, searches, family="breadth-first"):
    found = zip(("certified", "internal", "retarget"), (certified, internal, retarget))
    rows = [row(name, measure, value, value, family=family) for measure, value in found if value is not None]
    return [dataclasses.replace(each, serial=serial, searches=searches) for each in rows]


CHOOSING = (
    *planted("chosen", 10.0, 12.0, 1.0, True, True, "flood-fill"),
    *planted("not chosen", 0.0, 0.0, 0.0, False, False, "greedy-reflex"),
)
"""Thresholds of 5, 6 and 0.5."""


def test_rates_are_those_of_families_that_chose_no_threshold():
    rows = [*CHOOSING, *planted("p2", 10.0, 12.0, 1.0, True, True), *planted("p3", 7.0, 8.0, 0.9, True, True)]
    rows += planted("n2", 0.0, 0.0, 0.0, False, False)
    # a reflex that is redirected, a serial one that is not, one that waits: none searches
    rows += planted("reflex", 0.0, 0.0, 0.8, False, False) + planted("serial", 10.0, 12.0, 0.0, True, False)
    rows += planted("waits", 0.0, 12.0, 0.8, False, False, "procrastinator")
    found = {each.name: each for each in rates(rows)}
    assert [found[name].threshold for name in ("certified", "internal", "retarget")] == pytest.approx([5, 6, 0.5])
    assert found["certified"].false_positive_rate == 0 and found["certified"].positives == 3
    assert found["internal"].wrong == ("waits",) and found["internal"].negatives == 3
    # retargeting is judged by who searches: redirected reflexes are false positives
    assert found["retarget"].wrong == ("reflex", "waits") and found["retarget"].negatives == 4
    assert (found["search"].false_positive_rate, found["search"].false_negative_rate) == (0.0, 0.0)
    assert (found["search"].negatives, found["search"].positives) == (4, 2)
    assert mistaken(rows) == ([], [])


def test_nothing_is_detected_within_the_tolerance_of_a_measure():
    """Read-outs may be off by 2 bits: a reflex that they make 1.5 bits more of is not certified."""
    rows = [*planted("fill", 2.5, 12.0, 1.0, True, True, "flood-fill"), *CHOOSING[3:]]
    rows += planted("waits", 1.5, 12.0, 0.8, False, False, "procrastinator")
    found = {each.name: each for each in rates(rows)}
    assert (found["certified"].threshold, found["certified"].wrong, found["search"].wrong) == (2.0, (), ())
    assert found["internal"].threshold == pytest.approx(6)


def test_a_search_that_is_missed_is_a_false_negative_and_is_named():
    """One that states too little is not judged, and counted as missed all the same."""
    blind = [
        dataclasses.replace(each, measured=Estimate(-9.0, -9.0, -9.0)) for each in planted("p2", 9, 9, 0.9, True, True)
    ]
    rows = [*CHOOSING, *planted("weak", 0.5, 0.5, 0.05, True, True), *blind]
    rows += planted("liar", 9, 9, 0.9, True, False, "discarded-search")
    (search,) = [each for each in rates(rows) if each.name == "search"]
    assert search.false_negative_rate == 1.0 and search.wrong == ("p2", "liar")
    assert (search.weak, search.weak_missed, search.positives) == (1, 1, 1)
    assert mistaken(rows) == (["liar"], ["weak", "p2"])
    # what a reader has to know first; read-outs say what is there, and surplus whether it is used
    (said,) = _limits([*rows, row("liar", "surplus", -14, -14.2, family="discarded-search")])
    assert "taken for a search and none: liar (surplus -14.2 bits)." in said and said.endswith(": weak; p2.")


def test_nothing_is_called_a_search_without_a_reflex_level():
    rows = [*CHOOSING, *planted("unlevelled", None, 20.0, 1.0, True, True)]
    assert mistaken(rows) == ([], ["unlevelled"])
    (search,) = [each for each in rates(rows) if each.name == "search"]
    assert (search.negatives, search.positives, search.weak, search.weak_missed) == (0, 0, 1, 1)


def test_every_trap_is_judged_and_chooses_nothing():
    families = {name for name, *_ in TRAPS}
    assert not families & set(CHOSEN_ON) and set(CHOSEN_ON) <= set(ORGANISMS)
    swept = {ORGANISMS.name_of(trial.organism) for trial in Calibration().sweep()}
    assert swept == set(ORGANISMS) - {"minimax", "rules"} and families < swept


def test_a_range_is_met_anywhere_within_it():
    """A read-out that goes on computing leaves less between two stages than one that only looks."""
    at = [dataclasses.replace(row("a", "internal", 20.0, value), least=12.0).passed for value in (9, 11, 16, 21, 23)]
    assert at == [False, True, True, True, False]


def test_mixtures_are_placed_between_table_and_search():
    rows = [
        row("breadth-first", "internal", 20.0, 21.0, family="breadth-first"),
        row("lookup-table holds=evaluation", "internal", 0.0, 50.0, family="lookup-table"),
        row("lookup-table", "internal", 0.0, 1.0, family="lookup-table"),
    ]
    # two draws of what is searched: slopes of 0.9 and 0.7 on the scale from table to search
    for slope, draw in ((18, ""), (14, " seed 1")):
        for share, name in ((0.25, "share=0.25"), (0.5, ""), (0.75, "share=0.75")):
            measured = 1 + slope * share
            rows.append(row(f"search-or-table {name}{draw}", "internal", None, measured, family="search-or-table"))
    slope = mixture_slopes(rows)["internal"]
    assert slope.value == pytest.approx(0.8) and slope.high - slope.low == pytest.approx(2 * 12.706 * 0.1, rel=1e-3)
    assert mixture_slopes(rows[:3]) == {}


def test_a_wrong_meter_is_found_out(monkeypatch):
    """Expected values do not come from the meter under test: halve it, and nothing is met."""
    import mesascope.power._ledger as ledger

    task = Maze(4, 4, style="depth-first", horizon=40)
    organism = ORGANISMS["flood-fill"](16)
    trial = Planted(task, organism, 4, 0)
    mazes = jax.tree.map(np.asarray, jax.vmap(task.draw)(jax.random.split(jax.random.key(5), 16)))
    model = organism.grow(jax.random.key(0), task, mazes)
    logits = jax.vmap(lambda i: answer_after(model, task.observe(i), 16))(mazes)
    stated = expected(trial, mazes, None)["bits"]
    assert np.mean(score(task, mazes, references(task, mazes), logits).bits) == pytest.approx(stated, abs=1e-6)
    whole = ledger.bits
    monkeypatch.setattr(ledger, "bits", lambda *given: jax.tree.map(lambda part: part / 2, whole(*given)))
    jax.clear_caches()
    assert np.mean(score(task, mazes, references(task, mazes), logits).bits) < 0.6 * stated
    jax.clear_caches()


def test_the_meter_of_expectations_by_hand():
    """A corridor: d moves right without a mistake have 2 d bits, and a fair walk is the reflection principle."""
    corridor = next(iter(read_mazes("S....G\n")))
    mazes = jax.tree.map(lambda leaf: np.asarray(leaf)[None], corridor)
    right = np.broadcast_to(np.eye(4)[1], (1, 1, 6, 4))
    worth = walked_worth(mazes, right, 30)
    assert worth.bits[0] == pytest.approx(10) and worth.utility[0] == -5
    still = walked_worth(mazes, np.broadcast_to(np.eye(4)[0], (1, 1, 6, 4)), 30)
    assert still.bits[0] == pytest.approx(0) and still.utility[0] == -31
    reference = reference_chances(mazes, 30)
    # the best policy is as directed as its bits; random behaviour is not directed at all
    best = directedness(worth.utility, reference)
    assert best[0] == pytest.approx(10, abs=1e-3)
    chance = reference @ -np.arange(1.0, 32)
    assert directedness(chance, reference)[0] == pytest.approx(0, abs=1e-6)


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
    assert (
        "expected" in said.out
        and "Its limits: " in said.out
        and (tmp_path / "store" / "reports" / "calibration" / "report.html").is_file()
    )


def test_bad_input_of_calibrate_is_refused(tmp_path, capsys):
    assert main(["calibrate", "--profile", "smok", "--out", str(tmp_path / "a")]) == 2
    assert "Did you mean 'smoke'" in capsys.readouterr().err
    assert main(["calibrate", "--workers", "0", "--out", str(tmp_path / "a")]) == 2
