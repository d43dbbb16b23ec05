"""PyTorch modules: their memory, their modes, and what their answers mean."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import mesascope

torch = pytest.importorskip("torch")

torch.set_num_threads(1)

OPTIONS = dict(episodes=8, draws=100, method="monte-carlo")


class Cue(gymnasium.Env):
    """A cue, +1 or -1, is shown once; two steps later it is to be given back. Reward 1 if it is."""

    observation_space = spaces.Box(-1, 1, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.cue, self.steps = int(self.np_random.integers(2)), 0
        return np.array([2 * self.cue - 1], np.float32), {}

    def step(self, action):
        self.steps += 1
        end = self.steps == 3
        return np.zeros(1, np.float32), float(end and action == self.cue), end, False, {}


class Sums(torch.nn.Module):
    """Adds up what it sees; a state of a batch of one."""

    def forward(self, observation, hidden=None):
        hidden = observation if hidden is None else hidden + observation
        return torch.cat([-50 * hidden, 50 * hidden], -1), hidden


class Buffered(torch.nn.Module):
    """Keeps its sum in a buffer until it is reset."""

    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(1, 1))

    def reset(self):
        self.total.zero_()

    def forward(self, observation):
        self.total += observation
        return torch.cat([-50 * self.total, 50 * self.total], -1)


@pytest.mark.parametrize("kind", [Sums, Buffered])
def test_modules_remember_within_an_episode(kind):
    found = mesascope.measure(Cue(), kind(), **OPTIONS)
    assert found.summaries[0].utility == 1
    assert not any("played again" in note for note in found.notes)


def test_a_reset_of_weights_is_refused_and_undone():
    class Fresh(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 2)

        def reset(self):
            self.layer.reset_parameters()

        def forward(self, observation):
            return self.layer(observation)

    module = Fresh()
    before = module.layer.weight.detach().clone()
    with pytest.raises(ValueError, match="Fresh: its reset.. changes the weights .layer.weight.*rename it"):
        mesascope.measure(Cue(), module, **OPTIONS)
    assert module.layer.weight.equal(before)


def test_parts_keep_their_own_modes():
    module = torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)).train()
    module[1].eval()
    mesascope.measure(Cue(), module, **OPTIONS)
    assert [part.training for part in module.modules()] == [True, True, False, True]
