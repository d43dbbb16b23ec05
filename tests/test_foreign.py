"""Agents in Gymnasium environments whose bits are known in closed form."""

import json

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from scipy.stats import binomtest

import mesascope

A = 4


class Streak(gymnasium.Env):
    """`length` correct actions in a row, of `A` each; the first wrong one ends it. P(return >= k) = A^-k at random."""

    def __init__(self, length: int = 3, reward: float = 1.0):
        self.observation_space, self.action_space = spaces.Discrete(length + 1), spaces.Discrete(A)
        self.length, self.reward = length, reward

    def reset(self, *, seed=None, options=None):
        # a generator of its own: Gymnasium's takes most of the time of so small an environment
        self.right = [(7 * seed + 3 * i) % A for i in range(self.length)]
        self.place = 0
        return self.place, {}

    def step(self, action):
        good = action == self.right[self.place]
        self.place += 1
        return self.place, self.reward * good, not good or self.place == self.length, False, {}


class Forgetful(Streak):
    """Its dice do not depend on the seed."""

    resets = 0

    def reset(self, *, seed=None, options=None):
        self.resets += 1
        return super().reset(seed=seed + 1000 * self.resets + self.resets**2)


class Masked(Streak):
    """Allows two of its actions: the right one and the next."""

    def action_masks(self):
        right = self.right[self.place] if self.place < self.length else 0
        return np.isin(np.arange(A), [right, (right + 1) % A])


class Draw(gymnasium.Env):
    """One action from [-1, 1] is its own reward."""

    observation_space = spaces.Box(-1, 1, (1,))
    action_space = spaces.Box(-1.0, 1.0, (1,), np.float64)

    def reset(self, *, seed=None, options=None):
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.zeros(1, np.float32), float(action[0]), True, False, {}


def knowing(env, until: int = 1000):
    """Right for the first `until` steps, then wrong."""
    return lambda observation, key: np.eye(A)[(env.right[observation] + (observation >= until)) % A]


def uniform(observation, key):
    return np.full(A, 1 / A)


@pytest.mark.parametrize("right", [0, 1, 2, 3])
def test_plain_draws_agree_with_the_closed_form(right):
    env = Streak(3)
    found = mesascope.measure(env, knowing(env, right), episodes=2, draws=3000, method="monte-carlo")
    for row in found.rows:
        assert row.utility == right and row.outcomes == 1 and row.method == "monte-carlo"
        # four standard deviations of a share, carried through the logarithm
        assert row.bits == pytest.approx(2 * right, abs=4 * np.sqrt((A**right - 1) / 3000) / np.log(2))
        assert row.low <= row.bits <= row.high < row.low + 1
    # the reference's own bits: sum over k of P(k) * 2k, with P(k) = 4^-k 3/4 below the end
    null = sum(2 * k * (A**-k * 3 / 4 if k < 3 else A**-3) for k in range(4))
    assert found.summaries[0].null == pytest.approx(null, abs=0.06)


def test_splitting_reaches_thirty_bits():
    env = Streak(15)
    found = mesascope.measure(env, knowing(env), episodes=1, draws=100, particles=200, seed=5)
    (row,) = found.rows
    assert row.method == "splitting" and row.matched == 10
    assert row.low <= 30 <= row.high and row.high - row.low < 3
    assert row.bits == pytest.approx(30, abs=0.8)  # standard deviation 0.25: 45 levels of 3/200, over 10 replicates


def test_splitting_and_plain_draws_agree():
    env = Streak(3)
    (row,) = mesascope.measure(env, knowing(env), episodes=1, draws=10, method="splitting").rows
    assert row.method == "splitting" and row.low <= 6 <= row.high
    assert row.bits == pytest.approx(6, abs=0.4)


def test_best_of_n_scores_the_harmonic_number():
    generator = np.random.default_rng(0)

    def best_of_eight(observation, key):
        return [np.max(generator.uniform(-1, 1, 8))]

    found = mesascope.measure(Draw(), best_of_eight, episodes=1, draws=20_000, repeats=200, method="monte-carlo")
    expected = sum(1 / k for k in range(1, 9)) / np.log(2)
    assert found.rows[0].bits == pytest.approx(expected, abs=0.4)  # standard deviation 1.2 / ln 2 / sqrt(200) = 0.12
    assert found.rows[0].null == pytest.approx(1 / np.log(2), abs=0.01)


def test_random_play_scores_the_null():
    found = mesascope.measure(Streak(3), uniform, episodes=4, draws=1000, repeats=500)
    summary = found.summaries[0]
    assert summary.bits == pytest.approx(summary.null, abs=0.12)


