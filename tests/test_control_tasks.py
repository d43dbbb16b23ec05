"""Tasks that are serial and no search: their answers can be had without any comparison, and in no other way."""

import dataclasses

import jax
import networkx as nx
import numpy as np
import pytest

from mesascope.base import BASES
from mesascope.evidence import move_goals, retargeting
from mesascope.lab import Training, describe, from_description, train, trial_id
from mesascope.models import MODELS
from mesascope.power import answer_all, ceiling, references, score
from mesascope.tasks import TASKS, Carried, Maze, Trail, novel, pool

SHIFTS = ((-1, 0), (0, 1), (1, 0), (0, -1))
CARRIED = Carried(5, 6, horizon=60)
BLIND = Trail(5, 5, horizon=60, blind=True)
PLAIN, MARK, HEADING, MATRIX = slice(4), 4, slice(6, 10), slice(10, 26)
"""Features of an observation."""


def some(task, count=60):
    return jax.tree.map(np.asarray, jax.vmap(task.draw)(jax.random.split(jax.random.key(1), count)))


def one(instances, number):
    return jax.tree.map(lambda leaf: leaf[number], instances)


def grid(passages):
    """A maze as a graph, wall by wall."""
    found = nx.DiGraph()
    for row, column, action in np.argwhere(passages):
        found.add_edge((row, column), (row + SHIFTS[action][0], column + SHIFTS[action][1]), action=action)
    return found


def way(instance):
    """The shortest path as cells and the moves from each but the last."""
    columns = instance.passages.shape[1]
    graph = grid(instance.passages)
    cells = nx.shortest_path(graph, divmod(int(instance.start), columns), divmod(int(instance.goal), columns))
    return cells, [graph.edges[here, there]["action"] for here, there in zip(cells, cells[1:])]


def carried_back(task, observation):
    """What is printed, taken from where each cell has it to the cell itself."""
    return observation[..., PLAIN].reshape(-1, 4)[np.asarray(task.places())].reshape(task.rows, task.columns, 4)


def followed(observation):
    """The moves of the cells that a walker passes who looks at the start, the heading and the matrices alone."""
    rows, columns, _ = observation.shape
    ((row, column, move),) = np.argwhere(observation[..., HEADING])
    known = np.zeros((rows, columns, 4))
    for _ in range(2 * rows * columns):
        matrix = observation[row, column, MATRIX].reshape(4, 4)
        assert np.all(matrix.sum(0) == 1) and np.all(matrix.sum(1) == 1), "a print is a permutation"
        move = int(np.argmax(matrix[move]))
        if not known[row, column].any():
            known[row, column, move] = 1
        row, column = row + SHIFTS[move][0], column + SHIFTS[move][1]
        if not (0 <= row < rows and 0 <= column < columns):
            break
    return known


ANSWERED = {"carried": (CARRIED, carried_back), "blind": (BLIND, lambda task, observation: followed(observation))}


@pytest.mark.parametrize("name", ANSWERED)
def test_the_ceiling_is_reached_by_who_looks_at_no_wall_and_no_goal(name):
    task, answer = ANSWERED[name]
    instances = some(task)
    seen = np.asarray(jax.vmap(task.observe)(instances))
    logits = 60 * np.stack([answer(task, observation) for observation in seen])
    tails = references(task, instances)
    # 60 units of logit leave less than 1e-24 to other moves
    np.testing.assert_allclose(score(task, instances, tails, logits).bits, ceiling(task, instances, tails).bits)


@pytest.mark.parametrize("name", ANSWERED)
def test_walls_and_goal_are_hidden(name):
    task, _ = ANSWERED[name]
    instances = some(task)
    seen = np.asarray(jax.vmap(task.observe)(instances))
    other = jax.tree.map(lambda leaf: leaf[::-1], instances)
    hidden = instances._replace(passages=other.passages, goal=other.goal)
    np.testing.assert_array_equal(seen, jax.vmap(task.observe)(hidden))
    # the mark stands on each of some 25 cells by chance, and on the goal as often as elsewhere
    marked = np.argmax(seen[..., MARK].reshape(60, -1), axis=1)
    assert (
        np.all(seen[..., MARK].sum((1, 2)) == 1) and len(set(marked)) > 15 and np.mean(marked == instances.goal) < 0.2
    )


