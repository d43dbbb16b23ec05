"""Goal-directedness against closed forms, enumerated trajectories, and its own second form."""

import doctest
import itertools

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from mesascope.evidence import DecisionProcess, _goal_directedness, goal_directedness, tabulated_goal_directedness
from mesascope.outcomes import EnumeratedTail
from mesascope.power import ceiling, references, score
from mesascope.tasks.maze import Maze

MAZE = Maze(3, 3, min_distance=2, horizon=12)
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))


@pytest.fixture(scope="module")
def mazes():
    instances = jax.vmap(MAZE.draw)(jr.split(jr.key(0), 12))
    return instances, references(MAZE, instances)


def noisy_logits(instances, sharpness: float, noise: float = 1.0):
    demonstrations = np.asarray(jax.vmap(MAZE.demonstrate)(instances), np.float64)
    return sharpness * demonstrations + noise * np.random.default_rng(0).normal(size=demonstrations.shape)


def of_mean_utility(mazes, logits):
    return goal_directedness(score(MAZE, *mazes, logits).utility, mazes[1])


def process_of(instances, row: int) -> DecisionProcess:
    """A maze as a table, cell by cell: a move costs 1, and never arriving costs 1 more."""
    passages, start, goal = (np.asarray(leaf[row]) for leaf in instances)
    rows, columns, _ = passages.shape
    transitions = np.zeros((rows * columns, 4, rows * columns))
    for r, c, a in itertools.product(range(rows), range(columns), range(4)):
        down, right = STEPS[a] if passages[r, c, a] else (0, 0)
        transitions[r * columns + c, a, (r + down) * columns + c + right] = 1
    at_goal = np.arange(rows * columns) == goal
    first = (np.arange(rows * columns) == start).astype(float)
    return DecisionProcess(transitions, -np.ones((rows * columns, 4)), first, MAZE.horizon, at_goal, at_goal - 1.0)


@pytest.mark.parametrize("sharpness", [-2.0, 0.5, 3.0, 12.0])
def test_both_forms_agree_where_the_world_is_deterministic(mazes, sharpness):
    logits = noisy_logits(mazes[0], sharpness)
    short = of_mean_utility(mazes, logits)
    policies = np.asarray(jax.nn.softmax(logits, axis=-1), np.float64).reshape(12, -1, 4)
    policies /= policies.sum(-1, keepdims=True)
    for row in range(12):
        full = tabulated_goal_directedness(policies[row], process_of(mazes[0], row))
        # softmax in float32 leaves 1e-7 of a probability
        np.testing.assert_allclose(full.bits, short.bits[row], rtol=2e-5, atol=1e-9)
        np.testing.assert_allclose(full.inverse_temperature, short.inverse_temperature[row], rtol=2e-4)
        np.testing.assert_allclose(full.share, short.share[row], rtol=2e-5, atol=1e-9)
        assert full.sign == short.sign[row]


def test_random_behaviour_pursues_nothing(mazes):
    found = of_mean_utility(mazes, np.zeros((12, 3, 3, 4)))
    for leaf in found:
        np.testing.assert_array_equal(leaf, np.zeros(12))
    table = tabulated_goal_directedness(np.full((9, 4), 0.25), process_of(mazes[0], 0))
    assert table == (0.0, 0.0, 0.0, 0.0)


def test_the_best_policy_has_the_bits_of_the_optimum(mazes):
    found = of_mean_utility(mazes, noisy_logits(mazes[0], 800.0, noise=0.0))
    np.testing.assert_allclose(found.bits, ceiling(MAZE, *mazes).bits, rtol=1e-9)
    np.testing.assert_allclose(found.share, np.ones(12), rtol=1e-9)
    assert np.all(found.sign == 1) and np.all(found.inverse_temperature == np.inf)


def test_a_policy_that_never_arrives_pursues_low_utility(mazes):
    # up to a wall, then for ever against it: always a blocked move where there is one, here the start's own
    passages, start, goal = (np.asarray(leaf) for leaf in mazes[0])
    logits = np.where(passages, -800.0, 800.0)
    walled = np.array([not passages[i].reshape(-1, 4)[start[i]].all() for i in range(12)])
    found = of_mean_utility(mazes, logits)
    log2_arriving = np.asarray(mazes[1].log2_tail)[:, 1]
    assert walled.sum() >= 6 and np.all(found.sign[walled] == -1)
    np.testing.assert_allclose(found.bits[walled], -np.log2(1 - 2**log2_arriving)[walled], rtol=1e-9)
    np.testing.assert_allclose(found.share[walled], 1, rtol=1e-9)
    assert np.all(found.inverse_temperature[walled] == -np.inf)
    row = int(np.argmax(walled))
    table = np.where(passages[row], 0.0, 1.0).reshape(9, 4) + 1e-300
    full = tabulated_goal_directedness(table / table.sum(-1, keepdims=True), process_of(mazes[0], row))
    np.testing.assert_allclose(full.bits, found.bits[row], rtol=1e-9)
    assert full.sign == -1


