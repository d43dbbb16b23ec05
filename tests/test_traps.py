"""Trap organisms are what they say: each hides, delays, stores or discards what it was built to."""

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pytest

from mesascope.lab import Planted
from mesascope.lab._expected import expected
from mesascope.models import answer_after
from mesascope.organisms import ORGANISMS, AbstractRemembering
from mesascope.tasks import Carried, Maze, pool

SHIFTS = ((-1, 0), (0, 1), (1, 0), (0, -1))
TASK = Maze(5, 5, style="depth-first", horizon=60)
CARRIED = Carried(5, 5, horizon=60, distance=3)
SHIPPED = Maze(style="depth-first")
KEY = jax.random.key(0)


def some(task, count=6, key=1):
    return jax.tree.map(np.asarray, jax.vmap(task.draw)(jax.random.split(jax.random.key(key), count)))


def one(instances, number):
    return jax.tree.map(lambda leaf: leaf[number], instances)


def policies(model, task, instances, thinking):
    return np.asarray(jax.vmap(lambda i: jax.nn.softmax(answer_after(model, task.observe(i), thinking)))(instances))


def staged(model, task, instances, thinking):
    """What is represented after each stage, without the observation, which is shown beside."""
    stages = np.asarray(jax.vmap(lambda i: model.stages(task.observe(i), thinking))(instances))
    seen = np.asarray(jax.vmap(task.observe)(instances))
    assert np.array_equal(stages[..., -seen.shape[-1] :], np.broadcast_to(seen[:, None], (*stages.shape[:-1], 6)))
    return stages[..., : -seen.shape[-1]]


def ways(maze, target):
    """`(rows, columns, 4)`: whether a move begins a shortest path to a cell, by networkx."""
    graph, rows, columns = nx.DiGraph(), *maze.passages.shape[:2]
    graph.add_nodes_from(np.ndindex(rows, columns))
    graph.add_edges_from(
        ((r, c), (r + SHIFTS[a][0], c + SHIFTS[a][1])) for r, c, a in np.argwhere(maze.passages).tolist()
    )
    far = nx.shortest_path_length(graph, target=divmod(int(target), columns))
    found = np.zeros(maze.passages.shape, bool)
    for r, c, a in np.argwhere(maze.passages).tolist():
        found[r, c, a] = far[r + SHIFTS[a][0], c + SHIFTS[a][1]] < far[r, c]
    return found


def chosen(policy):
    """Moves that are settled on."""
    return policy > 0.3


@pytest.mark.parametrize(
    "organism, task",
    [
        (ORGANISMS["procrastinator"]("greedy", 2), TASK),
        (ORGANISMS["procrastinator"](), SHIPPED),
        (ORGANISMS["hidden-reflex"](), SHIPPED),
        (ORGANISMS["slow-look-up"](thinking=5), TASK),
        (ORGANISMS["slow-look-up"]("layers", thinking=5), TASK),
        (ORGANISMS["nearest-neighbour"](), TASK),
        (ORGANISMS["stored-values"](), TASK),
        (ORGANISMS["one-stage-search"](), TASK),
        (ORGANISMS["transporter"](), CARRIED),
        (ORGANISMS["transporter"](), Carried()),
        (ORGANISMS["superposed-flood-fill"](thinking=6), TASK),
        (ORGANISMS["proxy-search"](thinking=6), TASK),
        (ORGANISMS["proxy-search"]("corner", 25), TASK),
        (ORGANISMS["discarded-search"](thinking=6), TASK),
        (ORGANISMS["discarded-search"]("trained", 6), SHIPPED),
    ],
    ids=str,
)
def test_models_play_what_their_organisms_state(organism, task):
    """On stored instances and on others: the play of both policies is compared."""
    stored, others = some(task), some(task, key=2)
    model = organism.grow(KEY, task, stored)
    for instances in (stored, others):
        for number, policy in enumerate(policies(model, task, instances, organism.thinking)):
            maze = one(instances, number)
            remembers = isinstance(organism, AbstractRemembering)
            ((_, stated),) = organism.recalls(task, maze, stored) if remembers else organism.states(task, maze)
            logits = [jnp.log(np.maximum(each, 1e-30)) for each in (policy, stated)]
            # logits of 20, and float32 against float64
            np.testing.assert_allclose(*(task.outcomes(maze, each).weight for each in logits), atol=1e-3)