@pytest.mark.parametrize("name", ANSWERED)
def test_a_moved_goal_leaves_all_but_its_mark_where_it_was(name):
    task, answer = ANSWERED[name]
    instances = some(task)
    goals = move_goals(jax.random.key(2), task, instances)
    assert np.all(goals.new.goal != instances.goal)
    seen, moved = (np.asarray(jax.vmap(task.observe)(rows)) for rows in (instances, goals.new))
    np.testing.assert_array_equal(seen, moved)
    shown = np.asarray(jax.vmap(lambda o, i: task.show_goal(o, task.at_goal(i)))(seen, goals.new))
    assert np.all(np.argmax(shown[..., MARK].reshape(60, -1), axis=1) == goals.new.goal)
    np.testing.assert_array_equal(np.delete(shown, MARK, axis=-1), np.delete(seen, MARK, axis=-1))
    for before, after in zip(seen, shown):
        np.testing.assert_array_equal(answer(task, before), answer(task, after))
    best = np.asarray(jax.vmap(task.demonstrate)(goals.new))
    assert np.mean(np.any(best != np.asarray(jax.vmap(task.demonstrate)(instances)), axis=(1, 2, 3))) > 0.9


@pytest.mark.parametrize(
    "shape, distance, apart, at_home",
    [((7, 7), 0, 4, 1), ((11, 11), 0, 7, 9), ((15, 15), 0, 10, 25), ((5, 8), 2, 2, 0), ((5, 6), 4, 4, 6)],
)
def test_each_answer_is_carried_as_far_as_is_said_by_an_exchange(shape, distance, apart, at_home):
    task = Carried(*shape, distance=distance)
    places = np.asarray(task.places())
    np.testing.assert_array_equal(places[places], np.arange(len(places)))
    here, there = np.unravel_index(np.arange(len(places)), shape), np.unravel_index(places, shape)
    far = np.abs(here[0] - there[0]) + np.abs(here[1] - there[1])
    assert set(far[far > 0]) == {apart} and np.sum(far == 0) == at_home


def test_the_print_is_the_answer_of_the_cell_that_it_is_for():
    instances = some(CARRIED)
    best = np.asarray(jax.vmap(CARRIED.demonstrate)(instances))
    for number in range(10):
        maze = one(instances, number)
        far = nx.shortest_path_length(grid(maze.passages), target=divmod(int(maze.goal), 6))
        places = np.asarray(CARRIED.places())
        for cell in range(30):
            (row, column), (at, along) = divmod(cell, 6), divmod(int(places[cell]), 6)
            moves = np.flatnonzero(maze.printed[at, along])
            assert len(moves) == (cell != maze.goal)
            for move in moves:
                assert far[row + SHIFTS[move][0], column + SHIFTS[move][1]] == far[row, column] - 1
            np.testing.assert_array_equal(np.flatnonzero(best[number, row, column]), moves)


def test_a_print_that_is_not_carried_is_of_no_use():
    instances = some(CARRIED)
    tails = references(CARRIED, instances)
    logits = 60 * np.asarray(jax.vmap(CARRIED.observe)(instances))[..., PLAIN]
    # of 30 cells 2 have their own answer, and a way has 4 moves or more
    assert score(CARRIED, instances, tails, logits).bits.mean() < 2
    assert ceiling(CARRIED, instances, tails).bits.mean() > 10


