"""Planted algorithms do what they state, as seen by code that shares nothing with them."""

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pytest

from mesascope.lab import Planted, describe, from_description, trial_id
from mesascope.models import RandomShooting, answer_after, answers
from mesascope.organisms import ORGANISMS
from mesascope.power import enumerate_play, play
from mesascope.tasks import Carried, Maze, MazeWalk, Mnk, TicTacToe, Trail
from mesascope.tasks.mnk import decisions

SHIFTS = ((-1, 0), (0, 1), (1, 0), (0, -1))
BRAIDED = Maze(6, 5, style="depth-first", braid=1.0, horizon=60)
PERFECT = Maze(5, 5, style="depth-first", horizon=60)
FOUR = Mnk(4, 4, 4, True)


def some(task, count=6):
    return jax.tree.map(np.asarray, jax.vmap(task.draw)(jax.random.split(jax.random.key(1), count)))


def one(instances, number):
    return jax.tree.map(lambda leaf: leaf[number], instances)


def plan(organism, task, instances, thinking=None):
    """The organism's action probabilities on instances."""
    model = organism.grow(jax.random.key(0), task, instances)
    logits = jax.vmap(
        lambda i: answer_after(model, task.observe(i), organism.thinking if thinking is None else thinking)
    )(instances)
    return np.array(jax.nn.softmax(logits))


def graph(instance):
    rows, columns, _ = instance.passages.shape
    found = nx.DiGraph()
    found.add_nodes_from(np.ndindex(rows, columns))
    for row, column, action in np.argwhere(instance.passages):
        down, right = SHIFTS[action]
        found.add_edge((row, column), (row + down, column + right), action=action)
    return found


@pytest.mark.parametrize("steps", [1, 2, 5, 30])
def test_a_flood_fill_knows_the_shortest_paths_within_its_reach(steps):
    mazes = some(BRAIDED)
    policies = plan(ORGANISMS["flood-fill"](steps), BRAIDED, mazes)
    for number, policy in enumerate(policies):
        maze = one(mazes, number)
        goal = divmod(int(maze.goal), 5)
        far = nx.shortest_path_length(graph(maze), target=goal)
        for cell, distance in far.items():
            if cell == goal:
                continue
            best = [
                data["action"] for _, there, data in graph(maze).out_edges(cell, data=True) if far[there] < distance
            ]
            expected = np.isin(range(4), best) / len(best) if distance <= steps - 1 else np.full(4, 0.25)
            # a leak of exp(-20) a thought, and logits of 20
            np.testing.assert_allclose(policy[cell], expected, atol=1e-4)


@pytest.mark.parametrize(
    "organism, task",
    [
        (ORGANISMS["flood-fill"](7), BRAIDED),
        (ORGANISMS["breadth-first"](30), BRAIDED),
        (ORGANISMS["greedy-reflex"](), BRAIDED),
        (ORGANISMS["arrow-reflex"](), Maze(5, 5, show_answer=True)),
        (ORGANISMS["print-follower"](3), Trail(5, 5)),
        (ORGANISMS["print-follower"](30), Trail(5, 5)),
        (ORGANISMS["search-or-table"](1.0, 30), BRAIDED),
        (ORGANISMS["search-or-table"](0.0, 30), BRAIDED),
    ],
    ids=str,
)
def test_models_play_what_their_organisms_state(organism, task):
    """On the places that the play comes through: what is said of others is of no consequence."""
    instances = some(task)
    for number, policy in enumerate(plan(organism, task, instances)):
        instance = one(instances, number)
        stated = sum(share * policy for share, policy in organism.states(task, instance))
        for find in (policy, stated):
            find[divmod(int(instance.goal), task.columns)] = 0.25
        logits = [jnp.log(jnp.maximum(each, 1e-30)) for each in (policy, stated)]
        reached = [task.outcomes(instance, each).weight for each in logits]
        np.testing.assert_allclose(*reached, atol=1e-3)


def test_stages_are_those_of_thinking():
    """What is stated of a stage is what the model answers after as many thoughts."""
    for organism, task in ((ORGANISMS["flood-fill"](9), BRAIDED), (ORGANISMS["breadth-first"](9), BRAIDED)):
        instances = some(task, 3)
        for stages in (0, 3):
            for number, policy in enumerate(plan(organism, task, instances, stages)):
                ((_, stated),) = organism.states(task, one(instances, number), stages)
                asked = np.asarray(task.demonstrate(one(instances, number))).sum(-1) > 0
                np.testing.assert_allclose(policy[asked], stated[asked], atol=1e-4)


