"""Mazes of eight kinds, and services that divide them."""

import pathlib

import jax
import networkx
import numpy as np
import pytest

from mesascope.conditions import CONDITIONS
from mesascope.conditions.frame import Cells
from mesascope.conditions.task_restriction import KINDS, RANDOM, SHOWN, UNLIMITED, kind_of
from mesascope.lab import AbstractRecords, pool
from mesascope.tasks import TASKS
from mesascope.tasks.maze import MOVES


def _graph(passages):
    """The cells that passages join, as networkx knows graphs."""
    graph = networkx.Graph()
    rows, columns, _ = passages.shape
    for row, column in np.ndindex(rows, columns):
        for move, (down, right) in enumerate(MOVES):
            if passages[row, column, move]:
                graph.add_edge(row * columns + column, (row + down) * columns + column + right)
    return graph


@pytest.fixture(scope="module")
def mazes():
    """Passages, starts and goals of each kind on a 6 x 6 grid."""
    found = {}
    for size in ("small", "large"):
        for distance in ("near", "far"):
            task = TASKS.build("maze-kinds", {"rows": 6, "columns": 6, "size": size, "distance": distance})
            found[size, distance] = pool(task, 0, 40)
    return found


@pytest.mark.parametrize("size, cells", [("small", 16), ("large", 36)])
@pytest.mark.parametrize("distance, nearest, farthest", [("near", 4, 8), ("far", 9, 35)])
def test_a_kind_is_what_it_says(mazes, size, cells, distance, nearest, farthest):
    drawn = mazes[size, distance]
    for passages, start, goal in zip(drawn.passages, drawn.start, drawn.goal):
        graph = _graph(passages)
        assert networkx.is_tree(graph) and len(graph) == cells
        assert all(cell // 6 < cells**0.5 and cell % 6 < cells**0.5 for cell in graph)
        assert nearest <= networkx.shortest_path_length(graph, int(start), int(goal)) <= farthest


def test_all_kinds_come_equally_often():
    task = TASKS.build("maze-kinds", {"rows": 6, "columns": 6})
    drawn = pool(task, 1, 1024)
    small = ~np.any(drawn.passages[:, 4:], axis=(1, 2, 3))
    lengths = [
        networkx.shortest_path_length(_graph(p), int(s), int(g))
        for p, s, g in zip(drawn.passages, drawn.start, drawn.goal)
    ]
    # a fair coin thrown 1024 times is beyond 0.44 and 0.56 once in 10,000
    assert 0.44 < np.mean(small) < 0.56 and 0.44 < np.mean(np.array(lengths) >= 9) < 0.56


def test_walled_in_cells_ask_for_nothing():
    task = TASKS.build("maze-kinds", {"rows": 6, "columns": 6, "size": "small"})
    shown = jax.vmap(task.demonstrate)(pool(task, 0, 8))
    assert not np.any(shown[:, 4:]) and np.any(shown[:, :4, :4])


def test_slices_by_kind_divide_the_kinds():
    for count in (1, 2, 4, 8):
        kinds = [tuple(kind_of(number, count).items()) for number in range(count)]
        assert len(set(kinds)) == count and {len(kind) for kind in kinds} == {count.bit_length() - 1}
    sixteen = [tuple(kind_of(number, 16).items()) for number in range(16)]
    assert sorted(sixteen) == sorted([tuple(kind_of(number, 8).items()) for number in range(8)] * 2)


@pytest.fixture
def plan():
    return CONDITIONS["task-restriction"]().plan()


def test_services_divide_mazes_and_steps_and_share_no_pool(plan):
    for cell in (cell for cell in plan if cell.arm in (RANDOM, KINDS)):
        trials = [trial for services in plan[cell].values() for trial in services]
        assert {trial.num_instances * cell.level for trial in trials} == {1024}
        assert {trial.steps * cell.level for trial in trials} == {1024}
        assert len({trial.seed for trial in trials}) == len(trials) == 5 * min(cell.level, 2)


def test_every_kind_is_trained_by_some_seed(plan):
    kinds = {count: {t.task for trials in plan[KINDS, count].values() for t in trials} for count in (4, 8)}
    assert len(kinds[8]) == 8 and len(kinds[4]) == 4


class _Computed(AbstractRecords):
    """Records of networks that are known for their internal bits alone."""

    path = pathlib.Path("invented")

    def __init__(self, bits):
        self.bits = bits

    def __contains__(self, trial):
        return trial in self.bits

    def all_trials(self):
        return [*self.bits]

    def values(self, trial):
        stages = [
            {"view": "readout", "step": 0, "index": i, "bits": b} for i, b in ((3, 1.0), (9, 1 + self.bits[trial]))
        ]
        return {"steps": 0, "status": "finished", "summary": stages}

    def metrics(self, trial):
        raise AssertionError("internal bits are means")


def test_a_fall_pairs_the_services_of_a_seed_with_its_general_learner(plan):
    """The general learner of seed s has 20 bits and s more, K services 20 / K on average, on the twin half as much."""
    bits = {}
    for cell, services in plan.items():
        for seed, trials in services.items() if cell.arm in (RANDOM, SHOWN) else ():
            for trial, sign in zip(trials, (-1, 1)):
                lone = seed if cell.level == 1 else sign * (len(trials) > 1)
                bits[trial] = (20 / cell.level + lone) / (2 if cell.arm == SHOWN else 1)
    effect = CONDITIONS["task-restriction"]().effect(3)
    fall = np.mean([20 - 20 / count for count in (2, 4, 8, 16)]) / 2
    assert effect.by_unit(Cells(_Computed(bits), plan)) == pytest.approx({s: fall + s / 2 for s in range(5)})
    # a seed without every K has none
    (lost,) = plan[SHOWN, 4][2]
    del bits[lost]
    assert set(effect.by_unit(Cells(_Computed(bits), plan))) == {0, 1, 3, 4}


def test_the_equation_is_not_asked_before_its_curves_are_finished(plan):
    bits = {t: 5.0 for cell, seeds in plan.items() if cell.arm != UNLIMITED for ts in seeds.values() for t in ts}
    claim = CONDITIONS["task-restriction"]()
    assert claim._switch_table(Cells(_Computed(bits), plan)).rows == ()
    assert claim._switch(Cells(_Computed(bits), plan)) is None