def test_a_blind_trail_asks_for_the_way_from_the_start_alone():
    instances = some(BLIND, 20)
    best, value = (np.asarray(jax.vmap(what)(instances)) for what in (BLIND.demonstrate, BLIND.value))
    for number in range(20):
        cells, moves = way(one(instances, number))
        expected, far = np.zeros((5, 5, 4)), np.full((5, 5), np.nan)
        for left, (cell, move) in enumerate(zip(cells[::-1], [None, *moves[::-1]])):
            far[cell] = -left
            if move is not None:
                expected[(*cell, move)] = 1
        np.testing.assert_array_equal(best[number], expected)
        np.testing.assert_array_equal(value[number], far)
    logits = jax.random.normal(jax.random.key(0), best.shape)
    elsewhere = logits + 3 * logits[::-1] * ~best.any(-1, keepdims=True)
    np.testing.assert_array_equal(jax.vmap(BLIND.loss)(best, logits), jax.vmap(BLIND.loss)(best, elsewhere))


def test_the_print_of_a_blind_trail_tells_of_no_wall():
    """Whatever side one comes in by, the print leads out by each of the three others as often, open or not."""
    instances = some(BLIND, 600)
    led = {(came, out): [] for came in (True, False) for out in (True, False)}
    for number in range(600):
        maze = one(instances, number)
        path = way(maze)[0][:-1]
        for cell in np.ndindex(5, 5):
            for side in () if cell in path else range(4):
                out = maze.printed[cell][(side + 2) % 4]
                assert out != side, "nobody is sent back"
                for other in {0, 1, 2, 3} - {side}:
                    led[bool(maze.passages[cell][side]), bool(maze.passages[cell][other])].append(out == other)
    for came_out, found in led.items():
        # more than 10,000 pairs of sides of each kind: four standard deviations
        assert len(found) > 10_000 and np.mean(found) == pytest.approx(1 / 3, abs=0.02), came_out


@pytest.mark.parametrize("base", ["supervised", "policy-gradient"])
@pytest.mark.parametrize("name", ANSWERED)
def test_both_are_learned_by_imitation_and_by_trying(name, base):
    task = dataclasses.replace(ANSWERED[name][0], rows=4, columns=4)
    model = MODELS.build("gridloop", {"channels": 16, "thinking": 10})
    trial = Training(task, model, BASES.build(base, {"steps": 128, "batch": 32, "learning_rate": 0.02}), 4096, 1000)
    last = train(trial).checkpoints[-1].model
    fresh = trial.fresh(trial.instances())
    goals = move_goals(jax.random.key(2), task, novel(task))
    tails = references(task, novel(task))

    def bits(network):
        answers = answer_all(task, 10, network, novel(task))
        return score(task, novel(task), tails, answers).bits.mean()

    assert bits(last) > bits(fresh) + 0.5
    found = retargeting(last, task, goals, 10).success
    assert abs(found.value) < 0.05 and np.all(np.isfinite(found))


def test_trails_that_are_not_blind_are_what_they_were():
    task = Trail(4, 4, horizon=40)
    parts = MODELS.build("gridloop", {"channels": 8}), BASES.build("policy-gradient", {"steps": 24})
    trial = Training(task, *parts, 16, 0)
    assert trial_id(trial) == "6a68d984231a7c87193e"
    blind = Training(Trail(4, 4, horizon=40, blind=True), *parts, 16, 0)
    assert trial_id(blind) != trial_id(trial) and from_description(describe(blind)) == blind
    # sums weighted by place, from before there were blind trails
    leaves = [np.asarray(leaf, np.int64).ravel() for leaf in jax.tree.leaves(pool(task, 0, 8))]
    assert [int(leaf @ np.arange(len(leaf))) for leaf in leaves] == [61152, 214, 339, 53, 175273]


def test_the_pool_of_a_carried_maze_counts_walls_and_goal():
    instances = some(CARRIED, 3)
    maze = Maze(5, 6, horizon=60)
    for number in range(3):
        instance = one(instances, number)
        np.testing.assert_array_equal(CARRIED.identity(instance), maze.identity(instance.maze))
    assert TASKS.name_of(CARRIED) == "carried" and CARRIED.observe(one(instances, 0)).shape == (5, 6, 6)


@pytest.mark.parametrize("distance", [-1, 5, 9])
def test_answers_are_carried_within_the_grid(distance):
    with pytest.raises(ValueError, match=rf"Carried\(rows=5, columns=7, distance={distance}\).*fewer cells"):
        Carried(5, 7, distance=distance)
