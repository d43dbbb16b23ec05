"""Exact outcomes against published values, matrix powers, enumeration and simulation."""

import itertools

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from mesascope.outcomes import bits
from mesascope.tasks.maze import (
    MOVES,
    Maze,
    MazeInstance,
    aldous_broder,
    arrivals,
    log2_arrived,
    open_grid,
    policy_reference,
)


def transition_matrix(passages: np.ndarray, goal: int, policy: np.ndarray) -> np.ndarray:
    """The oracle's Markov chain, cell by cell, the goal absorbing."""
    rows, columns, _ = passages.shape
    matrix = np.zeros((rows * columns, rows * columns))
    for cell in range(rows * columns):
        for action, (down, right) in enumerate(MOVES):
            row, column = divmod(cell, columns)
            to = cell + down * columns + right if passages[row, column, action] else cell
            matrix[cell, to if cell != goal else cell] += policy[row, column, action]
    return matrix


def corner_to_corner(n: int) -> MazeInstance:
    return MazeInstance(open_grid(n, n), jnp.int32(0), jnp.int32(n * n - 1))


def test_open_grids_match_the_published_probabilities(goldens):
    for name, expected in goldens["grid_action_reference"].items():
        n, horizon = map(int, name.split(","))
        with jax.enable_x64(True):
            found = 2.0 ** float(log2_arrived(*corner_to_corner(n), horizon, jnp.float64)[-1])
        assert found == pytest.approx(expected, rel=1e-12)


def test_a_random_deterministic_policy_matches_the_published_probabilities(goldens):
    with jax.enable_x64(True):
        for n in (2, 3):
            tail = policy_reference(corner_to_corner(n), n * n)
            assert 2.0 ** float(tail.log2_tail[1]) == pytest.approx(goldens["grid_policy_reference"][str(n)], rel=1e-12)


def test_the_policy_reference_is_the_share_of_all_policies_that_arrive_in_time():
    maze = MazeInstance(open_grid(2, 3), jnp.int32(0), jnp.int32(5))
    passages = np.asarray(maze.passages)
    times = []
    for actions in itertools.product(range(4), repeat=5):
        cell, time = 0, 0
        while cell != 5 and time < 7:
            row, column = divmod(cell, 3)
            down, right = MOVES[actions[cell]]
            cell, time = (cell + 3 * down + right if passages[row, column, actions[cell]] else cell), time + 1
        times.append(time if cell == 5 else 99)
    with jax.enable_x64(True):
        tail = policy_reference(maze, 6)
        found = [2.0 ** float(tail.log2_survival(jnp.array([-float(t)])).value[0]) for t in range(1, 7)]
    assert found == pytest.approx([np.mean(np.array(times) <= t) for t in range(1, 7)], abs=1e-12)


@pytest.fixture(scope="module")
def example():
    """A braided 3 x 4 maze with a policy of no symmetry."""
    key, policy_key = jr.split(jr.key(11))
    passages = aldous_broder(key, 3, 4).at[1, 1, 1].set(True).at[1, 2, 3].set(True)
    policy = np.exp(np.asarray(jr.normal(policy_key, (3, 4, 4)), np.float64) * 1.5)
    return np.asarray(passages), policy / policy.sum(-1, keepdims=True)


