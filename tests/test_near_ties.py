"""Utilities that differ by rounding only are tied, and limits are the user's or Gymnasium's own: known answers."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import mesascope


class Room(gymnasium.Env):
    """5 x 5 cells. The reward is the share of the distance gained, in float32: all ways to the goal return the same."""

    observation_space = spaces.Box(0, 4, (2,), np.float32)
    action_space = spaces.Discrete(4)

    def __init__(self, plain: bool = False):
        self.plain = plain

    def distance(self):
        return np.float32(0 if (self.x, self.y) == (4, 4) else np.hypot(4.3 - self.x, 3.7 - self.y))

    def view(self):
        return np.array([self.x, self.y], np.float32)

    def reset(self, *, seed=None, options=None):
        self.x = self.y = self.moves = 0
        return self.view(), {}

    def step(self, action):
        before = self.distance()
        right, down = ((1, 0), (0, 1), (-1, 0), (0, -1))[int(action)]
        self.x, self.y = min(4, max(0, self.x + right)), min(4, max(0, self.y + down))
        self.moves += 1
        reward = (before - self.distance()) / np.float32(7)
        ended = (self.x, self.y) == (4, 4)
        return self.view(), float(reward) if self.plain else reward, ended, self.moves == 40, {}


WAYS = {
    "right": lambda o: 0 if o[0] < 4 else 1,
    "down": lambda o: 1 if o[1] < 4 else 0,
    "zigzag": lambda o: 0 if o[0] <= o[1] else 1,
}
BITS = -np.log2(0.233)
"""By 20,000 random walks of 40 steps that were simulated apart: 23.3% reach the corner (standard error 0.3%)."""


def measured(env, way, **options):
    def policy(observation, key):
        return np.eye(4)[WAYS[way](observation)]

    return mesascope.measure(env, policy, episodes=1, method="monte-carlo", **({"draws": 800} | options))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("plain", [False, True])
def test_rounding_of_single_precision_ranks_nothing(way, plain):
    found = measured(Room(plain), way)
    (row,) = found.rows
    assert row.low < BITS < row.high and row.bits == pytest.approx(BITS, abs=0.3)
    assert row.near > 0 and 1e-8 < row.tolerance < 1e-4
    assert any("rounding" in note and "tied" in note for note in found.notes)
    assert found.as_dict()["instances"][0]["tolerance"] == row.tolerance


def test_a_discounted_sum_of_single_precision_is_tied_too():
    (row,) = measured(Room(), "zigzag", utility=lambda env, rewards: sum(rewards) * (1 / 3)).rows
    assert row.low < BITS < row.high


def test_a_tolerance_of_ones_own_ranks_what_it_is_told_to():
    exact, wide = (measured(Room(), "right", tolerance=tolerance) for tolerance in (0.0, 0.5))
    assert exact.rows[0].bits > BITS + 1 and exact.rows[0].near == 0
    assert wide.rows[0].bits < BITS - 0.2 and wide.rows[0].near > 0
    with pytest.raises(ValueError, match=r"measure\(tolerance=-1\): at least 0"):
        measured(Room(), "right", tolerance=-1)


class Lots(gymnasium.Env):
    """The reward is drawn from `values` by the action, of which the agent's is the best."""

    observation_space = spaces.Discrete(1)

    def __init__(self, values):
        self.values = values
        self.action_space = spaces.Discrete(len(values))

    def reset(self, *, seed=None, options=None):
        return 0, {}

    def step(self, action):
        return 0, self.values[action], True, False, {}


def lots(values, **options):
    env = Lots(values)
    options = {"episodes": 1, "draws": 400, "method": "monte-carlo"} | options
    return mesascope.measure(env, lambda observation, key: np.eye(len(values))[0], **options)


DISTINCT = {
    "whole numbers of any size": [100_000_001.0, 100_000_000.0, 99_999_999.0, 0.0],
    "fractions that are exact": [1.0 + 2**-15, 1.0, 0.5, 0.25],
    "doubles that differ in the ninth digit": [1.1 + 1e-9, 1.1, 0.3, 0.2],
}