def test_mid_ties_count_half_of_the_equals():
    env = Streak(2)
    (row,) = mesascope.measure(env, knowing(env), episodes=1, draws=4000, ties="mid").rows
    assert row.bits == pytest.approx(4 + 1, abs=0.3)  # none above: half of 1/16
    (row,) = mesascope.measure(env, knowing(env, 0), episodes=1, draws=4000, ties="mid").rows
    assert row.bits == pytest.approx(-np.log2((1 + 1 / 4) / 2), abs=0.05)


def test_what_the_reference_never_does_is_a_lower_bound():
    env = Streak(15)
    found = mesascope.measure(env, knowing(env), episodes=2, draws=100, method="monte-carlo")
    for row in found.rows:
        assert row.bits is None and row.low is None and row.high is None
        assert row.at_least == pytest.approx(-np.log2(1 - 0.025 ** (1 / 100)))
    summary = found.summaries[0]
    assert (summary.censored, summary.bits, summary.high, summary.quantile) == (2, None, None, None)
    assert ">=" in str(found) and "lower bound" in str(found)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["instances"][0]["bits"] is None


def test_an_uninformative_score_gives_a_bound_and_no_number():
    env = Streak(15)
    options = dict(episodes=1, draws=100, particles=20, score=lambda env: 0.0)
    (row,) = mesascope.measure(env, knowing(env), **options).rows
    assert row.bits is None and row.method == "monte-carlo"


def begun(env):
    """A score that every path reaches with its first step: splitting ends after its first generation."""
    return float(env.place > 0)


def test_where_splitting_reaches_nothing_all_independent_draws_give_the_bound():
    env = Streak(15)
    (row,) = mesascope.measure(env, knowing(env), episodes=1, draws=100, particles=20, score=begun).rows
    assert (row.bits, row.method, row.draws, row.matched) == (None, "monte-carlo", 300, 0)
    assert row.at_least == pytest.approx(-np.log2(1 - 0.025 ** (1 / 300)))


def test_hits_among_plain_draws_are_pooled_with_what_splitting_drew():
    env = Streak(4)
    options = dict(episodes=1, draws=500, particles=2, score=begun)
    found = mesascope.measure(env, knowing(env), **options)
    (row,) = found.rows
    limits = binomtest(row.matched, 520).proportion_ci(0.95, "exact")
    assert row.method == "monte-carlo" and row.draws == 520 and 0 < row.matched < 10
    assert row.bits == pytest.approx(-np.log2(row.matched / 520))
    assert (row.low, row.high) == pytest.approx((-np.log2(limits.high), -np.log2(limits.low)))
    assert "fewer than 10 reference episodes" in str(found)


def test_few_replicates_are_told():
    env = Streak(4)
    found = mesascope.measure(env, knowing(env), episodes=1, draws=100, particles=50, score=begun)
    (row,) = found.rows
    # a replicate of 50 independent draws reaches 1 in 256 with probability 0.18
    assert row.method == "splitting" and 0 < row.matched < 5
    hits = 2**-row.bits * 500
    assert hits == pytest.approx(round(hits)) and hits > row.matched - 0.5
    assert "fewer than 5 of the 10 replicates" in str(found)


class Costly(Streak):
    """Every step costs 1, and only right actions lead on: P(return >= -length) = A^-length at random."""

    def reset(self, *, seed=None, options=None):
        self.spent = 0
        return super().reset(seed=seed)

    def step(self, action):
        self.spent += 1
        self.place += action == self.right[self.place]
        return self.place, -1.0, self.place == self.length, False, {}


def test_a_score_that_only_falls_does_not_split():
    env = Costly(4)
    options = dict(episodes=2, draws=300, max_steps=20)
    found = mesascope.measure(env, knowing(env), **options)
    assert {row.method for row in found.rows} == {"monte-carlo"} and {row.draws for row in found.rows} == {300}
    assert "2 of 2 instances were not split" in str(found) and "give score(env)" in str(found)
    with pytest.raises(ValueError, match=r"cannot rise to the agent's utility; give `score\(env\)`"):
        mesascope.measure(env, knowing(env), **options, method="splitting")
    for row in mesascope.measure(env, knowing(env), **options, score=lambda env: env.place - 0.2 * env.spent).rows:
        assert row.method == "splitting" and row.low <= 8 <= row.high


