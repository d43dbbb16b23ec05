"""Policies that remember: told of each episode, handed their state, or noted."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import mesascope

OPTIONS = dict(episodes=8, draws=100, method="monte-carlo")


class Cue(gymnasium.Env):
    """A cue, +1 or -1, is shown once; two steps later it is to be given back. Reward 1 if it is."""

    observation_space = spaces.Box(-1, 1, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.cue, self.steps = int(self.np_random.integers(2)), 0
        return np.array([2 * self.cue - 1, 0], np.float32), {}

    def step(self, action):
        self.steps += 1
        end = self.steps == 3
        return np.array([0, self.steps / 3], np.float32), float(end and action == self.cue), end, False, {}


def chosen(state):
    return np.eye(2)[int(state > 0)]


class Contrib:
    """The protocol of sb3-contrib: shapes as its RecurrentPPO needs them."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        assert deterministic and episode_start.shape == (1,) and (state is None) == bool(episode_start[0])
        state = observation[0] if episode_start[0] else state
        return np.int64(state > 0), state


class Passing:
    """Hands on whatever it is given."""

    def predict(self, *args, **options):
        return Contrib().predict(*args, **options)


class Undecided:
    """Has no `deterministic`."""

    def predict(self, observation, state=None):
        state = observation[0] if state is None else state
        return np.int64(state > 0), state


class Keeper:
    """Keeps the first cue since it was reset."""

    state = None

    def __call__(self, observation, key):
        self.state = observation[0] if self.state is None else self.state
        return chosen(self.state)

    def act(self, observation, key):
        return self(observation, key)


class Reset(Keeper):
    def reset(self, options=None):
        self.state = None


class ResetPredictor(Reset):
    def predict(self, observation, deterministic=True):
        return int(np.argmax(self(observation, None))), None


def carrying(observation, key, state=None):
    state = observation[0] if state is None else state
    return chosen(state), state


def required(observation, key, *, hidden, episode_start):
    state = observation[0] if episode_start else hidden
    return chosen(state), state


REMEMBER = {
    "contrib": Contrib(),
    "any keyword": Passing(),
    "no deterministic": Undecided(),
    "reset": Reset(),
    "method of what has a reset": Reset().act,
    "reset beside predict": ResetPredictor(),
    "state of a callable": carrying,
    "state and beginning": required,
}


@pytest.mark.parametrize("name", REMEMBER)
def test_what_remembers_earns_what_it_earns_elsewhere(name):
    found = mesascope.measure(Cue(), REMEMBER[name], **OPTIONS)
    assert found.summaries[0].utility == 1
    assert not any("played again" in note for note in found.notes)


@pytest.mark.parametrize("name", REMEMBER)
def test_wiped_of_its_memory_it_gives_one_answer(name):
    env = Cue()
    found = mesascope.measure(env, REMEMBER[name], **OPTIONS, wipe_memory=True)
    # without the cue the last observation is 0, and all of them answer 0
    cues = [env.reset(seed=seed)[0][0] for seed in range(8)]
    assert found.summaries[0].utility == np.mean(np.array(cues) < 0)
    assert found.rows[0].policy.endswith("(memory wiped)")


@pytest.mark.parametrize("policy", [Keeper(), Keeper().act])
def test_what_remembers_in_secret_is_told(policy):
    # first shown the cue of another episode, it is wrong at once
    env = Cue()
    seeds = [seed for seed in range(9) if env.reset(seed=seed)[0][0] != env.reset(seed=seed + 1)[0][0]]

    class Secret:
        last = 0.0

        def __call__(self, observation, key):
            chances = chosen(self.last)
            self.last = observation[0] or self.last
            return chances

    found = mesascope.measure(env, Secret(), **OPTIONS | {"episodes": 3}, seed=seeds[0])
    assert any("remembers earlier episodes, and has no reset()" in note for note in found.notes)
    with pytest.raises(ValueError, match="no memory to wipe; leave out wipe_memory"):
        mesascope.measure(env, policy, **OPTIONS, wipe_memory=True)


def test_what_does_not_remember_is_not_suspected():
    def constant(observation, key, h=3):
        return [0.25, 0.75]

    found = mesascope.measure(Cue(), constant, **OPTIONS)
    assert not any("played again" in note for note in found.notes)


def test_a_predict_of_batches_is_refused():
    class Bare:
        def predict(self, observations):
            return np.zeros(len(observations), int)

    with pytest.raises(ValueError, match=r"Bare: its predict takes \(observations\) only.*Give a callable"):
        mesascope.measure(Cue(), Bare(), **OPTIONS)


def test_an_error_within_predict_names_the_culprit():
    class Faulty:
        def predict(self, observation, deterministic=True):
            raise KeyError("weights")

    with pytest.raises(ValueError, match=r"Faulty: predict raised KeyError \('weights'\).*env.reset"):
        mesascope.measure(Cue(), Faulty(), **OPTIONS)
