"""Reflex levels: what a run of shallow networks leaves beside its records for others to count surplus from."""

import dataclasses

import numpy as np
import pytest

from mesascope.cli import main
from mesascope.conditions import CONDITIONS, settings
from mesascope.lab import Store, level_path, reflex_level, save_level, task_id
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
    for depth, trials in zip(level.depths, (condition.sweep()[:3], condition.sweep()[3:])):
        whole = [store.record(trial).metrics() for trial in trials if trial.steps == 16]
        rows = [bits[(m["view"] == "novel-tempered") & (m["step"] == 16)] for m in whole for bits in [m["bits"]]]
        assert depth.seeds == pytest.approx(np.mean(rows, axis=1)), "levels are means over the evaluation set"
        assert depth.instance_bits == pytest.approx(np.mean(rows, axis=0), abs=1e-6)
        assert depth.last_doubling == pytest.approx(depth.seeds[0] / depth.half_seeds[0] - 1)


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