def test_an_outcome_that_plain_draws_resolve_needs_no_score():
    env = Streak(3)
    found = mesascope.measure(env, knowing(env, 0), episodes=1, draws=50, method="splitting")
    assert found.rows[0].bits == 0 and found.rows[0].method == "monte-carlo" and "not split" in str(found)


def test_a_users_utility_and_score():
    env = Streak(10)
    options = dict(utility=lambda env, rewards: -abs(len(rewards) - 6), score=lambda env: env.place)
    (row,) = mesascope.measure(env, knowing(env, 5), episodes=1, draws=100, **options).rows
    assert row.utility == 0
    assert row.low <= -np.log2(4**-5 * 3 / 4) <= row.high  # exactly six steps: five right, one wrong


def test_thinking_is_paired_by_instance():
    env = Streak(3)

    def thinker(observation, key, thinking=0):
        return np.eye(A)[(env.right[observation] + (observation >= thinking)) % A]

    found = mesascope.measure(env, thinker, episodes=3, draws=2000, thinking=(1, 2, 3))
    least, one, two = found.summaries
    assert least.gain is None and [s.thinking for s in found.summaries] == [1, 2, 3]
    # four standard deviations of a mean over three instances, with 125 and 31 of 2000 draws expected
    assert one.gain == pytest.approx(2, abs=0.3) and two.gain == pytest.approx(4, abs=0.6)
    assert two.gain_low <= two.gain <= two.gain_high
    assert "gain of thinking 3" in str(found)


def test_masked_actions_are_left_out_of_the_reference():
    env = Masked(3)
    (row,) = mesascope.measure(env, knowing(env), episodes=1, draws=2000).rows
    assert row.low <= 3 <= row.high  # two legal actions a step


def test_the_same_seed_gives_the_same_numbers():
    one, two = (mesascope.measure(Streak(3), uniform, episodes=2, draws=50, seed=3).as_dict() for _ in range(2))
    assert one == two
    assert [row["instance"] for row in one["instances"]] == [3, 4]


def test_an_environment_that_cannot_be_replayed_is_found_out():
    env = Forgetful(3)
    found = mesascope.measure(env, knowing(env), episodes=1, draws=500)
    assert "not deterministic" in str(found) and "observation" not in found.notes[0]
    assert found.rows[0].outcomes == 10 and found.rows[0].low <= 6 <= found.rows[0].high
    with pytest.raises(ValueError, match="splitting needs an environment that can be replayed.*use method"):
        mesascope.measure(env, knowing(env), episodes=1, draws=500, method="splitting")


def test_a_reference_environment_must_be_the_same():
    env = Streak(3)
    found = mesascope.measure(env, knowing(env), episodes=1, draws=2000, reference_env=Streak(3))
    assert found.rows[0].low <= 6 <= found.rows[0].high

    class Paid(Streak):
        def step(self, action):
            place, reward, *others = super().step(action)
            return place, reward + 1, *others

    with pytest.raises(ValueError, match="reference_env: the reward after step"):
        mesascope.measure(env, knowing(env), episodes=1, reference_env=Paid(3))


BAD = {
    r"returned shape \(3,\); it should be \(4,\)": lambda o, k: np.full(3, 1 / 3),
    r"returned \[nan.*negative or nan.*softmax": lambda o, k: np.full(4, np.nan),
    r"negative or nan": lambda o, k: np.array([1.5, -0.5, 0, 0]),
    r"sum to 2, not 1; normalize": lambda o, k: np.full(4, 0.5),
    r"returned shape \(\)": lambda o, k: 2,
    r"returned 'left'.*array of numbers": lambda o, k: "left",
}


@pytest.mark.parametrize("message", BAD)
def test_bad_policies_are_named(message):
    policy = BAD[message]
    policy.__name__ = "culprit"
    with pytest.raises(ValueError, match="culprit: .*" + message):
        mesascope.measure(Streak(3), policy, episodes=1, draws=10)


def test_illegal_actions_are_named():
    env = Masked(3)
    with pytest.raises(ValueError, match=r"gives probability 0.25 to action \d, illegal here; set"):
        mesascope.measure(env, uniform, episodes=1, draws=10)
    with pytest.raises(ValueError, match=r"returned the illegal action .*Box.* does not contain it"):
        mesascope.measure(Draw(), lambda o, k: [3.0], episodes=1, draws=10)
    with pytest.raises(ValueError, match=r"diverged network returns nan"):
        mesascope.measure(Draw(), lambda o, k: [np.nan], episodes=1, draws=10)
    with pytest.raises(ValueError, match=r"action of shape \(2,\)"):
        mesascope.measure(Draw(), lambda o, k: [0.0, 0.0], episodes=1, draws=10)


