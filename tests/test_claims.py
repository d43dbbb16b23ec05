"""Tests of every claim: nothing here knows a claim by name, but for the settings that it refuses."""

import json
import re

import numpy as np
import pytest
from invented import Invented, planted

from mesascope.cli import main
from mesascope.conditions import CONDITIONS, settings
from mesascope.conditions.frame import AbstractClaim, Beyond
from mesascope.lab import trial_id

CLAIMS = [name for name in CONDITIONS if issubclass(CONDITIONS[name], AbstractClaim)]
OVER_SEEDS = [n for n in CLAIMS if isinstance(CONDITIONS[n].rule, Beyond) and not CONDITIONS[n].rule.over]
"""Claims of the common rule; those with rules or units of their own have tests of their own."""
PROFILES = [(name, profile) for name in CONDITIONS for profile in CONDITIONS[name].profiles]

REFUSED = {
    "diversity": [
        ("sizes=16", "should be 2 or more different numbers"),
        ("sizes=16,4", "rising"),
        ("seeds=6", "choose 1 to 5"),
        ("arms=deep", "with gridloop"),
        ("rows=abc", "Expected `int`"),
        ("row=9", "Did you mean"),
        ("learning_rate=fast", "Expected `float`"),
        ("columns=0", "at least two cells"),
    ],
    "toy-model": [
        ("sizes=16,64", "rise from 1, at which tuning is measured"),
        ("sizes=1", "should be 2 or more different numbers"),
        ("order=64,16", "rising"),
        ("seeds=6", "choose 2 to 5"),
        ("seeds=1", "predicted from others"),
    ],
    "reflex": [
        ("channels=8,8", "one width for each of depths"),
        ("task=trial", "Did you mean 'trail'"),
        ("depth=3", "Did you mean 'depths'"),
    ],
    "calibration": [("families=flood", "Did you mean 'flood-fill'"), ("shares=half", "Expected `float`")],
    "hash-game": [
        ("games=chess", "games"),
        ("games=first bit,first bit", "should be different ones"),
        ("turns=13", "1 to 12 turns"),
        ("seeds=0", "choose 1 to any number"),
        ("turn=4", "Did you mean 'turns'"),
    ],
    "task-restriction": [
        ("services=1,3", "give powers of 2"),
        ("services=2,4", "should begin at 1"),
        ("instances=8", "16 learners cannot divide instances=8 evenly"),
        ("steps=64", "choose a multiple of 16, at least 192"),
        ("channels=8", "leave 2 to each"),
        ("seeds=6", "choose 1 to 5"),
        ("measured=0", "choose 1 or more"),
        ("rows=3", "MazeKinds(rows=3"),
        ("arms=random slices", "with answer shown, random slices"),
    ],
    "simple-rules": [
        ("rungs=connect four on 5 x 4", "different ones, with tic-tac-toe"),
        ("rungs=tic-tac-toe,chess", "chess"),
        ("arms=deep", "different ones, with thinking"),
        ("players=rules,rules", "should be different ones"),
        ("instances=2680", "tic-tac-toe has 3,191 positions with something to decide, of which 512 are held out"),
        ("many=60196", "three in a row on 3 x 4 has 60,707 positions"),
        ("thinking=5", "choose 6 or more thoughts"),
        ("seeds=0", "choose 1 to any number"),
        ("width=4", "odd"),
        ("batch=0", "a batch at least 1"),
    ],
    "algorithmic-range": [
        ("seeds=9", "choose 1 to 5"),
        ("twin_seeds=0", "choose 1 or more"),
        (
            "architectures=perceptron,grid loop",
            "different ones, with grid loop, looped transformer, perceptron",
        ),
        ("label_pools=16,512", "the first 256 are measured"),
        ("rules=parity,parity", "should be different ones"),
        ("rules=parody", "Did you mean 'parity'"),
        ("thinking=5", "choose 6 or more thoughts"),
        ("channels=3", "has so many parameters within 5%"),
    ],
    "lower-bound": [
        ("sizes=1,512", "pools of up to 256"),
        ("sizes=4,1", "rising"),
        ("one_generation=64,1", "at least 2 each"),
        ("goal=9", "must have so many moves"),
        ("rows=6", "square mazes"),
        ("width=3", "see four neighbours"),
    ],
    "compression": [
        ("path=-3", "give a number above 0"),
        ("path=inf", "give a number above 0"),
        ("limit=nan", "a limit is 1 or more"),
        ("path=4", "Maze(min_distance=12): start and goal of a 3 x 3 maze are at least 1 and at most 8 moves"),
        ("sizes=1,3", "a maze needs at least two cells"),
        ("sizes=5,3", "sizes=(5, 3) should be one or more different numbers, rising"),
        ("trained_sizes=", "trained_sizes=() should be"),
        ("max_bits=19", "a search has 20 bits"),
        ("limit=0.5", "a limit is 1 or more"),
        ("seeds=0", "choose 1 to any number"),
        ("labels=16,512", "the first 256 are measured"),
        ("pressures=nose", "pressures"),
        ("channels=4", "say network.channels or convolution.channels"),
    ],
    "adaptation": [
        ("mazes=0", "choose 1 or more"),
        ("stay=4,1", "rising"),
        ("share=0", "choose a share"),
        ("seeds=6", "choose 1 to 5"),
        ("steps=3", "say train.steps or learn.steps"),
        ("mazes=300", "the size of the evaluation set"),
    ],
    "evolution": [
        ("sizes=16,4", "rising"),
        ("cues=1,1", "should be different ones"),
        ("seeds=0", "choose 1 to any number"),
        ("price=-1", "between 0 and 100"),
        ("generations=100", "windows"),
        ("population=1", "at least 2"),
    ],
}
"""Settings that each condition refuses, and what it says."""


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_a_condition_is_called_what_it_is_registered_as(name):
    kind = CONDITIONS[name]
    assert kind.name == name and {"smoke", "quick", "standard", "full"} <= set(kind.profiles)
    assert kind.__name__.lower() == name.replace("-", "") and kind.__doc__.split("\n")[0].endswith(("?", "."))