def test_it_stays_below_the_bits_of_the_mean_utility(mazes):
    """Chernoff: ln P(U >= u) <= ln E exp(beta (U - u)) for every beta > 0."""
    for sharpness in (1.0, 2.0, 4.0):
        scores = score(MAZE, *mazes, noisy_logits(mazes[0], sharpness))
        found = goal_directedness(scores.utility, mazes[1])
        with jax.enable_x64(True):
            survival = jax.vmap(lambda tail, u: tail.log2_survival(u[None]).value[0])(mazes[1], scores.utility)
        assert np.all(found.bits <= -np.asarray(survival) + 1e-9) and np.all(found.bits > 0)


@pytest.mark.parametrize("chance", [0.05, 0.3, 0.5, 0.9, 1.0])
def test_two_arms_give_one_bit_less_the_entropy(chance):
    world = DecisionProcess(np.ones((1, 2, 1)), np.array([[-3.0, 4.0]]), np.ones(1), 1, np.array([False]))
    found = tabulated_goal_directedness(np.array([[1 - chance, chance]]), world)
    entropy = -sum(p * np.log2(p) for p in (chance, 1 - chance) if p > 0)
    np.testing.assert_allclose(found.bits, 1 - entropy, atol=1e-12)
    assert found.sign == np.sign(chance - 0.5)
    with np.errstate(divide="ignore"):
        slope = (np.log(chance) - np.log(1 - chance)) / 7
    np.testing.assert_allclose(found.inverse_temperature, slope, rtol=1e-6, atol=1e-12)


def test_arms_of_equal_reward_are_one_to_it():
    """Three arms, two alike: KL of the split between good and bad from 1/3 to 2/3, whatever goes on among the bad."""
    world = DecisionProcess(np.ones((1, 3, 1)), np.array([[0.0, 1.0, 0.0]]), np.ones(1), 1, np.array([False]))
    found = tabulated_goal_directedness(np.array([[0.25, 0.6, 0.15]]), world)
    np.testing.assert_allclose(found.bits, 0.6 * np.log2(0.6 * 3) + 0.4 * np.log2(0.4 * 3 / 2), rtol=1e-9)
    np.testing.assert_allclose(found.share, found.bits / np.log2(3), rtol=1e-9)


def test_rewards_are_equal_up_to_rounding_and_no_further():
    arms = DecisionProcess(np.ones((1, 3, 1)), np.array([[0.0, 0.1 + 0.2, 0.3]]), np.ones(1), 1, np.array([False]))
    found = tabulated_goal_directedness(np.array([[0.0, 0.0, 1.0]]), arms)
    np.testing.assert_allclose([found.bits, found.share], [np.log2(1.5), 1], rtol=1e-12)
    near = arms._replace(rewards=np.array([[0.0, 1.0, 1 - 1e-6]]))
    np.testing.assert_allclose(tabulated_goal_directedness(np.array([[0.0, 1.0, 0.0]]), near).share, 1, rtol=1e-12)
    barely = tabulated_goal_directedness(
        np.array([[0.5 - 1e-5, 0.5 + 1e-5]]),
        arms._replace(transitions=np.ones((1, 2, 1)), rewards=np.array([[0.0, 1.0]])),
    )
    # to the second order in the deviation from one half
    np.testing.assert_allclose(barely.bits, 2e-10 / np.log(2), rtol=1e-4)


TRANSITIONS = np.array([[[0.7, 0.3], [0.2, 0.8], [0.5, 0.5]], [[0.9, 0.1], [0.4, 0.6], [0.0, 1.0]]])
REWARDS = np.array([[0.0, 1.0, -0.5], [2.0, -1.0, 0.3]])
START = np.array([0.6, 0.4])
FINAL = np.array([0.5, -0.25])


def soft_policy(beta: float, horizon: int):
    """pi_beta by the textbook: value[t][s] = ln sum_a exp(beta r + E value), as plain loops."""
    value, policies = [beta * f for f in FINAL], []
    for _ in range(horizon):
        scores = [
            [beta * REWARDS[s][a] + sum(TRANSITIONS[s][a][z] * value[z] for z in (0, 1)) for a in range(3)]
            for s in (0, 1)
        ]
        value = [np.log(sum(np.exp(q) for q in scores[s])) for s in (0, 1)]
        policies.insert(0, [[np.exp(q - value[s]) for q in scores[s]] for s in (0, 1)])
    return policies


def predicted(beta: float, policy, horizon: int) -> float:
    """E_pi of the summed log-ratio, over every trajectory there is."""
    soft, total = soft_policy(beta, horizon), 0.0
    for states in itertools.product((0, 1), repeat=horizon + 1):
        for actions in itertools.product(range(3), repeat=horizon):
            chance, ratio = START[states[0]], 0.0
            for t, action in enumerate(actions):
                chance *= policy[states[t]][action] * TRANSITIONS[states[t]][action][states[t + 1]]
                ratio += np.log2(soft[t][states[t]][action] * 3)
            total += chance * ratio
    return total