@pytest.mark.parametrize("what", DISTINCT)
def test_differences_that_are_no_rounding_are_kept(what):
    found = lots(DISTINCT[what])
    assert found.rows[0].bits == pytest.approx(2, abs=0.4) and found.rows[0].near == 0
    assert not any("rounding" in note for note in found.notes)


def test_rounding_of_doubles_and_of_halves_is_tied_as_well():
    for values in ([0.1 + 0.2, 0.3, 0.0, 0.05], [np.float16(0.1), np.nextafter(np.float16(0.1), np.float16(0)), 0, 0]):
        assert lots(values).rows[0].bits == pytest.approx(1, abs=0.3)


def test_only_near_ties_are_nothing_to_measure():
    with pytest.raises(ValueError, match="fewer than two distinct utilities"):
        lots([0.1 + 0.2, 0.3, 0.3])


def test_mid_ties_take_near_ones_for_equal():
    assert lots([0.1 + 0.2, 0.3, 0.0, 0.0], ties="mid").rows[0].bits == pytest.approx(2, abs=0.4)


def rows_of(mine, *reference):
    return "instance,policy,utility\n" + "".join(f"1,random,{u}\n" for u in reference) + f"1,mine,{mine}\n"


def test_near_ties_of_a_table(tmp_path):
    def row(*values):
        path = tmp_path / "t.csv"
        path.write_text(rows_of(*values), encoding="utf-8")
        return mesascope.measure(table=path)

    single = row("0.8103904", "0.81039035", "0.8103903", "0.2", "0.1")
    assert single.rows[0].bits == 1 and single.rows[0].matched == 2 and single.rows[0].near == 2
    assert any("rounding" in note for note in single.notes)
    double = row("0.30000000000000004", "0.3", "0.1", "0.1", "0.1")
    assert double.rows[0].bits == 2
    fine = row("0.123456789012", "0.123456788012", "0.123456789012", "0.1", "0.1")
    assert fine.rows[0].bits == 2 and fine.rows[0].near == 0
    whole = row("100000001", "100000000", "100000001", "3", "4")
    assert whole.rows[0].bits == 2 and whole.rows[0].tolerance == 0


class Late(gymnasium.Env):
    """Truncates when the number of steps exceeds max_steps: it has 6 steps, and pays on the last."""

    observation_space = spaces.Box(0, 9, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, max_steps=5):
        self.max_steps = max_steps

    def reset(self, *, seed=None, options=None):
        self.steps = self.ones = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.steps += 1
        self.ones += int(action)
        over = self.steps > min(5, self.max_steps)
        reward = (10.0 if self.ones == 6 else -1.0) if over else 0.1 * action
        return np.zeros(1, np.float32), reward, False, over, {}


@pytest.mark.parametrize("max_steps", [5, 10**12])
@pytest.mark.parametrize("method", ["monte-carlo", "splitting"])
def test_an_attribute_named_max_steps_cuts_nothing(max_steps, method):
    options = dict(episodes=1, draws=1500, particles=40, method=method)
    if method == "splitting":
        options["score"] = lambda env: env.ones
    (row,) = mesascope.measure(Late(max_steps), lambda o, k: [0, 1], **options).rows
    assert row.utility == pytest.approx(10.5) and row.low < 6 < row.high


def test_only_the_users_limit_and_gymnasiums_wrapper_cut():
    def one(observation, key):
        return [0, 1]

    options = dict(episodes=1, draws=200, method="monte-carlo")
    wrapped = gymnasium.wrappers.TimeLimit(Late(), 3)
    assert mesascope.measure(wrapped, one, **options).rows[0].utility == pytest.approx(0.3)
    assert mesascope.measure(Late(), one, max_steps=4, **options).rows[0].utility == pytest.approx(0.4)
    assert mesascope.measure(Late(), one, max_steps=10**12, **options).rows[0].utility == pytest.approx(10.5)


def test_splitting_reserves_what_was_played(right=5):
    options = dict(episodes=1, draws=50, particles=20, method="splitting", score=lambda env: env.ones)
    (row,) = mesascope.measure(Late(), lambda o, k: [0, 1], max_steps=10**12, **options).rows
    assert row.utility == pytest.approx(10.5)
