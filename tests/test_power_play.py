"""Played tasks: exact by enumeration, agreeing with what the tasks know of themselves; joint power."""

import fractions
import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mesascope.models import AbstractModel
from mesascope.power import AbstractWalk, enumerate_play, joint_power, play
from mesascope.tasks import TicTacToe
from mesascope.tasks.maze import MazeInstance, MazeWalk, open_grid
from mesascope.tasks.tictactoe import NONE


class Clocked(AbstractModel):
    """Chooses uniformly, or goes through the actions one by one by a count in its memory."""

    num_actions: int = eqx.field(static=True)
    counts: bool = eqx.field(static=True)

    def blank(self, observation):
        return jnp.int32(0)

    def think(self, memory, observation):
        return memory + 1 if self.counts else memory

    def answer(self, memory, observation):
        chosen = jnp.arange(self.num_actions) == (memory - 1) % self.num_actions
        return jnp.where(chosen, 0.0, -jnp.inf) if self.counts else jnp.zeros(self.num_actions)

    def stages(self, observation, thinking):
        return observation[None]


def by_utility(outcomes):
    return {float(u): float(np.sum(outcomes.weight[outcomes.utility == u])) for u in np.unique(outcomes.utility)}


def test_random_play_of_the_whole_tree(goldens):
    won, drawn, lost = (float(fractions.Fraction(text)) for text in goldens["tictactoe"]["random"])
    found = by_utility(enumerate_play(TicTacToe(), Clocked(9, False), jnp.int32(NONE)))
    assert found == pytest.approx({1.0: won, 0.0: drawn, -1.0: lost}, abs=1e-12)
    second = [by_utility(enumerate_play(TicTacToe(), Clocked(9, False), jnp.int32(square))) for square in range(9)]
    assert np.mean([game[1.0] for game in second]) == pytest.approx(lost, abs=1e-12)


def test_the_best_reply_to_a_random_opponent(goldens):
    first, second = (float(fractions.Fraction(text)) for text in goldens["tictactoe"]["best_response"])
    with jax.enable_x64(True):
        worth = [TicTacToe().optimum(jnp.int32(opening), jnp.float64).mean_utility() for opening in range(10)]
    assert float(worth[NONE]) == pytest.approx(first, abs=1e-12)
    assert float(np.mean(worth[:9])) == pytest.approx(second, abs=1e-12)


def test_the_reference_of_a_game_is_that_of_its_tree():
    task = TicTacToe()
    with jax.enable_x64(True):
        for opening in (0, 4, NONE):
            tail = task.reference(jnp.int32(opening), jnp.float64)
            found = enumerate_play(task, Clocked(9, False), jnp.int32(opening))
            reached = [float(np.sum(found.weight[found.utility >= u])) for u in (-1, 0, 1)]
            np.testing.assert_allclose(np.exp2(tail.log2_tail), reached, atol=1e-12)


def test_positions_and_games_by_following_every_branch(goldens):
    expected = goldens["tictactoe"]
    boards, games = set(), np.zeros(3, int)
    for opening, mover in [(NONE, 1)] + [(square, -1) for square in range(9)]:
        found, counted = _follow(jnp.int32(opening))
        boards |= {tuple(mover * np.array(board)) for board in found}
        games += counted if mover == 1 else 0
    boards.add((0,) * 9)
    assert len(boards) == expected["positions"]
    assert len({_canonical(board) for board in boards}) == expected["canonical"]
    assert games.tolist() == expected["games"]


def _follow(opening):
    """All boards that random play passes through, and the number of games won, drawn and lost."""
    task = TicTacToe()

    @jax.jit
    def onward(board):
        world = type(task.start(opening))(board)
        worlds, chances = jax.vmap(lambda a: task.branch(opening, world, a))(jnp.arange(9))
        legal = task.see(opening, world)[1]
        return worlds.board, (chances > 0) & legal[:, None], task.over(opening, world), task.utility(opening, world)

    layer, games = {tuple(np.array(task.start(opening).board).tolist()): 1}, np.zeros(3, int)
    seen = set(layer)
    while layer:
        following = {}
        for board, count in layer.items():
            boards, possible, over, utility = (np.asarray(part) for part in onward(jnp.array(board, jnp.int8)))
            if over:
                games[1 - int(utility)] += count
                continue
            for after in boards[possible]:
                key = tuple(after.tolist())
                following[key] = following.get(key, 0) + count
        seen |= set(following)
        layer = following
    return seen, games


def _canonical(board):
    square = np.array(board).reshape(3, 3)
    turned = [np.rot90(side, k) for side in (square, square.T) for k in range(4)]
    return min(tuple(each.reshape(-1).tolist()) for each in turned)