def test_arrivals_agree_with_powers_of_the_transition_matrix(example):
    passages, policy = example
    matrix = transition_matrix(passages, 9, policy)
    absorbed = np.array([np.linalg.matrix_power(matrix, t)[0, 9] for t in range(41)])
    with jax.enable_x64(True):
        found = arrivals(jnp.asarray(passages), 0, 9, jnp.asarray(policy), 40)
    np.testing.assert_allclose(found, np.diff(absorbed), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("rows", [3, 40])
def test_linear_and_logarithmic_references_agree_where_both_hold(rows):
    # 3 x 4 cells run linearly in float64 and float32; 40 x 14 cells need logarithms in both
    passages = aldous_broder(jr.key(1), rows, 4 if rows == 3 else 14)
    start, goal = 0, rows * passages.shape[1] - 1
    with jax.enable_x64(True):
        uniform = jnp.full(passages.shape, 0.25, jnp.float64)
        expected = np.cumsum(np.asarray(arrivals(passages, start, goal, uniform, 120)))
        found = np.asarray(log2_arrived(passages, start, goal, 120, jnp.float64))
    arrived = expected > 0
    np.testing.assert_allclose(found[arrived], np.log2(expected[arrived]), rtol=1e-9)
    assert np.all(np.isneginf(found[~arrived]))


def test_paths_too_long_for_floats_keep_their_bits():
    # a corridor of 700 cells: the shortest path has probability 4^-699, far below the smallest float64
    corridor = open_grid(1, 700)
    with jax.enable_x64(True):
        found = float(log2_arrived(corridor, 0, 699, 699, jnp.float64)[-1])
    assert found == pytest.approx(-2 * 699, rel=1e-12)


def test_training_precision_is_close_to_the_ledgers():
    task = Maze(7, 7, style="depth-first")
    instance = task.draw(jr.key(4))
    logits = jr.normal(jr.key(5), (7, 7, 4))
    single = bits(task.outcomes(instance, logits), task.reference(instance, jnp.float32)).value
    with jax.enable_x64(True):
        double = bits(task.outcomes(instance, logits.astype(jnp.float64)), task.reference(instance, jnp.float64)).value
    # a hundred float32 steps of relative error 6e-8 each
    assert float(single) == pytest.approx(float(double), rel=1e-4)


def test_bits_of_a_policy_agree_with_simulation(example):
    passages, policy = example
    task = Maze(3, 4, horizon=30, min_distance=1)
    instance = MazeInstance(jnp.asarray(passages), jnp.int32(0), jnp.int32(9))
    with jax.enable_x64(True):
        outcomes = task.outcomes(instance, jnp.log(jnp.asarray(policy)))
        expected = float(bits(outcomes, task.reference(instance, jnp.float64)).value)
    generator = np.random.default_rng(0)

    def times(table, count):
        cell, arrival = np.zeros(count, int), np.full(count, 31)
        for time in range(1, 31):
            action = (generator.random((count, 1)) > np.cumsum(table.reshape(-1, 4)[cell], axis=1)).sum(1).clip(max=3)
            steps = np.array([down * 4 + right for down, right in MOVES])[action]
            cell = np.where((cell != 9) & passages.reshape(-1, 4)[cell, action], cell + steps, cell)
            arrival = np.where((cell == 9) & (arrival == 31), time, arrival)
        return arrival

    reference, mine = times(np.full_like(policy, 0.25), 200_000), times(policy, 20_000)
    tail = np.array([np.mean(reference <= t) for t in range(31)] + [1.0])
    simulated = -np.log2(tail[mine])
    assert expected == pytest.approx(simulated.mean(), abs=5 * simulated.std() / 141 + 0.02)


def test_the_gradient_of_bits_agrees_with_differences():
    task = Maze(3, 3, horizon=20, min_distance=3)
    instance = task.draw(jr.key(7))
    with jax.enable_x64(True):
        tail = task.reference(instance, jnp.float64)
        logits = jr.normal(jr.key(8), (3, 3, 4), jnp.float64)

        def power(values):
            return bits(task.outcomes(instance, values), tail).value

        gradient = np.asarray(jax.grad(power)(logits))
        for index in [(0, 0, 1), (1, 1, 2), (2, 0, 0)]:
            step = jnp.zeros_like(logits).at[index].set(1e-5)
            difference = (power(logits + step) - power(logits - step)) / 2e-5
            assert gradient[index] == pytest.approx(float(difference), abs=1e-7)


def test_the_ceiling_is_the_bits_of_the_shortest_path_and_no_policy_beats_its_utility():
    task = Maze(5, 5, min_distance=3)
    instance = task.draw(jr.key(9))
    with jax.enable_x64(True):
        best = task.optimum(instance, jnp.float64)
        shown = jnp.log(jnp.asarray(task.demonstrate(instance), jnp.float64) + 1e-12)
        shortest = task.outcomes(instance, shown)
        assert float(best.mean_utility()) == pytest.approx(float(shortest.mean_utility()), rel=1e-6)
        tail = task.reference(instance, jnp.float64)
        # a perfect maze has one shortest path of d moves, which random actions follow with probability 4^-d
        assert float(bits(best, tail).value) == pytest.approx(-2 * float(best.mean_utility()), rel=1e-12)
        for seed in range(20):
            other = task.outcomes(instance, 3 * jr.normal(jr.key(seed), (5, 5, 4), jnp.float64))
            assert float(other.mean_utility()) < float(best.mean_utility())


def test_outcomes_are_a_distribution_with_never_as_the_worst():
    task = Maze(4, 4, horizon=12)
    outcomes = task.outcomes(task.draw(jr.key(0)), jnp.zeros((4, 4, 4)))
    assert float(jnp.sum(outcomes.weight)) == pytest.approx(1, abs=1e-6)
    assert float(outcomes.utility[-1]) == -13 and outcomes.utility.shape == (13,)
