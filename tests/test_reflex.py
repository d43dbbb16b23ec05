"""Reflex levels: what a run of shallow networks leaves beside its records for others to count surplus from."""

import dataclasses

import numpy as np
import pytest

from mesascope.cli import main
from mesascope.conditions import CONDITIONS, settings
from mesascope.lab import Depth, ReflexLevel, Store, level_path, reflex_level, save_level, task_id
from mesascope.tasks import Maze, Trail


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    out = tmp_path_factory.mktemp("reflex")
    assert main(["run", "reflex", "--profile", "smoke", "--out", str(out), "--workers", "1"]) == 0
    return settings(CONDITIONS["reflex"], "smoke", {}), Store(out)


def test_a_run_leaves_the_level_of_its_task_with_what_made_it(ran):
    condition, store = ran
    level = reflex_level(Maze(4, 4, style="depth-first", horizon=40), store)
    assert level.command == "mesascope run reflex --profile smoke" and level.steps == 16
    assert [(d.depth, len(d.seeds), len(d.half_seeds)) for d in level.depths] == [(1, 2, 1), (2, 2, 1)]
    for depth, trials in zip(level.depths, (condition.sweep()[:5], condition.sweep()[5:])):
        whole = [store.record(trial).metrics() for trial in trials if trial.steps == 16 and trial.model.channels == 8]
        rows = [bits[(m["view"] == "novel-tempered") & (m["step"] == 16)] for m in whole for bits in [m["bits"]]]
        assert depth.seeds == pytest.approx(np.mean(rows, axis=1)), "levels are means over the evaluation set"
        assert depth.instance_bits == pytest.approx(np.mean(rows, axis=0), abs=1e-6)
        assert depth.last_doubling == pytest.approx(depth.seeds[0] / depth.half_seeds[0] - 1)
        assert [(trial.steps, trial.model.channels) for trial in trials] == [(16, 8), (16, 8), (8, 8), (4, 8), (16, 4)]
        assert [len(depth.quarter_seeds), len(depth.narrow_seeds)] == [1, 1]


@pytest.mark.parametrize(
    "whole, half, quarter, narrow, upper",
    [
        # gains of 4, then 2, then 1: all further doublings bring 1 more; and the spread over seeds is added
        ((14.0, 14.0), (12.0, 12.0), (8.0, 8.0), (), 16.0),
        # flat: nothing but the spread over two seeds
        ((10.0, 10.1), (9.9, 10.0), (), (), 10.05 + 12.706 * 0.05),
        # gains that do not shrink, gains of one seed alone, and no halves at all say nothing
        ((14.0, 14.0), (12.0, 12.0), (11.0, 11.0), (), None),
        ((14.0, 14.0), (12.0,), (8.0,), (), None),
        ((14.0, 14.0), (), (), (), None),
        # flat in steps and not in width
        ((10.0, 10.1), (9.9, 10.0), (), (9.0,), None),
        ((10.0, 10.1), (9.9, 10.0), (), (9.95,), 10.05 + 12.706 * 0.05),
    ],
)
def test_the_limit_of_a_level_is_known_where_its_curve_is_flat_or_flattens(whole, half, quarter, narrow, upper):
    found = Depth(3, {}, whole, (), half, (), quarter, narrow)
    level = ReflexLevel({}, "", 16, (dataclasses.replace(found, depth=1, seeds=(1.0, 1.0)), found), 15.5, {})
    assert found.limit == (upper if upper is None else pytest.approx(upper, rel=1e-3))
    assert level.settled(3) == (upper is not None)
    # what was reached counts as long as no limit is known; no reflex has more than the ceiling
    reached = found.seeds[0] if found.seeds[0] == found.seeds[1] else 10.05 + 12.706 * 0.05
    assert level.upper(3) == pytest.approx(min(upper or reached, 15.5), rel=1e-3)
    # nothing is known of networks that nobody trained
    assert level.upper(0) is None and not level.settled(0)


def test_what_read_outs_make_of_a_reflex_is_part_of_its_level():
    """They have two more layers, for the reflexes as for the networks that are held against these."""
    found = Depth(3, {}, (10.0, 10.0), (), (10.0, 10.0), (), read_seeds=(12.0, 12.0))
    assert found.limit == found.reached == 12.0
    assert dataclasses.replace(found, read_seeds=(9.0, 9.0)).limit == 10.0
    assert dataclasses.replace(found, seeds=(10.0,), read_seeds=(12.0,)).reached == 12.0


def test_an_analysis_reads_and_writes_nothing(ran):
    condition, store = ran
    path = level_path(store.path, task_id(condition.task))
    before = path.read_bytes()
    path.unlink()
    assert condition.analyse(store).tables[0].rows and not path.exists()
    path.write_bytes(before)


def test_a_stronger_level_stays(ran):
    condition, store = ran
    stronger = dataclasses.replace(condition.level(store, "longer"), steps=99)
    save_level(store, condition.task, stronger)
    save_level(store, condition.task, condition.level(store, "shorter"))
    assert reflex_level(condition.task, store).command == "longer"


def test_a_level_is_of_mazes_or_of_trails():
    trails = settings(CONDITIONS["reflex"], "smoke", {"rows": "5", "task": "trail"})
    # what both kinds of task have stays, whatever the order
    assert trails.task == Trail(5, 4, style="depth-first", horizon=40)
    with pytest.raises(ValueError, match=r"task=trial.*Did you mean 'trail'"):
        settings(CONDITIONS["reflex"], "standard", {"task": "trial"})