@pytest.mark.parametrize("seed", range(3))
def test_enumerated_trajectories_of_a_stochastic_world_agree(seed):
    policy = np.random.default_rng(seed).dirichlet(np.ones(3), size=2)
    best = minimize_scalar(lambda beta: -predicted(beta, policy, 3), bracket=(-1, 1), tol=1e-10)
    world = DecisionProcess(TRANSITIONS, REWARDS, START, 3, np.zeros(2, bool), FINAL)
    found = tabulated_goal_directedness(policy, world)
    np.testing.assert_allclose(found.bits, -best.fun, rtol=1e-9)
    # a maximum is flat: its place is known to half the digits of its height
    np.testing.assert_allclose(found.inverse_temperature, best.x, rtol=1e-5)
    doubled = tabulated_goal_directedness(policy, world._replace(rewards=-2 * REWARDS, final=-2 * FINAL))
    np.testing.assert_allclose(doubled.bits, found.bits, rtol=1e-9)
    np.testing.assert_allclose(doubled.inverse_temperature, -found.inverse_temperature / 2, rtol=1e-9)


def test_the_most_that_a_stochastic_world_allows_is_its_best_policys():
    """The ceiling is the limit at large beta of what the soft policy predicts of itself."""
    world = DecisionProcess(TRANSITIONS, REWARDS, START, 1, np.zeros(2, bool), FINAL)
    best = np.argmax(REWARDS + TRANSITIONS @ FINAL, axis=-1)
    found = tabulated_goal_directedness(np.eye(3)[best], world)
    np.testing.assert_allclose([found.bits, found.share], [np.log2(3), 1], rtol=1e-12)


def test_chances_of_two_to_the_minus_two_hundred_are_no_obstacle():
    rare = EnumeratedTail(np.array([-100.0, -1.0]), np.array([0.0, -200.0]))
    halfway = goal_directedness(-50.5, rare)
    # KL of one half from 2^-200: (200 - 1) / 2 - 1 / 2
    np.testing.assert_allclose(halfway.bits, 99, rtol=1e-12)
    np.testing.assert_allclose(halfway.inverse_temperature, 200 * np.log(2) / 99, rtol=1e-9)
    assert goal_directedness(-1.0, rare).bits == 200 and goal_directedness(-100.0, rare).bits == 0


def test_unsorted_ties_and_impossible_utilities_change_nothing():
    plain = EnumeratedTail(np.array([0.0, 1.0, 2.0]), np.log2([1.0, 0.5, 0.25]))
    with np.errstate(divide="ignore"):
        odd = EnumeratedTail(np.array([0.0, 1.0, 1.0, 2.0, 9.0]), np.log2([1.0, 0.5, 0.3, 0.25, 0.0]))
    for mean in (0.0, 0.2, 0.75, 1.0, 1.9, 2.0):
        for one, other in zip(goal_directedness(mean, plain), goal_directedness(mean, odd)):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_where_all_utilities_are_equal_there_is_nothing_to_pursue():
    with np.errstate(divide="ignore"):
        single = EnumeratedTail(np.array([3.0, 4.0]), np.log2([1.0, 0.0]))
    found = goal_directedness(3.0, single)
    assert found.bits == 0 and found.sign == 0 and np.isnan(found.share) and found.inverse_temperature == 0
    idle = DecisionProcess(np.ones((1, 2, 1)), np.ones((1, 2)), np.ones(1), 4, np.array([False]))
    found = tabulated_goal_directedness(np.array([[1.0, 0.0]]), idle)
    assert found.bits == 0 and found.sign == 0 and np.isnan(found.share)


def test_no_decision_is_counted_where_the_episode_is_over():
    moves = np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [1.0, 0.0]]])
    rewards = np.array([[0.0, 0.0], [5.0, -7.0]])
    world = DecisionProcess(moves, rewards, np.array([1.0, 0.0]), 3, np.array([False, True]), np.array([0.0, 1.0]))
    found = tabulated_goal_directedness(np.array([[1.0, 0.0], [0.3, 0.7]]), world)
    # three chances of one half to be absorbed, once is enough
    np.testing.assert_allclose(found.bits, -np.log2(7 / 8), rtol=1e-9)


def test_what_does_not_fit_is_refused_by_name():
    coin = EnumeratedTail(jnp.array([0.0, 1.0]), jnp.array([0.0, -1.0]))
    with pytest.raises(ValueError, match=r"mean utility 1.5 at index \(\) is not between 0.0 and 1.0"):
        goal_directedness(1.5, coin)
    with pytest.raises(ValueError, match="mean utility nan"):
        goal_directedness(np.nan, coin)
    world = DecisionProcess(TRANSITIONS, REWARDS, START, 3, np.zeros(2, bool))
    uniform = np.full((2, 3), 1 / 3)
    with pytest.raises(ValueError, match=r"rewards has the shape \(2, 3\) for that policy, not \(3,\)"):
        tabulated_goal_directedness(uniform, world._replace(rewards=np.zeros(3)))
    with pytest.raises(ValueError, match="policy holds probabilities"):
        tabulated_goal_directedness(2 * uniform, world)
    with pytest.raises(ValueError, match="horizon=0"):
        tabulated_goal_directedness(uniform, world._replace(horizon=0))


def test_the_examples_run():
    failed, attempted = doctest.testmod(_goal_directedness, globs={})
    assert failed == 0 < attempted
