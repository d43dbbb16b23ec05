"""The bench measures what it says."""

import json

import numpy as np
import pytest

from mesascope.bench import BENCHES, _base, _cost, _ledger, _step, bench, cells
from mesascope.cli import main
from mesascope.lab import novel
from mesascope.power import references, score
from mesascope.tasks.maze import Maze


def test_a_ratio_is_the_median_of_pairs_and_meets_its_goal_or_not():
    slow, fast = _base.Timed([4.0, 6.0, 20.0]), _base.Timed([2.0, 2.0, 2.0])
    row = _base.ratio("x", slow, fast, at_least=3)
    assert (row.value, row.low, row.high, row.met, row.goal) == (3.0, 2.0, 10.0, True, "at least 3")
    assert not _base.ratio("x", slow, fast, at_least=3.1).met
    assert not _base.ratio("x", slow, fast, scale=2, at_most=5).met
    assert _base.ratio("x", slow, fast).met is None


def test_things_take_turns_and_the_first_round_does_not_count():
    calls = []
    times = _base.paired([lambda: calls.append("a"), lambda: calls.append("b")], rounds=2)
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert [len(time.seconds) for time in times] == [2, 2]


def test_an_exponent_is_that_of_a_power_law():
    sizes = [10, 20, 40, 80]
    times = [_base.Timed([9.0, 3e-3 * size**1.5]) for size in sizes]
    row = _cost.exponent("cells", sizes, times)
    assert row.value == pytest.approx(1.5) and row.low == pytest.approx(1.5) and row.high == pytest.approx(1.5)
    bent = _cost.exponent("cells", sizes, [_base.Timed([t]) for t in (1, 2, 5, 9)])
    assert bent.low < bent.value < bent.high


def test_the_ledger_in_numpy_is_the_ledger():
    task = Maze(4, 5, braid=0.5, horizon=30)
    mazes = novel(task)
    logits = np.random.default_rng(1).normal(size=(256, 4, 5, 4))
    bits = score(task, mazes, references(task, mazes), logits.astype(np.float32)).bits
    plain = _ledger.bits_in_numpy(mazes.passages, mazes.start, mazes.goal, logits.astype(np.float32), 30)
    np.testing.assert_allclose(bits, plain, rtol=1e-6)


def test_operations_of_a_step_are_counted_forwards_once_and_backwards_twice():
    trial = _step.standard_trial(rows=5, columns=5, channels=3, thinking=2, batch=7)
    features = 6  # four sides, start, goal
    by_hand = 7 * 25 * 2 * (5 * 3 + features) * (2 * 3) * 2
    assert _step.flops(trial) == 3 * by_hand


def test_what_is_not_installed_is_not_measured():
    row = _base.not_measured("x", "y is not installed", "at least 2")
    assert cells(row._asdict()) == ("x", "", "", "", "at least 2", "", "not measured: y is not installed")


def test_a_part_that_fails_does_not_cost_the_others(monkeypatch):
    monkeypatch.setitem(BENCHES, "step", lambda: 1 / 0)
    monkeypatch.setitem(BENCHES, "store", lambda: [_base.not_measured("x", "y")])
    rows = bench(["step", "store"], lambda name, rows: None)["rows"]
    assert [row["bench"] for row in rows] == ["step", "store"]
    assert "ZeroDivisionError" in rows[0]["note"]


def test_the_command_saves_what_it_measured(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mesascope.cli._bench.compute_alone", lambda: None)
    assert main(["bench", "ledger", "--json", "--out", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((tmp_path / "bench.json").read_text())
    assert {"commit", "versions", "device", "host", "time"} < found.keys()
    (row,) = found["rows"]
    assert row["bench"] == "ledger" and 0 < row["low"] <= row["value"] <= row["high"]
    assert (tmp_path / "tables" / "bench.csv").read_text().splitlines()[1].startswith("ledger: times as fast as NumPy,")


def test_bad_requests_are_named(capsys, monkeypatch):
    monkeypatch.setattr("jax.default_backend", lambda: "cpu")
    assert main(["bench", "leger"]) == 2
    assert "Did you mean 'ledger'?" in capsys.readouterr().err
    assert main(["bench", "--device", "gpu"]) == 2
    assert "JAX sees no GPU" in capsys.readouterr().err
    assert set(BENCHES) == {"step", "population", "cost", "ledger", "mazes", "store", "executors"}
