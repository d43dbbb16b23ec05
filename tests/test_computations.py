"""Computations: results as columns, kept as trials; the shortest programs of mazes counted by hand."""

import dataclasses
import json

import numpy as np
import pytest

from mesascope.computations import COMPUTATIONS
from mesascope.lab import Computation, Store, describe, from_description, listing, remeasure, run, trial_id

SMALL = {
    "robot-programs": {"size": 4, "num_mazes": 3, "num_others": 5, "max_bits": 12},
    "neutral-tail": {"side": 3, "min_distance": 2, "instances": 2, "channels": 2, "thinking": 2, "progress": 0.5}
    | {"particles": 8, "replicates": 2},
    "hash-search": {"turns": 3},
    "hash-value": {"turns": 3, "ones": 3},
    "string-reflexes": {"rule": "parity"},
    "plasticity": {"num_environments": 3, "population": 20, "generations": 12, "windows": 4},
}


EXACT = ("hash-search", "string-reflexes")
"""Computed on the evaluation set, the same for all seeds."""


@pytest.fixture(params=sorted(COMPUTATIONS))
def computation(request):
    return COMPUTATIONS.build(request.param, SMALL[request.param])


def test_computations_give_the_same_columns_of_equal_length(computation):
    found = [computation.columns(seed) for seed in (5, 5, 6)]
    assert len({len(values) for values in found[0].values()}) == 1
    for name, values in found[0].items():
        np.testing.assert_array_equal(values, found[1][name])
    exact = COMPUTATIONS.name_of(computation) in EXACT
    assert exact or any(not np.array_equal(values, found[2][name]) for name, values in found[0].items())
    assert computation.cost > 0


def test_a_computation_is_a_trial_that_is_kept_listed_and_done_once(computation, tmp_path):
    store, trial = Store(tmp_path / "runs"), Computation(computation, 1000)
    assert from_description(json.loads(json.dumps(describe(trial)))) == trial
    assert trial_id(trial) != trial_id(Computation(computation, 1001))
    record = run(trial, store)
    assert not record.failed and record.values["parameters"] == 0
    for name, values in computation.columns(1000).items():
        np.testing.assert_array_equal(record.metrics()[name], values)
    file = store.folder(trial) / "record.json"
    written = file.stat().st_mtime_ns
    run(trial, store)
    assert file.stat().st_mtime_ns == written
    assert store.all_trials() == [trial] and not remeasure(trial, store)
    columns = listing(store).columns
    assert columns["kind"].tolist() == ["computation"]
    assert json.loads(columns["computation"][0])["name"] == describe(trial)["computation"]["name"]


def test_what_a_program_does_on_others_is_counted_without_the_maze_itself():
    few = dataclasses.replace(COMPUTATIONS.build("robot-programs", SMALL["robot-programs"]), size=2, path=0.5)
    from mesascope.organisms.robot import INSTRUCTION_SETS, shortest_programs, solves

    columns = dataclasses.replace(few, num_others=40).columns(1000)
    others = few._mazes(1_000_000, 40)
    for number, maze in enumerate(few._mazes(1000, 3)):
        found = shortest_programs(maze, INSTRUCTION_SETS["with a frontier"], 12)
        rest = [other for other in others if other != maze]
        shares = [sum(solves(other, program) for other in rest) / len(rest) for program in found.programs]
        assert columns["general"][number] == pytest.approx(sum(shares) / len(shares))
        assert columns["bits"][number] == found.bits and columns["program"][number] == " ".join(found.programs[0])


def test_a_path_that_no_drawn_maze_has_is_refused():
    asked = COMPUTATIONS.build("robot-programs", {"size": 3, "path": 2.6, "num_mazes": 1, "num_others": 1})
    with pytest.raises(ValueError, match="a path of 8 moves is asked for, and in 1000 mazes drawn of 3 x 3 none"):
        asked.columns(1000)