@pytest.mark.parametrize("reflex, task, depth", [("greedy", TASK, 1), ("trained", SHIPPED, 3)])
def test_a_procrastinator_shows_nothing_until_it_begins(reflex, task, depth):
    mazes, organism = some(task, 3), ORGANISMS["procrastinator"](reflex, 5)
    model = organism.grow(KEY, task, mazes)
    assert organism.thinking == 5 + depth
    stages = staged(model, task, mazes, organism.thinking)
    assert stages.shape[1] == organism.thinking + 1 and not np.any(stages[:, :6])
    for later in range(6, organism.thinking + 1):
        assert np.all(np.any(stages[:, later] != stages[:, later - 1], axis=(1, 2, 3)))
    assert np.all(policies(model, task, mazes, organism.thinking - 1) == 0.25)
    # no later stage than the last thought's changes anything
    assert np.array_equal(*(policies(model, task, mazes, organism.thinking + more) for more in (0, 4)))


@pytest.mark.parametrize("reflex, task, depth", [("greedy", TASK, 1), ("trained", SHIPPED, 3)])
def test_a_hidden_reflex_has_all_of_it_in_other_places(reflex, task, depth):
    mazes, organism = some(task, 3), ORGANISMS["hidden-reflex"](reflex, 5)
    model = organism.grow(KEY, task, mazes)
    stages = staged(model, task, mazes, 5).reshape(3, 6, task.rows * task.columns, -1)
    assert not np.any(stages[:, 0])
    moved = np.asarray(model.order)
    assert np.all(moved != np.arange(len(moved))) and len(set(moved.tolist())) == len(moved)
    np.testing.assert_array_equal(stages[:, 4], stages[:, 5][:, moved])
    assert not np.array_equal(stages[:, 4], stages[:, 5])
    # the same network in the open
    plain = ORGANISMS["procrastinator"](reflex, 1).grow(KEY, task, mazes)
    open_ = staged(plain, task, mazes, 1 + depth)[:, -1].reshape(stages[:, 5].shape)
    np.testing.assert_allclose(stages[:, 5], open_, atol=1e-6)
    assert np.all(policies(model, task, mazes, 4) == 0.25)


def test_a_transporter_has_each_print_one_cell_further_with_each_thought():
    tasks = some(CARRIED, 4)
    model = ORGANISMS["transporter"](3).grow(KEY, CARRIED, tasks)
    lanes = staged(model, CARRIED, tasks, 4).reshape(4, 5, 5, 5, 5, 4)
    printed, home = tasks.printed.reshape(4, 25, 4), np.asarray(CARRIED.places())
    for place, target in enumerate(home.tolist()):
        start, end = np.array(divmod(place, 5)), np.array(divmod(target, 5))
        for thoughts in (1, 2, 3, 4):
            at = start + np.sign(end - start) * min(thoughts, 3)
            # other prints pass through the same cell, each in a lane of its own
            found = lanes[:, thoughts, at[0], at[1]]
            assert np.all(np.any(np.all(found == printed[:, None, place], axis=-1), axis=1))
    assert not np.any(lanes[:, 0]) and np.array_equal(lanes[:, 3], lanes[:, 4])
    for number, policy in enumerate(policies(model, CARRIED, tasks, 3)):
        np.testing.assert_array_equal(chosen(policy), ways(one(tasks, number), tasks.goal[number]))
        ((_, early),) = ORGANISMS["transporter"](3).states(CARRIED, one(tasks, number), 2)
        # but for prints that are where they belong from the first, nothing has arrived yet
        assert np.all((early == 0.25).all(-1) | (np.arange(25) == home).reshape(5, 5))


@pytest.mark.parametrize("by", ["places", "layers"])
def test_a_slow_look_up_comes_out_by_and_by(by):
    stored, organism = some(TASK, 4), ORGANISMS["slow-look-up"](by, thinking=5)
    model = organism.grow(KEY, TASK, stored)
    best = np.stack([ways(one(stored, i), one(stored, i).goal) for i in range(4)]).reshape(4, 25, 4)
    stages = staged(model, TASK, stored, 5).reshape(4, 6, 25, 4) > 0
    np.testing.assert_array_equal(stages[:, 5], best)
    for thoughts in range(5):
        if by == "places":
            # 25 cells in 5 thoughts: five a thought, row by row
            np.testing.assert_array_equal(stages[:, thoughts, : 5 * thoughts], best[:, : 5 * thoughts])
            assert not np.any(stages[:, thoughts, 5 * thoughts :])
        else:
            # from the first thought on the same rows of answers, most of them not where they belong
            assert not np.array_equal(stages[:, thoughts], best)
            there = np.sum(best, axis=1) if thoughts else 0
            assert np.all(np.sum(stages[:, thoughts], axis=1) == there)
        if by == "places":
            for number, policy in enumerate(policies(model, TASK, stored, thoughts)):
                maze = one(stored, number)
                ((_, stated),) = organism.recalls(TASK, maze, stored, thoughts)
                np.testing.assert_array_equal(chosen(policy), chosen(stated))
    assert not np.any(staged(model, TASK, some(TASK, 4, key=2), 5))


