"""An environment whose episodes begin from a seed and may follow given actions."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from ._ties import Rounding, coarseness, num_digits

MAX_STEPS = 10_000
"""Steps after which an episode counts as endless, unless Gymnasium's own wrapper ends it later."""

ALLOWED = 1e-6
"""Probability that a policy may leave on actions that are masked out."""


@dataclasses.dataclass(frozen=True)
class Episode:
    """One episode.

    Fields:
        actions: those taken.
        rewards: one for each action.
        scores: of the splitting score after the reset and after each action.
        utility: of the whole.
        sure: whether the policy left nothing to chance.
        rounding: of its utility.
    """

    actions: tuple
    rewards: tuple[float, ...]
    scores: tuple[float, ...]
    utility: float
    sure: bool
    rounding: Rounding


Choose = Callable[[object, np.ndarray | None, int], tuple[object, bool]]
"""(observation, mask of legal actions, step) -> action, and whether it was sure."""


class World:
    """A Gymnasium environment with a utility and a score.

    Args:
        env: the environment.
        utility: `utility(env, rewards) -> number` after the last step; the return unless given.
        score: `score(env) -> number` after the reset and every step; the return so far unless given.
        max_steps: episodes are cut there; they end by themselves unless given.
    """

    def __init__(
        self, env, utility: Callable | None = None, score: Callable | None = None, max_steps: int | None = None
    ):
        self.env, self._utility, self._score = env, utility, score
        self._cut = max_steps is not None
        self.max_steps = max_steps or max(MAX_STEPS, _wrapped_limit(env))
        self.name = env.spec.id if env.spec else type(env.unwrapped).__name__

    def play(self, seed: int, choose: Choose, prefix: Sequence = (), scored: bool = True) -> Episode:
        """The episode of a seed: `prefix` is followed first, then `choose` decides; scores are left out on demand."""
        observation, info = self.env.reset(seed=seed)
        actions, rewards, sure, over, coarse = [], [], True, False, 0.0
        scores = [self._score_now(rewards, seed)] if scored else []
        while not over:
            if len(actions) < len(prefix):
                action = prefix[len(actions)]
            else:
                action, certain = choose(observation, self.mask(info), len(actions))
                sure = sure and certain
            observation, reward, terminated, truncated, info = self.env.step(action)
            actions.append(action)
            rewards.append(self._checked("reward", reward, seed, len(actions)))
            coarse = max(coarse, coarseness(reward))
            if scored:
                scores.append(self._score_now(rewards, seed))
            over = terminated or truncated or self._at_limit(len(actions), seed)
        utility, rounding = self._utility_of(rewards, seed, coarse)
        return Episode(tuple(actions), tuple(rewards), tuple(scores), utility, sure, rounding)

    def mask(self, info: dict) -> np.ndarray | None:
        """Which actions are legal now, where the environment says so: `action_mask` in info or `action_masks()`."""
        found = info.get("action_mask", info.get("action_masks"))
        if found is None and self.env.has_wrapper_attr("action_masks"):
            found = self.env.get_wrapper_attr("action_masks")()
        if found is None:
            return None
        mask = np.asarray(found, bool).reshape(-1)
        if not np.any(mask):
            raise ValueError(f"{self.name}: its action mask allows no action; an episode should end there.")
        return mask

    def _score_now(self, rewards: list[float], seed: int) -> float:
        if self._score is None:
            return math.fsum(rewards)
        return self._checked("score", self._score(self.env), seed, len(rewards))

    def _utility_of(self, rewards: list[float], seed: int, coarse: float) -> tuple[float, Rounding]:
        digits = max(map(num_digits, rewards))
        if self._utility is None:
            # fsum rounds once: equal rewards in another order are equal utilities
            return math.fsum(rewards), Rounding(math.fsum(map(abs, rewards)), digits, digits, coarse)
        found = self._utility(self.env, rewards)
        utility = self._checked("utility", found, seed, len(rewards))
        return utility, Rounding(abs(utility), digits, num_digits(utility), max(coarse, coarseness(found)))

    def _checked(self, what: str, value, seed: int, step: int) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(
                f"{self.name}: {what} {value!r} of seed {seed} after step {step} is not a finite number; "
                f"mend the {'environment' if what == 'reward' else what}."
            )
        return number

    def _at_limit(self, steps: int, seed: int) -> bool:
        if steps < self.max_steps:
            return False
        if not self._cut:
            raise ValueError(
                f"{self.name}: the episode of seed {seed} did not end within {steps} steps; cut episodes by max_steps "
                "(--max-steps)."
            )
        return True