def test_a_share_of_the_instances_is_searched():
    task, organism = PERFECT, ORGANISMS["search-or-table"](0.3, 25)
    policies = plan(organism, task, some(task, 400))
    searched = np.mean(np.any(policies > 0.9, axis=(1, 2, 3)))
    # a binomial share of 400 has a standard error of 0.023
    assert searched == pytest.approx(0.3, abs=0.08)


def test_a_table_knows_its_own_instances_only():
    stored, others = some(PERFECT, 4), one(some(PERFECT, 8), slice(4, 8))
    model = ORGANISMS["lookup-table"]().grow(jax.random.key(0), PERFECT, stored)
    own = jax.vmap(lambda i: model.answer((), PERFECT.observe(i)))(stored)
    assert np.array_equal(np.asarray(own) > 0, np.asarray(jax.vmap(PERFECT.demonstrate)(stored)) > 0)
    assert not np.any(jax.vmap(lambda i: model.answer((), PERFECT.observe(i)))(others))


def test_a_printed_trail_leads_by_the_shortest_path_and_no_print_tells_where_it_runs():
    task = Trail(6, 6, min_distance=6)
    trails = some(task, 40)
    for number in range(40):
        trail = one(trails, number)
        cell, move, length = divmod(int(trail.start), 6), int(trail.heading), 0
        goal = divmod(int(trail.goal), 6)
        while cell != goal:
            move = int(trail.printed[cell][move])
            assert trail.passages[(*cell, move)]
            cell, length = tuple(np.add(cell, SHIFTS[move])), length + 1
        assert length == nx.shortest_path_length(graph(trail), divmod(int(trail.start), 6), goal)
        for cell in np.ndindex(6, 6):
            sides = np.flatnonzero(trail.passages[cell])
            if cell != goal:
                led = [trail.printed[cell][(side + 2) % 4] for side in sides]
                assert sorted(led) == sorted(sides)
                assert len(sides) == 1 or all(side != out for side, out in zip(sides, led))


def test_the_wall_follower_comes_when_it_states():
    task = MazeWalk(5, 5, style="depth-first", horizon=60)
    organism, mazes = ORGANISMS["wall-follower"](), some(task, 5)
    for number in range(5):
        maze = one(mazes, number)
        chances = organism.states_chances(task, maze, np.ones(61) / 61)
        found = enumerate_play(task, organism.grow(jax.random.key(0), task, mazes), maze)
        expected = -np.arange(1.0, 62)[::-1][np.argmax(chances)]
        assert np.sum(chances) == 1 and np.all(np.asarray(found.utility) == expected)
        # a perfect maze of 25 cells is toured in 48 moves
        assert expected >= -48


def test_shooting_is_the_best_of_so_many_draws():
    task = MazeWalk(3, 3, min_distance=2, horizon=12)
    maze = one(some(task, 1), 0)
    organism = ORGANISMS["shooting"](first=5)
    model = organism.grow(jax.random.key(0), task, maze)
    outcomes = play(jax.random.key(3), task, model, maze, num_draws=3000, first=5)
    tail = np.exp2(np.asarray(task.reference(maze, jnp.float32).log2_tail))
    for time in (2, 6, 12):
        single = tail[13 - time]
        found = float(np.mean(outcomes.utility >= -time))
        # a share of 3000 draws has a standard error below 0.01
        assert found == pytest.approx(1 - (1 - single) ** 5, abs=0.04)
    chances = organism.states_chances(task, maze, -np.diff(tail, append=0))
    assert np.sum(chances) == pytest.approx(1)
    assert np.sum(chances[1:]) == pytest.approx(1 - (1 - tail[1]) ** 5, abs=1e-5)


def test_the_shipped_reflexes_do_well():
    task = Maze(style="depth-first")
    mazes = some(task, 64)
    success = []
    for depth in (1, 3):
        policy = np.log(np.maximum(plan(ORGANISMS["trained-reflex"](depth), task, mazes), 1e-30))
        success.append(np.mean(jax.vmap(lambda i, a: task.succeeded(task.outcomes(i, a)))(mazes, policy)))
    assert success[0] < success[1] and success[1] > 0.5