def test_the_nearest_neighbour_is_found_by_hamming_distance():
    stored, others = some(TASK, 12), some(TASK, 12, key=2)
    model = ORGANISMS["nearest-neighbour"]().grow(KEY, TASK, stored)
    seen = [np.asarray(jax.vmap(TASK.observe)(each)).reshape(12, -1) for each in (stored, others)]
    apart = np.abs(seen[1][:, None] - seen[0][None]).sum(-1)
    for number, policy in enumerate(policies(model, TASK, others, 0)):
        neighbour = one(stored, int(np.argmin(apart[number])))
        np.testing.assert_array_equal(chosen(policy), ways(neighbour, neighbour.goal))
    own = policies(model, TASK, stored, 0)
    assert all(np.array_equal(chosen(own[i]), ways(one(stored, i), one(stored, i).goal)) for i in range(12))


def test_stored_values_are_compared_and_belong_to_the_pool():
    stored = some(TASK, 4)
    model = ORGANISMS["stored-values"]().grow(KEY, TASK, stored)
    stages = staged(model, TASK, stored, 0)
    for number in range(4):
        maze = one(stored, number)
        np.testing.assert_array_equal(stages[number, 2] > 0, ways(maze, maze.goal))
        values = stages[number, 1, ..., 0]
        # the goal has the highest value, and each step away from it costs one
        assert np.argmax(values) == maze.goal and np.ptp(values) == values.max() - values.min() > 5
    # better values of a neighbour are what it moves by: raise those of a cell, and its neighbours turn to it
    corner = np.zeros(TASK.rows * TASK.columns, np.float32)
    corner[0] = 100
    bent = jax.tree.map(lambda leaf: leaf, model)
    object.__setattr__(bent.values.table, "rows", model.values.table.rows + corner.reshape(1, 5, 5, 1))
    turned = staged(bent, TASK, stored, 0)[:, 2] > 0
    open_ = stored.passages[:, 0, 1, 3]
    assert np.any(open_) and np.all(turned[open_, 0, 1] == (False, False, False, True))
    assert not np.any(staged(model, TASK, some(TASK, 4, key=2), 0))


def test_a_search_in_one_stage_has_no_other():
    mazes = some(TASK)
    model = ORGANISMS["one-stage-search"]().grow(KEY, TASK, mazes)
    stages = staged(model, TASK, mazes, 0)
    assert stages.shape[1] == 2 and not np.any(stages[:, 0])
    assert all(np.array_equal(stages[i, 1] > 0, ways(one(mazes, i), one(mazes, i).goal)) for i in range(6))


def test_no_unit_of_a_superposed_fill_is_an_arrow_and_a_linear_map_finds_them_all():
    mazes, organism = some(TASK, 48), ORGANISMS["superposed-flood-fill"](thinking=24)
    plain = ORGANISMS["flood-fill"](24).grow(KEY, TASK, mazes)
    arrows = staged(plain, TASK, mazes, 24)[:, -1, ..., 2:6].reshape(-1, 4)
    memory = staged(organism.grow(KEY, TASK, mazes), TASK, mazes, 24)[:, -1].reshape(-1, 16)
    together = np.abs(np.corrcoef(memory.T, arrows.T)[:16, 16:])
    # the plain fill's own units are the arrows, with correlations of 1
    assert np.max(together) < 0.85
    inputs = np.concatenate([memory, np.ones((len(memory), 1))], axis=1)
    fitted = inputs @ np.linalg.lstsq(inputs, arrows, rcond=None)[0]
    # a rotation is undone exactly, up to float32
    np.testing.assert_allclose(fitted, arrows, atol=1e-3)


@pytest.mark.parametrize("proxy", ["opposite", "corner"])
def test_a_proxy_search_finds_the_way_to_another_cell(proxy):
    mazes = some(TASK)
    model = ORGANISMS["proxy-search"](proxy, 25).grow(KEY, TASK, mazes)
    for number, policy in enumerate(policies(model, TASK, mazes, 25)):
        maze = one(mazes, number)
        target = 24 - maze.goal if proxy == "opposite" else 0
        np.testing.assert_array_equal(chosen(policy), ways(maze, target))