def test_equal_utilities_are_refused():
    with pytest.raises(ValueError, match="utility 0; with fewer than two distinct utilities.*give another utility"):
        mesascope.measure(Streak(3, reward=0.0), uniform, episodes=2, draws=10)


def test_bad_environments_are_named():
    class Broken(Streak):
        def step(self, action):
            return *super().step(action)[:1], float("nan"), True, False, {}

    class Endless(Streak):
        def step(self, action):
            return 0, 0.0, False, False, {}

    with pytest.raises(ValueError, match="Broken: reward nan of seed 0 after step 1 is not a finite number"):
        mesascope.measure(Broken(3), uniform, episodes=1, draws=10)
    with pytest.raises(ValueError, match="Endless: .*did not end within 10000 steps; cut episodes by max_steps"):
        mesascope.measure(Endless(3), uniform, episodes=1, draws=10)
    with pytest.raises(ValueError, match="score None of seed 0 after step 0 is not a finite number"):
        mesascope.measure(Streak(3), uniform, episodes=1, draws=10, score=lambda env: None)

    class Unbounded(Draw):
        action_space = spaces.Box(-np.inf, np.inf, (1,), np.float64)

    with pytest.raises(ValueError, match="bounded Box spaces; wrap the environment"):
        mesascope.measure(Unbounded(), lambda o, k: [0.0], episodes=1)


REFUSED = {
    "takes no keyword `thinking`": dict(thinking=(1, 2)),
    "thinking=.*distinct": dict(thinking=(1, 1)),
    r"episodes=0\): at least 1": dict(episodes=0),
    r"draws=0\): at least 1": dict(draws=0),
    r"seed=-1\): at least 0": dict(seed=-1),
    "choose one of auto": dict(method="magic"),
    "max_steps=0": dict(max_steps=0),
    "is no option of an environment; known: episodes": dict(epsiodes=3),
    "given: env and table": dict(table="t.csv"),
    "others are for tables": dict(reference="me"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_bad_settings_are_refused(message):
    with pytest.raises(ValueError, match=message):
        mesascope.measure(Streak(3), uniform, **REFUSED[message])


def test_nothing_and_half_of_something_are_refused():
    with pytest.raises(ValueError, match="given: none"):
        mesascope.measure()
    with pytest.raises(ValueError, match="needs a policy"):
        mesascope.measure(Streak(3))
    with pytest.raises(ValueError, match=r"ignorant: raised KeyError \('image'\) on an observation of shape \(\)"):

        def ignorant(observation, key):
            return {}["image"]

        mesascope.measure(Streak(3), ignorant, episodes=1)
    with pytest.raises(ValueError, match="is no policy; give a callable"):
        mesascope.measure(Streak(3), 5)
    with pytest.raises(ValueError, match="is no Gymnasium environment"):
        mesascope.measure(5, uniform)


# MiniGrid's empty room of 3x3 cells: turn left, turn right, go ahead, and four actions that do nothing
def empty_room(moves: int) -> float:
    """P(random actions go from the corner, facing east, to the opposite corner within `moves`), by hand."""
    chances, arrived = {(0, 0, 0): 1.0}, 0.0
    for _ in range(moves):
        following = {}
        for (x, y, d), chance in chances.items():
            dx, dy = ((1, 0), (0, 1), (-1, 0), (0, -1))[d]
            ahead = (min(max(x + dx, 0), 2), min(max(y + dy, 0), 2), d)
            for there in [(x, y, (d - 1) % 4), (x, y, (d + 1) % 4), ahead] + [(x, y, d)] * 4:
                if there[:2] == (2, 2):
                    arrived += chance / 7
                else:
                    following[there] = following.get(there, 0.0) + chance / 7
        chances = following
    return arrived


def test_a_minigrid_environment_by_hand():
    script = [2, 0, 1, 2, 0, 1, 0, 1, 0, 1, 0, 1, 1, 2, 2]
    played = []

    def scripted(observation, key):
        played.append(None)
        return np.eye(7)[script[(len(played) - 1) % len(script)]]

    found = mesascope.measure("MiniGrid-Empty-5x5-v0", scripted, episodes=1, draws=2500, max_steps=len(script))
    (row,) = found.rows
    assert row.utility == pytest.approx(1 - 0.9 * len(script) / 100) and row.method == "monte-carlo"
    assert row.low <= -np.log2(empty_room(len(script))) <= row.high
