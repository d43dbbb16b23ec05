"""Mazes of eight kinds, and services that divide them."""

import json
import re

import jax
import networkx
import numpy as np
import pytest

from mesascope.cli import main
from mesascope.conditions import CONDITIONS
from mesascope.conditions.task_restriction._read import Services
from mesascope.conditions.task_restriction._services import KINDS, RANDOM, kind_of
from mesascope.conditions.task_restriction._switch import half_way
from mesascope.lab import pool
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


def test_services_divide_mazes_and_steps_and_share_no_pool():
    condition = CONDITIONS["task-restriction"]()
    for arm in (RANDOM, KINDS):
        for count, trials in condition.groups()[arm].items():
            assert {trial.num_instances * count for trial in trials} == {1024}
            assert {trial.steps * count for trial in trials} == {1024}
            assert len({trial.seed for trial in trials}) == len(trials) == 5 * min(count, 2)


def test_every_kind_is_trained_by_some_seed():
    groups = CONDITIONS["task-restriction"]().groups()[KINDS]
    assert len({trial.task for trial in groups[8]}) == 8 and len({trial.task for trial in groups[4]}) == 4


class _Known:
    """A ledger with known internal bits."""

    def __init__(self, seed, bits):
        self.seed, self.bits = seed, bits


def test_a_fall_pairs_the_services_of_a_seed_with_its_general_learner():
    cells = {1: [_Known(0, 10.0), _Known(1, 20.0)], 2: [_Known(0, 4.0), _Known(5, 6.0), _Known(1, 8.0), _Known(6, 8.0)]}
    falls = Services(cells).falls((1, 2), lambda ledger: ledger.bits)
    assert falls == {0: 5.0, 1: 12.0}


def test_a_seed_without_every_k_has_no_fall():
    cells = {1: [_Known(0, 10.0), _Known(1, 20.0)], 2: [_Known(1, 8.0)], 4: [_Known(0, 1.0), _Known(1, 2.0)]}
    assert Services(cells).falls((1, 2, 4), lambda ledger: ledger.bits) == {1: 15.0}


def test_half_way_lies_between_k():
    assert half_way((1, 2, 4), np.array([8.0, 6.0, 2.0])) == pytest.approx(2 * 2**0.5)
    assert half_way((1, 2, 4), np.array([8.0, 6.0, 5.0])) is None


@pytest.mark.parametrize(
    "setting, said",
    [
        ("services=1,3", "powers of 2"),
        ("services=2,4", "should begin at 1"),
        ("instances=8", "cannot divide instances=8 evenly"),
        ("steps=64", "have 4 steps each"),
        ("channels=8", "leave 2 to each"),
        ("seeds=6", "1 to 5 seeds"),
        ("rows=3", r"MazeKinds\(rows=3"),
        ("arms=random slices", "answer shown"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(setting, said, tmp_path, capsys):
    assert main(["run", "task-restriction", "--set", setting, "--out", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err
    assert re.search(said, error) and not (tmp_path / "none").exists()


def test_the_smoke_profile_ends_with_a_page(tmp_path, capsys):
    out = tmp_path / "runs"
    assert main(["run", "task-restriction", "--profile", "smoke", "--workers", "1", "--out", str(out), "--json"]) == 0
    (found,) = [json.loads(capsys.readouterr().out)]
    found = found[0] if isinstance(found, list) else found
    assert found["verdict"] is None and found["failed"] == 0
    tables = out / "reports" / "task-restriction" / "tables"
    assert len((tables / "services.csv").read_text().splitlines()) == 1 + 2 + 2 + 2
    assert "half of the general learner's at K" in (tables / "switch.csv").read_text()
