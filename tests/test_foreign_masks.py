"""Masks of legal actions, wherever environments keep them."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import mesascope

DRAWS = 4000
OPTIONS = dict(episodes=1, draws=DRAWS, method="monte-carlo")


class Lock(gymnasium.Env):
    """Three right actions in a row. Of four actions two are legal at each step, the right one among them."""

    observation_space = spaces.Box(0, 9, (1,), np.float32)
    action_space = spaces.Discrete(4)

    def legal(self):
        return np.isin(np.arange(4), [self.place % 4, (self.place + 1) % 4])

    def view(self):
        return np.array([self.place], np.float32)

    def facts(self):
        return {}

    def reset(self, *, seed=None, options=None):
        self.place = 0
        return self.view(), self.facts()

    def step(self, action):
        good = bool(np.all(action == self.place % 4))
        self.place += 1
        return self.view(), float(good), not good or self.place == 3, False, self.facts()


class Inside(Lock):
    observation_space = spaces.Dict(observation=Lock.observation_space, action_mask=spaces.MultiBinary(4))

    def view(self):
        return {"observation": super().view(), "action_mask": self.legal().astype(np.int8)}


class Told(Lock):
    def facts(self):
        return {"action_mask": self.legal()}


class Method(Lock):
    def action_masks(self):
        return self.legal()


class Property(Lock):
    @property
    def action_mask(self):
        return self.legal()


class Named(Lock):
    def facts(self):
        return {"avail_actions": self.legal()}


def right(observation, key):
    seen = observation["observation"] if isinstance(observation, dict) else observation
    return np.eye(4)[int(seen[0]) % 4]


def near(bits):
    # four standard deviations of a share, carried through the logarithm
    return pytest.approx(bits, abs=4 * np.sqrt((2**bits - 1) / DRAWS) / np.log(2))


@pytest.mark.parametrize("env, mask", [(Inside, "auto"), (Told, "auto"), (Method, "auto"), (Property, "auto"),
                                       (Inside, "observation"), (Told, "info"), (Method, "attribute"),
                                       (Named, "avail_actions"), (Method, "legal")])  # fmt: skip
def test_masks_are_found(env, mask):
    found = mesascope.measure(env(), right, **OPTIONS, mask=mask)
    assert found.summaries[0].bits == near(3)
    assert any("uniform over the legal ones, as read from" in note for note in found.notes)


@pytest.mark.parametrize("env", [Inside, Told, Method])
def test_a_mask_that_is_advice_is_left_out(env):
    uniform = mesascope.measure(env(), lambda observation, key: np.full(4, 1 / 4), **OPTIONS, mask="none")
    assert not any("legal ones" in note for note in uniform.notes)
    assert mesascope.measure(env(), right, **OPTIONS, mask="none").summaries[0].bits == near(6)


def test_a_mask_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="Lock: mask='info' finds no mask"):
        mesascope.measure(Lock(), right, **OPTIONS, mask="info")


def test_predict_is_handed_the_mask():
    class Model:
        worth = np.array([0.3, 0.2, 0.1, 0.9])

        def predict(self, observation, state=None, episode_start=None, deterministic=True, action_masks=None):
            return np.int64(np.argmax(np.where(action_masks, self.worth, -1))), None

    found = mesascope.measure(Method(), Model(), **OPTIONS)
    assert found.summaries[0].utility == 2 and found.summaries[0].bits == near(2)


class Parts(Lock):
    """Two parts of the action, each of them right."""

    action_space = spaces.MultiDiscrete([4, 4])

    def facts(self):
        return {"action_mask": np.concatenate([self.legal(), self.legal()])}


class Bits(Lock):
    """Three bits; the first of them must be 0."""

    action_space = spaces.MultiBinary(3)

    def facts(self):
        return {"action_mask": np.array([1, 0, 1, 1, 1, 1])}

    def step(self, action):
        assert action[0] == 0
        _, _, _, *others = super().step(action)
        return self.view(), float(np.sum(action)), True, *others


def test_masks_of_parts():
    found = mesascope.measure(Parts(), lambda observation, key: [observation[0]] * 2, **OPTIONS)
    assert found.summaries[0].bits == near(6)
    with pytest.raises(ValueError, match="which is illegal here; respect the action mask"):
        mesascope.measure(Parts(), lambda observation, key: [0, 3], **OPTIONS)
    assert mesascope.measure(Bits(), lambda observation, key: [0, 1, 1], **OPTIONS).summaries[0].bits == near(2)


def test_a_mask_of_another_size_is_named():
    class Wrong(Lock):
        def facts(self):
            return {"action_mask": np.ones(5, bool)}

    with pytest.raises(ValueError, match=r"5 entries for Discrete\(4\), not 4; mend it"):
        mesascope.measure(Wrong(), right, **OPTIONS)
