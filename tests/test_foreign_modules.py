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


class Sum(gymnasium.Env):
    """Three steps; the reward is the sum of the action."""

    observation_space = spaces.Box(-1, 1, (2,), np.float32)

    def __init__(self, action_space, observation=np.zeros(2, np.float32)):
        self.action_space, self.observation = action_space, observation

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return self.observation, {}

    def step(self, action):
        self.steps += 1
        return self.observation, float(np.sum(action)), self.steps == 3, False, {}


class Constant(torch.nn.Module):
    def __init__(self, answer, dtype=torch.float32):
        super().__init__()
        self.answer = torch.nn.Parameter(torch.tensor([answer], dtype=dtype), requires_grad=dtype.is_floating_point)

    def forward(self, observation):
        return self.answer


SHORT = dict(episodes=1, draws=40, method="monte-carlo")
BITS, PARTS, TWO = spaces.MultiBinary(3), spaces.MultiDiscrete([3, 2]), spaces.Discrete(2)
INF = float("inf")

SURE = {
    "a logit a bit": (BITS, [99.0, 99.0, -99.0], 6),
    "bits as integers": (BITS, [1, 0, 1], 6),
    "logits of all parts": (PARTS, [0.0, 0.0, 99.0, 0.0, 99.0], 9),
    "parts as integers": (PARTS, [2, 1], 9),
    "parts as whole floats": (PARTS, [2.0, 0.0], 6),
    "an action as an integer": (TWO, 1, 3),
    "a ruled out action": (TWO, [-INF, 0.1], 3),
    "a dimension of one": (TWO, [[-99.0, 99.0]], 3),
    "an integer box": (spaces.Box(0, 9, (1,), np.int64), [4.0], 12),
}


@pytest.mark.parametrize("name", SURE)
def test_answers_that_leave_no_choice(name):
    space, answer, utility = SURE[name]
    module = Constant(answer, torch.tensor(answer).dtype)
    assert mesascope.measure(Sum(space), module, **SHORT).summaries[0].utility == utility


GREEDY = {
    "Q-values": (TWO, [9.5, 9.9], 3),
    "bits": (BITS, [0.9, 0.8, -0.5], 6),
    "parts": (PARTS, [0.1, 0.2, 0.3, 0.1, 0.0], 6),
}


@pytest.mark.parametrize("name", GREEDY)
def test_the_best_action_is_taken_on_demand(name):
    space, answer, utility = GREEDY[name]
    found = mesascope.measure(Sum(space), Constant(answer), **SHORT, greedy=True)
    assert found.summaries[0].utility == utility and found.rows[0].outcomes == 1


def test_logits_are_chances():
    sigmoid = 1 / (1 + np.exp(-np.array([0.9, 0.8, -0.5])))
    found = mesascope.measure(Sum(BITS), Constant([0.9, 0.8, -0.5]), **SHORT, repeats=400)
    # four standard deviations of a mean of 400 sums of three steps
    assert found.summaries[0].utility == pytest.approx(
        3 * np.sum(sigmoid), abs=4 * np.sqrt(3 * np.sum(sigmoid * (1 - sigmoid)) / 400)
    )


REFUSED = {
    "whole numbers; round them": (PARTS, [0.9, 1.7]),
    "may be an action or logits": (BITS, [1.0, 0.0, 1.0]),
    r"logits of shape \(1, 3\), one for each bit": (BITS, [0.9, 0.8]),
    "rule out every legal action": (TWO, [-INF, -INF]),
    r"\[0.1 inf\].*finite logits of shape \(1, 2\)": (TWO, [0.1, INF]),
    "takes whole numbers": (spaces.Box(0, 9, (1,), np.int64), [4.5]),
}


@pytest.mark.parametrize("message", REFUSED)
def test_answers_that_mean_nothing_are_refused(message):
    space, answer = REFUSED[message]
    with pytest.raises(ValueError, match="Constant: .*" + message):
        mesascope.measure(Sum(space), Constant(answer), **SHORT)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_other_floating_point_numbers(dtype):
    module = torch.nn.Linear(2, 2)
    with torch.no_grad():
        module.bias.copy_(torch.tensor([-99.0, 99.0]))
    assert mesascope.measure(Sum(TWO), module.to(dtype), **SHORT).summaries[0].utility == 3


def test_a_callable_may_return_a_tensor_with_a_gradient():
    weight = torch.nn.Parameter(torch.tensor([0.0, 1.0], dtype=torch.bfloat16))
    assert mesascope.measure(Sum(TWO), lambda observation, key: weight * 1, **SHORT).summaries[0].utility == 3


@pytest.mark.parametrize("observation", [3, np.array(3, np.uint8)])
def test_embeddings_are_given_integers(observation):
    module = torch.nn.Embedding(5, 2)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[99.0, -99.0]] * 3 + [[-99.0, 99.0]] + [[99.0, -99.0]]))
    assert mesascope.measure(Sum(TWO, observation), module, **SHORT).summaries[0].utility == 3


def test_drawn_and_best_exclude_each_other():
    with pytest.raises(ValueError, match="drawn or the best; choose one"):
        mesascope.measure(Sum(TWO), Constant([0.0, 1.0]), **SHORT, greedy=True, sample=True)
