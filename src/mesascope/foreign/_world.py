"""An environment whose episodes begin from a seed and may follow given actions."""

import copy
import dataclasses
import math
import sys
from collections.abc import Callable, Sequence

import numpy as np

from ._dice import seed_dice
from ._ties import Rounding, coarseness, num_digits

MAX_STEPS = 10_000
"""Steps after which an episode counts as endless, unless Gymnasium's own wrapper ends it later."""

ALLOWED = 1e-6
"""Probability that a policy may leave on actions that are masked out."""

MASKS = ("action_mask", "action_masks")
"""Names of the mask of legal actions, in info, as a method or property, and in an observation that is a dictionary."""


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
        mask: where legal actions are read: none, info, attribute, observation, or the name under which they are kept;
            auto takes the first of these that is there.

    Attributes:
        masked: where they were read last; empty if nowhere.
    """

    def __init__(
        self,
        env,
        utility: Callable | None = None,
        score: Callable | None = None,
        max_steps: int | None = None,
        mask: str = "auto",
    ):
        self.env, self._utility, self._score, self._mask = env, utility, score, mask
        self.masked = ""
        self._cut = max_steps is not None
        self.max_steps = max_steps or max(MAX_STEPS, _wrapped_limit(env))
        self.name = env.spec.id if env.spec else type(env.unwrapped).__name__

    def play(self, seed: int, choose: Choose, prefix: Sequence = (), scored: bool = True) -> Episode:
        """The episode of a seed: `prefix` is followed first, then `choose` decides; scores are left out on demand."""
        observation, info = self.begun(seed)
        actions, rewards, sure, over, coarse = [], [], True, False, 0.0
        scores = [self._score_now(rewards, seed)] if scored else []
        while not over:
            if len(actions) < len(prefix):
                action = prefix[len(actions)]
            else:
                action, certain = choose(observation, self.mask(info, observation), len(actions))
                sure = sure and certain
            # the environment may write into what it is given
            observation, reward, terminated, truncated, info = self.env.step(copied(action))
            actions.append(action)
            rewards.append(self._checked("reward", reward, seed, len(actions)))
            coarse = max(coarse, coarseness(reward))
            if scored:
                scores.append(self._score_now(rewards, seed))
            over = terminated or truncated or self._at_limit(len(actions), seed)
        utility, rounding = self._utility_of(rewards, seed, coarse)
        return Episode(tuple(actions), tuple(rewards), tuple(scores), utility, sure, rounding)

    def begun(self, seed: int) -> tuple:
        """Observation and info of a reset; nature's global dice depend on the seed too."""
        seed_dice(seed)
        return self.env.reset(seed=seed)

    def mask(self, info: dict, observation) -> np.ndarray | None:
        """Which actions are legal now, where the environment says so and it is not to be left out."""
        found = self._legal(info, observation)
        if found is None:
            return None
        mask = np.asarray(found, bool).reshape(-1)
        if not all(map(np.any, legal_parts(self.name, self.env.action_space, mask))):
            raise ValueError(f"{self.name}: its action mask allows no action; an episode should end there.")
        return mask

    def _legal(self, info: dict, observation):
        if self._mask == "none":
            return None
        known = self._mask in ("auto", "info", "attribute", "observation")
        names = MASKS if known else (self._mask,)
        places = {
            "info": lambda: _named(info, names),
            "attribute": lambda: _attribute(self.env, names),
            "observation": lambda: _named(observation, names),
        }
        for place in (self._mask,) if self._mask in places else places:
            found = places[place]()
            if found is not None:
                self.masked = f"{place} ({', '.join(names)})"
                return found
        if self._mask == "auto":
            return None
        raise ValueError(
            f"{self.name}: mask={self._mask!r} finds no mask of legal actions; give none, info, attribute, "
            "observation, or the name under which the environment keeps it."
        )

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
        if mask is not None:
            chosen = [generator.choice(np.flatnonzero(part)) for part in legal_parts("reference", space, mask)]
            return (getattr(space, "start", 0) + np.reshape(chosen, space.shape)).astype(space.dtype)
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


def legal_parts(name: str, space, mask: np.ndarray) -> list[np.ndarray]:
    """The legal choices of each part of an action; of MultiBinary a pair a bit: whether it may be 0, and 1.

    Raises:
        ValueError: the mask does not fit the space.
    """
    from gymnasium import spaces

    sizes = ()
    if isinstance(space, spaces.Discrete):
        sizes = (int(space.n),)
    elif isinstance(space, spaces.MultiDiscrete):
        sizes = tuple(map(int, space.nvec.reshape(-1)))
    elif isinstance(space, spaces.MultiBinary):
        sizes = (2,) * int(np.prod(space.shape))
    if not sizes or mask.size != sum(sizes):
        raise ValueError(
            f"{name}: the environment's action mask has {mask.size} entries for {space}, not {sum(sizes)}; mend it, or "
            "leave it out by mask='none'."
        )
    return np.split(mask, np.cumsum(sizes)[:-1])


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
    observation, _ = world.begun(seed)
    # the environment may show the same array at each step
    traces = [(copied(observation), 0.0, False, False)]
    for action in actions:
        observation, reward, terminated, truncated, _ = world.env.step(copied(action))
        traces.append((copied(observation), float(reward), bool(terminated), bool(truncated)))
        if terminated or truncated:
            break
    return traces + [None] * (1 + len(actions) - len(traces))


def _difference(one: tuple | None, two: tuple | None, view: bool) -> str:
    if one is None or two is None:
        return "" if one is two else "the end of the episode"
    names = ("the observation", "the reward", "the end of the episode", "the truncation")
    for name, a, b in zip(names, one, two):
        if (view or name != names[0]) and not same(a, b):
            return name
    return ""


def copied(value):
    """A copy of an observation or action that nobody else can change, as far as it can be copied."""
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if isinstance(value, tuple) and type(value) is not tuple:
        # a named tuple, such as a graph
        return type(value)(*map(copied, value))
    if isinstance(value, tuple | list):
        return type(value)(map(copied, value))
    if _is_tensor(value):
        return value.detach().clone()
    if isinstance(value, str | bytes | int | float | bool | np.generic) or value is None:
        return value
    try:
        return copy.deepcopy(value)
    except Exception:
        # what cannot be copied is handed on
        return value


def same(a, b) -> bool:
    """Whether two observations or actions have the same values."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return isinstance(b, tuple | list) and len(a) == len(b) and all(map(same, a, b))
    x, y = (np.asarray(part.detach().cpu() if _is_tensor(part) else part) for part in (a, b))
    if x.dtype == object or y.dtype == object:
        return _same_objects(a, b)
    numeric = np.issubdtype(x.dtype, np.inexact) and np.issubdtype(y.dtype, np.inexact)
    return np.array_equal(x, y, equal_nan=numeric)


def _same_objects(a, b) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.shape == b.shape and all(map(same, a.flat, b.flat))
    # an object that does not compare itself is what it holds
    if type(a).__eq__ is object.__eq__ and getattr(a, "__dict__", None):
        return type(a) is type(b) and same(vars(a), vars(b))
    return a is b or bool(a == b)


def _named(where, names: tuple[str, ...]):
    if not isinstance(where, dict):
        return None
    return next((where[name] for name in names if where.get(name) is not None), None)


def _attribute(env, names: tuple[str, ...]):
    name = next((name for name in names if env.has_wrapper_attr(name)), None)
    if name is None:
        return None
    found = env.get_wrapper_attr(name)
    return found() if callable(found) else found


def _is_tensor(value) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


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
