"""Environments and agents that change what they are given, throw global dice, or cannot be copied."""

import random

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import mesascope


class Push(gymnasium.Env):
    """Eight pushes of at most 0.5 each; the reward is the push."""

    observation_space = spaces.Box(-9, 9, (1,), np.float32)
    action_space = spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        action *= 0.5  # scaled in place
        self.steps += 1
        return np.array([self.steps], np.float32), float(action[0]), self.steps == 8, False, {}


def test_an_action_that_is_scaled_in_place_is_replayed():
    found = mesascope.measure(
        Push(), lambda observation, key: np.array([0.8], np.float32), episodes=1, draws=200, particles=100
    )
    (row,) = found.rows
    assert row.method == "splitting" and not any("not deterministic" in note for note in found.notes)
    # 8 uniform numbers on [-1, 1] sum to 6.4 or more with probability 0.8^8 / 8!
    assert row.low <= np.log2(40320 / 0.8**8) <= row.high


class Guess(gymnasium.Env):
    """Four guesses of what `thrown` gives; the reward is their number."""

    observation_space, action_space = spaces.Box(0, 9, (1,), np.float64), spaces.Discrete(2)

    def __init__(self, thrown):
        self.thrown, self.screen = thrown, np.zeros(1)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        self.screen[:] = self.thrown(self)
        # the same array at each step
        return self.screen, {}

    def step(self, action):
        good = action == self.screen[0]
        self.steps += 1
        self.screen[:] = self.thrown(self)
        return self.screen, float(good), self.steps == 4, False, {}


THROWN = {
    "NumPy": lambda env: np.random.randint(2),
    "Python": lambda env: random.randrange(2),
    "its own": lambda env: env.np_random.integers(2),
}


def right(observation, key):
    return np.eye(2)[int(observation[0])]


@pytest.mark.parametrize("name", THROWN)
def test_global_dice_depend_on_the_seed(name):
    options = dict(episodes=3, draws=1000)
    one, two = (mesascope.measure(Guess(THROWN[name]), right, **options) for _ in range(2))
    assert one.as_dict() == two.as_dict() and not any("not deterministic" in note for note in one.notes)
    assert one.summaries[0].utility == 4
    # four standard deviations of a share of 1/16, carried through the logarithm
    assert [row.bits for row in one.rows] == pytest.approx([4] * 3, abs=4 * np.sqrt(15 / 1000) / np.log(2))


def shown(env, rewards):
    return env.screen[0]


def test_an_observation_in_one_array_is_compared_by_its_values():
    unseeded = np.random.default_rng()
    env = Guess(lambda env: unseeded.random())
    found = mesascope.measure(env, lambda observation, key: [0.5, 0.5], episodes=1, draws=50, utility=shown)
    assert "the observation after step 0 differed when seed 0 was replayed in the same" in found.notes[0]


DRAWING = {
    "NumPy": lambda env: np.random.randint(2),
    "Python": lambda env: random.randrange(2),
    "the space": lambda env: env.action_space.sample(),
}


@pytest.mark.parametrize("name", DRAWING)
def test_an_agent_with_global_dice_throws_them_anew_in_each_episode_and_not_those_of_nature(name):
    env = Guess(THROWN["NumPy"])
    options = dict(episodes=2, draws=100, repeats=100, method="monte-carlo")
    policy = lambda observation, key: np.eye(2)[DRAWING[name](env)]  # noqa: E731
    one, two = (mesascope.measure(env, policy, **options) for _ in range(2))
    assert one.as_dict() == two.as_dict()
    assert not any("played again" in note for note in one.notes)
    # four standard deviations of a mean of 200 sums of four fair bits
    assert one.summaries[0].utility == pytest.approx(2, abs=4 / np.sqrt(200))


def test_the_users_dice_are_as_they_were():
    random.seed(3), np.random.seed(3)
    before = random.getstate(), np.random.get_state()[1].tolist(), np.random.get_state()[2]
    mesascope.measure(Guess(THROWN["NumPy"]), right, episodes=1, draws=20)
    assert before == (random.getstate(), np.random.get_state()[1].tolist(), np.random.get_state()[2])


def test_an_agent_that_writes_into_its_observation_changes_nothing_else():
    def writing(observation, key):
        chances = right(observation, key)
        observation[:] = 1 - observation
        return chances

    found = mesascope.measure(Guess(THROWN["its own"]), writing, episodes=2, draws=50, method="monte-carlo")
    assert found.summaries[0].utility == 4


class Uncopied(Guess):
    error: Exception

    def __deepcopy__(self, memo):
        raise self.error


class Broken(Guess):
    """Its copy is there, and cannot be used."""

    def __deepcopy__(self, memo):
        return Guess.__new__(Guess)


ERRORS = [RuntimeError("no leaf"), ValueError("closed"), AttributeError("gone"), OSError("socket"), KeyError("k")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_copying_raises_there_is_no_second_copy(error):
    env = Uncopied(THROWN["its own"])
    env.error = error
    found = mesascope.measure(env, right, episodes=1, draws=50, method="monte-carlo")
    assert found.summaries[0].utility == 4 and not any("not deterministic" in note for note in found.notes)


def test_a_copy_that_is_broken_is_none():
    found = mesascope.measure(Broken(THROWN["its own"]), right, episodes=1, draws=50, method="monte-carlo")
    assert found.summaries[0].utility == 4


class Holder:
    """Compares itself by identity."""

    def __init__(self, value):
        self.value = value


@pytest.mark.parametrize("kind", ["object", "array of objects"])
@pytest.mark.parametrize("own", [True, False])
def test_observations_of_objects_are_compared_by_what_they_hold(kind, own):
    unseeded = np.random.default_rng()

    class Shows(Guess):
        def reset(self, *, seed=None, options=None):
            _, info = super().reset(seed=seed)
            return self.shown(), info

        def step(self, action):
            _, *others = super().step(action)
            return self.shown(), *others

        def shown(self):
            value = self.steps if own else unseeded.random()
            return Holder(value) if kind == "object" else np.array([Holder(value), None], object)

    found = mesascope.measure(
        Shows(THROWN["its own"]), lambda observation, key: [0.5, 0.5], episodes=1, draws=50, method="monte-carlo"
    )
    assert any("not deterministic" in note for note in found.notes) is not own