def test_the_rules_keep_the_value_of_every_position_of_tic_tac_toe():
    """All 3191 positions in which there is something to decide, against their exact values."""
    solved = decisions(3, 3, 3, False)
    own, other, wins, draws = ((part[:, None] >> np.arange(9) & 1).astype(bool) for part in solved[:4])
    kept = np.where(np.any(wins, axis=1, keepdims=True), wins, draws)
    seen = np.stack([own, other, ~own & ~other, np.ones_like(own)], axis=-1).reshape(-1, 3, 3, 4)
    model = ORGANISMS["rules"]().grow(jax.random.key(0), Mnk(), None)
    chosen = np.asarray(jax.vmap(lambda o: model.answer((), o))(jnp.asarray(seen, jnp.float32))).reshape(-1, 9) > 0
    assert len(chosen) == 3191 and np.all(np.any(chosen, axis=1)) and not np.any(chosen & ~kept)


@pytest.mark.parametrize("task", [Mnk(), Mnk(3, 4, 3)], ids=["tic-tac-toe", "3 x 4"])
def test_minimax_knows_the_moves_that_it_has_come_to(task):
    """What is stated of a stage is what the model answers after as many thoughts, and what its stage shows."""
    instances, organism = some(task, 12), ORGANISMS["minimax"](thinking=24)
    model = organism.grow(jax.random.key(0), task, instances)
    seen = np.asarray(jax.vmap(task.observe)(instances))
    curves = np.asarray(jax.vmap(lambda o: answers(model, o, 24))(seen))
    shown = np.asarray(jax.vmap(lambda o: model.stages(o, 24))(seen))
    for number, thoughts in np.ndindex(12, 25):
        ((_, stated),) = organism.states(task, one(instances, number), thoughts)
        legal = seen[number, ..., 2:3]
        chances = legal * np.exp(curves[number, thoughts])
        # an answer settles with logits of 20
        np.testing.assert_allclose(chances / chances.sum(), stated, atol=1e-7)
        stage = shown[number, thoughts]
        assert np.array_equal(stage[..., :1] > 0, (stated > 0) & (thoughts > 0))
        assert np.array_equal(stage[..., 1:], seen[number])
    best = np.asarray(jax.vmap(task.demonstrate)(instances))
    ends = [organism.states(task, one(instances, number))[0][1] for number in range(12)]
    np.testing.assert_allclose(np.stack(ends), best, atol=1e-7)


def test_shooting_never_plans_an_illegal_move():
    """In tic-tac-toe one simulation is one game of the reference."""
    task, episode = TicTacToe(), jnp.int32(9)
    outcomes = play(jax.random.key(0), task, RandomShooting(1), episode, num_draws=2000, first=1)
    assert not np.any(np.isnan(outcomes.utility))
    model = RandomShooting(1).given(task, episode, jax.random.key(1))
    memory = model.think(model.blank(None), None)
    assert len(set(np.asarray(memory.actions[:3]).tolist())) == 3


@pytest.mark.parametrize("name", sorted(ORGANISMS))
def test_planted_trials_are_values(name):
    kind = ORGANISMS[name]
    organism = kind(**{"thinking": 4} if name in ("flood-fill", "print-follower") else {})
    tasks = {"print-follower": Trail(), "wall-follower": MazeWalk(), "shooting": MazeWalk()}
    task = (tasks | {"minimax": Mnk(), "rules": Mnk(), "transporter": Carried()}).get(name, Maze())
    trial = Planted(task, organism, 16, 0)
    again = from_description(describe(trial))
    assert again == trial and trial_id(again) == trial_id(trial)
    assert trial_id(Planted(task, organism, 16, 1)) != trial_id(trial)


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: Planted(Maze(), ORGANISMS["wall-follower"](), 4, 0), "is written for MazeWalk, not for Maze"),
        (lambda: Planted(Maze(), ORGANISMS["greedy-reflex"](), 0, 0), "at least one instance"),
        (lambda: ORGANISMS["flood-fill"](0), "at least one step"),
        (lambda: ORGANISMS["search-or-table"](1.5), "between 0 and 1"),
        (lambda: ORGANISMS["shooting"](first=0).grow(jax.random.key(0), MazeWalk(), None), "at least one simulation"),
        (lambda: ORGANISMS["arrow-reflex"]().grow(jax.random.key(0), Maze(), None), "show_answer=True"),
        (lambda: ORGANISMS["trained-reflex"](9).grow(jax.random.key(0), Maze(), None), "no shallow network"),
        (lambda: ORGANISMS["minimax"](thinking=1), "at least one move is examined"),
        (lambda: ORGANISMS["minimax"](pace=0), "at least one thought"),
        (lambda: ORGANISMS["rules"]().grow(jax.random.key(0), Mnk(columns=4), None), "those of tic-tac-toe"),
        (lambda: ORGANISMS["minimax"]().states(FOUR, one(some(FOUR, 1), 0)), "more than 12 cells"),
    ],
)
def test_what_cannot_be_planted_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