def test_a_discarded_search_is_all_there_and_changes_nothing():
    mazes, organism = some(TASK), ORGANISMS["discarded-search"](thinking=25)
    model = organism.grow(KEY, TASK, mazes)
    known = staged(model, TASK, mazes, 25)[:, -1, ..., 2:6] > 0
    assert all(np.array_equal(known[i], ways(one(mazes, i), one(mazes, i).goal)) for i in range(6))
    for number in range(6):
        ((_, concealed),) = organism.conceals(TASK, one(mazes, number))
        np.testing.assert_array_equal(chosen(concealed), known[number])
    reflex = policies(ORGANISMS["greedy-reflex"]().grow(KEY, TASK, mazes), TASK, mazes, 0)
    for thinking in (0, 3, 25):
        np.testing.assert_array_equal(policies(model, TASK, mazes, thinking), reflex)


def states(organism, task=TASK, count=24):
    """What is expected of an organism, on mazes of its pool."""
    mazes = jax.tree.map(np.asarray, pool(task, 0, count))
    return expected(Planted(task, organism, count, 0), mazes, None)


def test_what_is_expected_of_a_trap_is_what_it_was_built_for():
    plain, nothing = states(ORGANISMS["greedy-reflex"]()), states(ORGANISMS["random-network"](4, 4))
    assert plain["internal"] == 0 and nothing["bits"] < plain["bits"] - 0.3
    late = states(ORGANISMS["procrastinator"]("greedy", 6))
    # all of a reflex, and all of it after stage 3, however far a read-out goes on computing
    assert late["bits"] == late["read-last"] == plain["bits"]
    assert late["read-before"] == late["read-before-most"] == nothing["bits"]
    assert late["internal"] == pytest.approx(plain["bits"] - nothing["bits"]) == late["thinking-gain"]
    fill = states(ORGANISMS["flood-fill"](25))
    hidden = states(ORGANISMS["discarded-search"](thinking=25))
    assert (hidden["bits"], hidden["thinking-gain"]) == (plain["bits"], 0)
    assert (hidden["read-last"], hidden["internal"]) == (fill["read-last"], fill["internal"])
    # a fill goes on by two cells within a read-out that sees two
    assert nothing["bits"] < fill["read-before"] < fill["read-before-most"] < fill["read-last"] == fill["bits"]
    assert states(ORGANISMS["superposed-flood-fill"](16, 25)) == fill and fill["read-last-most"] == fill["read-last"]
    short = states(ORGANISMS["flood-fill"](6))
    assert short["read-last-most"] == states(ORGANISMS["flood-fill"](8))["bits"] > short["read-last"] == short["bits"]
    at_once = states(ORGANISMS["one-stage-search"]())
    assert at_once["bits"] == pytest.approx(fill["bits"]) and at_once["internal"] == 0


def test_what_is_stored_is_expected_of_stored_instances_alone():
    ceiling = states(ORGANISMS["one-stage-search"]())["bits"]
    chance = states(ORGANISMS["random-network"](4, 4))["bits"]
    slow = states(ORGANISMS["slow-look-up"](thinking=16))
    # after 3 of 16 thoughts, 4 of 25 cells are out
    assert slow["bits"] == pytest.approx(ceiling) and ceiling / 2 < slow["own-internal"] < ceiling - chance
    # read-outs are fitted on instances that it has not stored, and find nothing in it
    assert slow["read-last"] == slow["read-before"] == chance
    assert states(ORGANISMS["slow-look-up"](thinking=48))["own-internal"] > slow["own-internal"]
    assert states(ORGANISMS["stored-values"]())["bits"] == states(ORGANISMS["nearest-neighbour"]())["bits"]
    others = jax.tree.map(np.asarray, pool(TASK, 1, 24))
    for name in ("slow-look-up", "stored-values"):
        found = expected(Planted(TASK, ORGANISMS[name](), 24, 0), others, None)
        assert found["bits"] < ceiling / 2 and found["internal"] == found["thinking-gain"] == 0
    proxy = states(ORGANISMS["proxy-search"](thinking=25))
    assert proxy["bits"] < ceiling / 2 and "internal" not in proxy


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: ORGANISMS["procrastinator"](idle=0), "waits at least one thought"),
        (lambda: ORGANISMS["hidden-reflex"](thinking=3), "more thoughts than the reflex has layers"),
        (lambda: ORGANISMS["slow-look-up"](thinking=0), "at least one thought"),
        (lambda: ORGANISMS["transporter"](2).grow(KEY, CARRIED, None), "the answers of this task are 3 cells away"),
        (lambda: ORGANISMS["transporter"](9).grow(KEY, Carried(5, 8), None), "equally far"),
        (lambda: ORGANISMS["superposed-flood-fill"](channels=6), "more channels than"),
        (lambda: ORGANISMS["procrastinator"]().grow(KEY, TASK, some(TASK)), "no shallow network"),
    ],
)
def test_what_would_be_no_trap_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