def test_memory_is_followed_and_wiped():
    """A count in memory goes up, right, down, left; wiped before every move it stays at up."""
    maze = MazeInstance(jnp.asarray(open_grid(3, 3)), jnp.int32(4), jnp.int32(5))
    task = MazeWalk(3, 3, min_distance=1, horizon=8)
    kept = by_utility(enumerate_play(task, Clocked(4, True), maze))
    # from the centre: up, then right and down lead to the right-hand side after three moves
    assert kept == pytest.approx({-3.0: 1.0}, abs=1e-12)
    wiped = by_utility(enumerate_play(task, Clocked(4, True), maze, wipe="move"))
    assert wiped == pytest.approx({-9.0: 1.0}, abs=1e-12)


def test_draws_agree_with_enumeration():
    maze = MazeInstance(jnp.asarray(open_grid(3, 3)), jnp.int32(0), jnp.int32(8))
    task = MazeWalk(3, 3, min_distance=1, horizon=12)
    exact = by_utility(enumerate_play(task, Clocked(4, False), maze))
    drawn = play(jax.random.key(0), task, Clocked(4, False), maze, num_draws=4000)
    assert not drawn.exact
    # a share of 4000 draws has a standard error below 0.008
    assert float(np.mean(drawn.utility > -13)) == pytest.approx(1 - exact[-13.0], abs=0.03)


def test_the_tree_of_a_walk_is_its_dynamic_programme():
    maze = MazeInstance(jnp.asarray(open_grid(3, 3)), jnp.int32(0), jnp.int32(8))
    task = MazeWalk(3, 3, min_distance=1, horizon=10)
    found = enumerate_play(task, Clocked(4, False), maze)
    tail = task.reference(maze, jnp.float32)
    for time in (4, 6, 10):
        reached = float(np.sum(found.weight[found.utility >= -time]))
        assert np.log2(reached) == pytest.approx(float(tail.log2_survival(jnp.array([-1.0 * time])).value[0]), abs=1e-5)


class Corridor(AbstractWalk):
    """Right, `length` times; what is seen is the place, with a name in front of it."""

    def __init__(self, name, length, right=1):
        self.name, self.length, self.right = name, length, right

    def start(self):
        return 0

    def see(self, state):
        return self.name, state

    def step(self, state, action):
        return state + 1 if action == self.right else state

    def solved(self, state):
        return state == self.length


class Grid(AbstractWalk):
    """An open n x n grid from one corner to the other; the place is seen."""

    def __init__(self, side):
        self.side = side

    def start(self):
        return 0, 0

    def see(self, state):
        return state

    def step(self, state, action):
        row, column = (at + by for at, by in zip(state, ((-1, 0), (0, 1), (1, 0), (0, -1))[action]))
        return (row, column) if 0 <= row < self.side and 0 <= column < self.side else state

    def solved(self, state):
        return state == (self.side - 1, self.side - 1)


def test_instances_that_share_nothing_count_fully_and_equal_ones_once():
    apart = joint_power([Corridor(name, 3) for name in "abc"], 4)
    assert apart.effective == pytest.approx(3) and apart.joint == pytest.approx(18)
    alike = joint_power([Corridor("a", 3)] * 3, 4)
    assert alike.effective == pytest.approx(1) and alike.single == pytest.approx((6, 6, 6))
    # the longer corridor needs all that the shorter one does
    nested = joint_power([Corridor("a", 2), Corridor("a", 4)], 4)
    assert nested.joint == pytest.approx(8) and nested.effective == pytest.approx(8 / 6)
    assert joint_power([Corridor("a", 1), Corridor("a", 1, right=0)], 4).effective == np.inf


@pytest.mark.parametrize("side", [2, 3])
def test_one_grid_under_the_policy_reference(goldens, side):
    share = goldens["grid_policy_reference"][str(side)]
    assert joint_power([Grid(side)], 4).single[0] == pytest.approx(-np.log2(share), abs=1e-9)


def test_joint_power_by_trying_every_policy():
    """Two mazes of 2 x 2 from different starts, all 4^4 policies one by one."""

    class From(Grid):
        def __init__(self, start):
            self.side, self.begin = 2, start

        def start(self):
            return self.begin

    walks = [From((0, 0)), From((0, 1))]
    cells = list(itertools.product(range(2), repeat=2))
    solved = 0
    for actions in itertools.product(range(4), repeat=4):
        policy = dict(zip(cells, actions))
        solved += all(_arrives(walk, policy) for walk in walks)
    assert joint_power(walks, 4).joint == pytest.approx(-np.log2(solved / 4**4))


def _arrives(walk, policy):
    state = walk.start()
    for _ in range(5):
        if walk.solved(state):
            return True
        state = walk.step(state, policy[state])
    return walk.solved(state)


def test_joint_power_refuses_nothing():
    with pytest.raises(ValueError, match="at least one of each"):
        joint_power([], 4)


def test_joint_power_names_an_instance_that_nobody_solves():
    class Walled(Corridor):
        def step(self, state, action):
            return state

    with pytest.raises(ValueError, match="no deterministic policy solves instance 1"):
        joint_power([Corridor("a", 1), Walled("b", 2)], 4)
