"""The claim on simple rules: a rule with conditions of its own, one recipe for all rungs, players that must be seen."""

import types

import numpy as np
import pytest

from mesascope.conditions import settings
from mesascope.conditions._ladder import EASY, HARD, INTERNAL, MINIMAX, RUNGS, THINKING, asked_table, internal_share
from mesascope.conditions.frame import BOUNDARIES, Cells
from mesascope.conditions.simple_rules import SimpleRules
from mesascope.lab import Store, novel, run
from mesascope.power import ceiling, references


def runs(share, own=1.0, spread=(-0.01, 0.0, 0.01)):
    """Runs of which the shares are invented; `share` may differ by boundary."""
    by = {f"internal, depth {b}": share[b] if isinstance(share, dict) else share for b in BOUNDARIES} | {"own": own}
    found = lambda measure: {seed: by[measure.name] + more for seed, more in enumerate(spread)}  # noqa: E731
    means = {"by_seed": found, "mean": lambda m: float(np.mean([*found(m).values()]))}
    # of no instance anything is known
    return types.SimpleNamespace(**means, ledgers=spread, by_instance=lambda m: None)


class Invented(dict):
    """Invented cells; empty where there is none."""

    views = frozenset()

    def __missing__(self, cell):
        return runs(0, spread=())


@pytest.mark.parametrize(
    ("easy", "changed", "outcome", "said"),
    [
        (0.02, {}, "supported", "above it by the same recipe: connect four on 5 x 4."),
        (0.02, {"rung": HARD[1]}, "supported", "above it by the same recipe: first move in a maze."),
        (0.02, {"rung": "three in a row on 3 x 4"}, "inconclusive", "the measure might see nothing"),
        (0.02, {"hard": 0.11}, "inconclusive", "the measure might see nothing"),
        (0.4, {"hard": 0.0}, "contradicted", "held against 0.1."),
        (0.1, {}, "inconclusive", "not all of them wholly on one side"),
        ({2: 0.4, 3: 0.02, 5: 0.01}, {}, "inconclusive", "not all of them wholly on one side"),
        ({2: 0.4, 3: 0.3, 5: 0.09}, {}, "inconclusive", "not all of them wholly on one side"),
        (0.4, {"own": 0.9}, "inconclusive", "own positions of tic-tac-toe is 0.90, where at least 0.95 is needed"),
        (0.02, {"player": 0.09}, "inconclusive", "planted minimax player at depth 2 is 0.09"),
        (0.02, {"player": None}, None, "no planted player is finished"),
    ],
)
def test_the_rule_is_the_one_that_is_written(easy, changed, outcome, said):
    own, hard, player = (changed.get(*one) for one in (("own", 0.99), ("hard", 0.3), ("player", 0.3)))
    cells = {(THINKING, EASY): runs(easy, own), (THINKING, changed.get("rung", HARD[0])): runs(hard, 0.5)}
    cells |= {(MINIMAX, EASY): runs(player, spread=(0.0,))} if player else {}
    claim, found = SimpleRules(), Invented(cells)
    parts = {b: claim.effect(b) for b in BOUNDARIES}
    judged = claim._judge({b: part.estimate(found) for b, part in parts.items()}, parts, found)
    assert judged.verdict == outcome and said in judged.reason


def test_every_rung_has_the_same_recipe_and_no_network_sees_more_than_there_is():
    plan = {cell: seeds[0][0] for cell, seeds in SimpleRules().plan().items()}
    assert len({trial.base for cell, trial in plan.items() if cell.arm != "untrained" and trial.steps}) == 1
    assert plan[THINKING, EASY].num_instances == 2679 and ("thinking on few", EASY) not in plan
    for rung in HARD:
        assert plan[THINKING, rung].model == plan[THINKING, EASY].model
        assert plan["thinking on few", rung].num_instances == 2679


def test_the_ceilings_of_the_mazes_are_like_those_of_tic_tac_toe():
    sets = [(RUNGS[rung], novel(RUNGS[rung])) for rung in (EASY, HARD[1])]
    means = [ceiling(task, instances, references(task, instances)).bits.mean() for task, instances in sets]
    assert abs(means[0] - means[1]) < 0.5


def test_a_planted_minimax_player_is_measured_as_it_states(tmp_path):
    claim, store = settings(SimpleRules, "smoke", {"players": "minimax", "rungs": EASY}), Store(tmp_path)
    expected = run(claim.plan()[MINIMAX, EASY][0][0], store).values["expected"]
    cells = Cells(store, claim.plan())
    (ledger,) = cells[MINIMAX, EASY].ledgers
    assert ledger.mean("novel") == pytest.approx(expected["bits"], abs=1e-6)
    assert ledger.mean("novel-ceiling") == pytest.approx(expected["bits"], abs=1e-6)
    # read-outs are fitted: a few hundredths of a bit; those that see neighbouring places go on with the search
    curve = ledger.stage_curve()
    assert curve[max(curve)] - curve[3] == pytest.approx(expected["internal"], abs=0.05)
    assert 0 <= ledger.internal(3) < expected["internal"]
    # they solve tic-tac-toe from the board itself: of a search there is nothing left to see, and a control says so
    assert all(cells[MINIMAX, EASY].mean(internal_share(boundary)) < 0.1 for boundary in BOUNDARIES)
    # what is asked for, put together, is all there is
    rows = asked_table(claim, cells).rows
    assert [row[1] for row in rows] == ["win", "block", "anything else"] and sum(row[2] for row in rows) == 256
    assert sum(row[3] * float(row[5]) for row in rows) == pytest.approx(cells[MINIMAX, EASY].mean(INTERNAL), abs=0.01)