class RandomActions:
    """Uniformly random actions of a space: the reference.

    Args:
        space: of the actions: Discrete, MultiDiscrete, MultiBinary or a bounded Box.

    Raises:
        ValueError: no uniform distribution over the space is known.
    """

    def __init__(self, space):
        from gymnasium import spaces

        self._space = space
        bounded = isinstance(space, spaces.Box) and space.is_bounded()
        if not (bounded or isinstance(space, spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary)):
            raise ValueError(
                f"action space {space}: uniformly random actions are defined for Discrete, MultiDiscrete, MultiBinary "
                "and bounded Box spaces; wrap the environment, as with gymnasium.wrappers.RescaleAction."
            )

    def draw(self, generator: np.random.Generator, mask: np.ndarray | None):
        """One action, uniform over those that the mask allows."""
        from gymnasium import spaces

        space = self._space
        if isinstance(space, spaces.Discrete):
            legal = int(space.n) if mask is None else np.flatnonzero(mask)
            return int(space.start) + int(generator.choice(legal))
        if isinstance(space, spaces.MultiDiscrete):
            return (space.start + generator.integers(space.nvec)).astype(space.dtype)
        if isinstance(space, spaces.MultiBinary):
            return generator.integers(0, 2, space.shape).astype(space.dtype)
        if np.issubdtype(space.dtype, np.integer):
            return generator.integers(space.low, space.high, endpoint=True).astype(space.dtype)
        return generator.uniform(space.low, space.high).astype(space.dtype)

    def chooser(self, generator: np.random.Generator) -> Choose:
        """Random play."""
        return lambda observation, mask, step: (self.draw(generator, mask), False)


def replay_fault(world: World, other: World | None, actions: RandomActions, seed: int, same_view: bool = True) -> str:
    """What differs when one sequence of random actions is replayed from a seed; empty if nothing does.

    Args:
        world: played three times: once at random, then twice the same actions with another episode between.
        other: another copy, in which the actions are followed once more; None if there is none.
        actions: the reference.
        seed: of the episode and of the actions.
        same_view: whether the other copy must show the same observations too.
    """
    recorder = _Recorder(actions, seed)
    taken = world.play(seed, recorder.choose).actions
    first = _traces(world, seed, taken)
    world.play(seed + 1, actions.chooser(np.random.default_rng(seed + 1)))
    for again, view, where in ((world, True, "the same environment"), (other, same_view, "a second copy")):
        if again is None:
            continue
        for step, (one, two) in enumerate(zip(first, _traces(again, seed, taken))):
            fault = _difference(one, two, view)
            if fault:
                return f"{fault} after step {step} differed when seed {seed} was replayed in {where}"
    return ""


class _Recorder:
    def __init__(self, actions: RandomActions, seed: int):
        self.choose = actions.chooser(np.random.default_rng(seed))


def _traces(world: World, seed: int, actions: Sequence) -> list[tuple]:
    """(observation, reward, ended, truncated) after the reset and after each of the actions."""
    observation, _ = world.env.reset(seed=seed)
    traces = [(observation, 0.0, False, False)]
    for action in actions:
        observation, reward, terminated, truncated, _ = world.env.step(action)
        traces.append((observation, float(reward), bool(terminated), bool(truncated)))
        if terminated or truncated:
            break
    return traces + [None] * (1 + len(actions) - len(traces))


def _difference(one: tuple | None, two: tuple | None, view: bool) -> str:
    if one is None or two is None:
        return "" if one is two else "the end of the episode"
    names = ("the observation", "the reward", "the end of the episode", "the truncation")
    for name, a, b in zip(names, one, two):
        if (view or name != names[0]) and not _same(a, b):
            return name
    return ""


def _same(a, b) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return isinstance(b, tuple | list) and len(a) == len(b) and all(map(_same, a, b))
    x, y = np.asarray(a), np.asarray(b)
    numeric = np.issubdtype(x.dtype, np.inexact) and np.issubdtype(y.dtype, np.inexact)
    return np.array_equal(x, y, equal_nan=numeric)


def _wrapped_limit(env) -> int:
    """The step at which Gymnasium's own wrapper ends an episode; 0 where the environment is not wrapped in it."""
    from gymnasium import Wrapper
    from gymnasium.wrappers import TimeLimit

    limit = 0
    while isinstance(env, Wrapper):
        if isinstance(env, TimeLimit):
            limit = max(limit, env._max_episode_steps)
        env = env.env
    return limit