@pytest.mark.parametrize("name, profile", PROFILES)
def test_trials_have_ids_of_their_own_and_every_profile_has_some(name, profile):
    trials = settings(CONDITIONS[name], profile, {}).sweep()
    assert trials and len({trial_id(trial) for trial in trials}) == len(trials) == len(set(trials))


@pytest.mark.parametrize("name", CLAIMS)
def test_every_verdict_is_worded_beforehand(name):
    kind = CONDITIONS[name]
    wanted = {"supported", "contradicted"} | ({"no effect"} if isinstance(kind.rule, Beyond) else set())
    assert wanted <= kind.answers.keys() and all(text.endswith(".") for text in kind.answers.values())


@pytest.mark.parametrize("name, change, said", [(n, *case) for n, cases in REFUSED.items() for case in cases])
def test_settings_that_cannot_be_are_refused_before_anything_runs(name, change, said):
    key, _, value = change.partition("=")
    with pytest.raises(ValueError, match=re.escape(said)):
        settings(CONDITIONS[name], "standard", {key: value})


def test_refusals_are_known_of_every_condition():
    assert REFUSED.keys() == set(CONDITIONS)


@pytest.mark.parametrize("name", OVER_SEEDS)
@pytest.mark.parametrize(
    "times, spread, outcome",
    [(2.5, 0.2, "supported"), (-2.5, 0.2, "contradicted"), (0.0, 0.2, "no effect"), (1.0, 1.0, "inconclusive")],
)
def test_each_outcome_of_the_rule_comes_out_of_records_with_that_effect(name, times, spread, outcome):
    claim = settings(CONDITIONS[name], "standard", {})
    smallest = claim.rule.smallest_effect
    records = planted(claim, times * smallest, spread * smallest, np.random.default_rng(0))
    finding = claim.analyse(records)
    assert finding.verdict == outcome
    assert finding.effect.value == pytest.approx(times * smallest, abs=0.05 * smallest)
    assert finding.answer == claim.answers.get(outcome, "These runs do not decide it.")
    assert finding.p_value < 0.025 if outcome != "inconclusive" else finding.p_value > 0.025


@pytest.mark.parametrize("name", CLAIMS)
def test_without_records_nothing_is_said(name):
    finding = settings(CONDITIONS[name], "standard", {}).analyse(Invented({}))
    assert finding.verdict is None and finding.effect is None and finding.reason.startswith("No verdict yet")


@pytest.mark.parametrize("name", list(CONDITIONS))
def test_a_smoke_run_ends_in_a_page_without_a_verdict(name, tmp_path_factory, capsys):
    out = tmp_path_factory.getbasetemp() / "smoke"
    assert main(["run", name, "--profile", "smoke", "--out", str(out), "--workers", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["condition"] == name and said["verdict"] is None and said["failed"] == 0
    page = (out / "reports" / name / "report.html").read_text(encoding="utf-8")
    assert "No verdict: the smoke profile" in page
