"""The condition of simple rules: what is refused, what the rule says, and the path from a command to a page."""

import dataclasses
import json

import pytest

from mesascope.cli import main
from mesascope.conditions._ledger import Ledger
from mesascope.conditions.simple_rules._cells import Cell
from mesascope.conditions.simple_rules._condition import SimpleRules
from mesascope.conditions.simple_rules._rule import EASY, HARD, THINKING, judge
from mesascope.conditions.simple_rules._shown import share_text
from mesascope.lab import Store, Training, novel, run
from mesascope.power import ceiling, references


@dataclasses.dataclass(frozen=True)
class Found:
    """A cell of which the shares are made up."""

    shares: dict
    plays: float = 0.99
    seeds: tuple = (-0.01, 0.0, 0.01)

    @property
    def ledgers(self):
        return self.seeds

    def own(self):
        return {seed: self.plays + spread for seed, spread in enumerate(self.seeds)}

    def internal(self, boundary):
        return {seed: self.shares[boundary] + spread for seed, spread in enumerate(self.seeds)}


def same(share: float) -> dict:
    return {2: share, 3: share, 5: share}


def judged(easy: dict, hard: float = 0.3, player: float = 0.3, plays: float = 0.99, rung: str = HARD[0]):
    cells = {
        (EASY, THINKING): Found(easy, plays),
        (rung, THINKING): Found(same(hard), 0.5),
        (EASY, "minimax"): Found(same(player), 1.0, (0.0,)),
    }
    return judge(cells)


@pytest.mark.parametrize(
    "cells, outcome, said",
    [
        ({"easy": same(0.02)}, "supported", "above it by the same recipe: connect four on 5 x 4"),
        ({"easy": same(0.02), "rung": HARD[1]}, "supported", "above it by the same recipe: first move in a maze"),
        ({"easy": same(0.02), "rung": "three in a row on 3 x 4"}, "inconclusive", "the measure might see nothing"),
        ({"easy": same(0.02), "hard": 0.11}, "inconclusive", "the measure might see nothing"),
        ({"easy": same(0.4)}, "contradicted", "held against 0.1"),
        ({"easy": same(0.4), "hard": 0.0}, "contradicted", "held against 0.1"),
        ({"easy": {2: 0.4, 3: 0.02, 5: 0.01}}, "inconclusive", "not all of them wholly on one side"),
        ({"easy": {2: 0.4, 3: 0.3, 5: 0.09}}, "inconclusive", "not all of them wholly on one side"),
        ({"easy": same(0.02), "plays": 0.9}, "inconclusive", "not perfectly"),
        ({"easy": same(0.4), "plays": 0.9}, "inconclusive", "not perfectly"),
        ({"easy": same(0.02), "player": 0.1}, "inconclusive", "does not register"),
    ],
)
def test_the_rule_is_the_one_that_is_written(cells, outcome, said):
    found, reason = judged(**cells)
    assert found == outcome and said in reason


@pytest.mark.parametrize(
    "overrides, said",
    [
        (["rungs=connect four on 5 x 4"], "different ones, tic-tac-toe among them"),
        (["rungs=tic-tac-toe,tic-tac-toe"], "different ones, tic-tac-toe among them"),
        (["rungs=tic-tac-toe,chess"], "chess"),
        (["arms=deep"], "different ones, thinking among them"),
        (["players=rules,rules"], "should be different ones."),
        (["instances=2680"], "tic-tac-toe has 3,191 positions with something to decide, of which 512 are held out"),
        (["many=627905"], "connect four on 5 x 4 has 628,416 positions"),
        (["thinking=5"], "choose 6 or more thoughts"),
        (["seeds=0"], "at least one seed"),
        (["width=4"], "odd"),
        (["batch=0"], "a batch at least 1"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_trained(overrides, said, tmp_path, capsys):
    settings = [part for override in overrides for part in ("--set", override)]
    assert main(["run", "simple-rules", *settings, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("trials/*/*"))


def test_every_rung_has_the_same_recipe_and_no_network_sees_more_than_there_is():
    groups = SimpleRules().groups()
    trained = [trials[0] for trials in groups.values() if isinstance(trials[0], Training) and trials[0].steps]
    bases = {trial.base for trial in trained}
    assert len(bases) == 1
    assert groups[EASY, THINKING][0].num_instances == 2679 and (EASY, "thinking on few") not in groups
    for rung in HARD:
        assert groups[rung, THINKING][0].model == groups[EASY, THINKING][0].model
        assert groups[rung, "thinking on few"][0].num_instances == 2679


def test_the_ceilings_of_the_mazes_are_like_those_of_tic_tac_toe():
    means = []
    for rung in (EASY, HARD[1]):
        task = SimpleRules().task(rung)
        instances = novel(task)
        means.append(ceiling(task, instances, references(task, instances)).bits.mean())
    assert abs(means[0] - means[1]) < 0.5


def test_shares_are_written_with_their_interval():
    assert share_text({0: 0.1, 1: 0.2}) == "0.150 [-0.485, 0.785]"
    assert share_text({0: -0.0001}) == "0.000"


def test_the_smoke_profile_shows_the_path_and_gives_no_verdict(tmp_path, capsys):
    """The finding says what the records hold."""
    assert main(["run", "simple-rules", "--profile", "smoke", "--workers", "1", "--out", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] is None and found["trials"] == 2 and found["failed"] == 0
    shares = []
    for record in Store(tmp_path).records(SimpleRules(**SimpleRules.profiles["smoke"]).sweep()):
        mean = means_of(record)
        shares.append((mean("readout", 6) - mean("readout", 3)) / mean("novel-ceiling", 0))
    assert found["effect"]["value"] == pytest.approx(sum(shares) / 2, abs=1e-9)
    (arms,) = (tmp_path / "reports" / "simple-rules" / "tables" / "arms.csv").read_text().splitlines()[1:]
    assert arms.startswith("tic-tac-toe,thinking,2679,2,")
    assert arms.endswith(f'"{", ".join(f"{round(share, 3) + 0.0:.3f}" for share in shares)}"')


def means_of(record):
    metrics = record.metrics()

    def mean(view, index) -> float:
        return metrics["bits"][(metrics["view"] == view) & (metrics["index"] == index)].mean()

    return mean


def test_a_planted_minimax_player_is_measured_as_it_states(tmp_path):
    record = run(SimpleRules().groups()[EASY, "minimax"][0], Store(tmp_path))
    mean, expected = means_of(record), record.values["expected"]
    assert mean("novel", 0) == pytest.approx(expected["bits"], abs=1e-6)
    assert mean("novel-ceiling", 0) == pytest.approx(expected["bits"], abs=1e-6)
    # read-outs are fitted: a few hundredths of a bit
    assert mean("readout", 18) - mean("readout", 3) == pytest.approx(expected["internal"], abs=0.05)
    assert record.values["signs"]["thinking-gain"][0] == pytest.approx(expected["thinking-gain"], abs=1e-6)
    cell = Cell(EASY, "minimax", (Ledger(record),))
    assert min(cell.internal(boundary)[0] for boundary in (2, 3, 5)) > 0.1
    assert cell.novel()[0] == pytest.approx(1.0, abs=1e-6) and cell.planted


def test_a_network_without_a_knob_gains_exactly_nothing():
    class Shallow:
        thinking = 0

    class One:
        seed = 3
        record = type("Record", (), {"trial": Shallow})

    assert Cell(EASY, "deep", (One,)).thinking_gain(0) == {3: 0.0}
