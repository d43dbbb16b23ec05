"""Policies of any make behind one method, and the checks that each of their answers must pass."""

import abc
import inspect
import sys
from collections.abc import Callable

import jax
import numpy as np

from ._memory import Memory, parameters_of, takes_any
from ._world import ALLOWED, legal_parts

TOLERANCE = 1e-4
"""How far the sum of probabilities may be from 1: float32 sums are."""


class AbstractAgent(abc.ABC):
    """A policy that is asked for one action at a time.

    Attributes:
        name: for messages and rows.
        thinks: whether it has a thinking knob.
        is_told: whether it is told in any way that an episode begins.
        answer: what it returned last, as numbers.
    """

    name: str
    thinks: bool
    is_told: bool
    answer: np.ndarray | None = None

    @abc.abstractmethod
    def begin(self) -> None:
        """Tells the policy that an episode begins."""

    @abc.abstractmethod
    def act(self, observation, mask, key, generator: np.random.Generator, thinking: int | None) -> tuple[object, bool]:
        """An action, and whether it was certain.

        Args:
            observation: as the environment gives it.
            mask: of legal actions, or None.
            key: random key of this step, for the policy itself.
            generator: by which an action is drawn from probabilities.
            thinking: units of thinking, or None.
        """


class CallableAgent(AbstractAgent):
    """A function (observation, key) -> action probabilities; of an action where the space is not discrete.

    One that takes a state too, under any of the names in `STATES`, returns (answer, state).
    """

    def __init__(self, function: Callable, space, name: str, greedy: bool = False):
        parameters = parameters_of(function)
        # the owner of a method remembers, not the method
        owner = function.__self__ if inspect.ismethod(function) else function
        self._memory = Memory(owner, parameters)
        _check_takes_two(function, name, self._memory.arguments())
        self._function, self._space, self.name, self._greedy = function, space, name, greedy
        self.thinks = has_keyword(function, "thinking")
        self.is_told = self._memory.is_told

    def begin(self):
        self._memory.begin()

    def act(self, observation, mask, key, generator, thinking):
        extra = {} if thinking is None else {"thinking": thinking}
        try:
            returned = self._function(observation, key, **extra, **self._memory.arguments())
        except Exception as error:
            raise ValueError(
                f"{self.name}: raised {type(error).__name__} ({_first_line(error)}) on an observation of shape "
                f"{_shape(observation)}; call it on what env.reset() returns to see where."
            ) from error
        found = self.answer = numbers(self.name, self._memory.answer(returned))
        if _is_discrete(self._space):
            return drawn(self.name, found, self._space, mask, generator, self._greedy)
        return checked_action(self.name, found, self._space, mask), False


class PredictingAgent(AbstractAgent):
    """A Stable-Baselines3 model or policy, by its `predict`.

    Args:
        model: has `predict(observation, state, episode_start, deterministic) -> (action, state)`, or some of these
            arguments.
        space: of actions.
        name: for messages.
        sample: whether its actions are drawn from its own distribution; its best one otherwise.

    Raises:
        ValueError: `predict` takes nothing but observations, as that of scikit-learn: a batch, or one, is not told.
    """

    thinks = False

    def __init__(self, model, space, name: str, sample: bool):
        self._model, self._space, self._sample, self.name = model, space, sample, name
        parameters = parameters_of(model.predict)
        always = ("state", "episode_start") if takes_any(parameters) else ()
        self._memory = Memory(model, parameters, lambda starts: np.array([starts]), always)
        self._masked = "action_masks" in parameters
        self._chooses = bool(always) or not parameters or "deterministic" in parameters
        if not self._chooses and not self._memory.arguments():
            raise ValueError(
                f"{name}: its predict takes ({', '.join(parameters)}) only, so that a batch cannot be told from one "
                "observation; it should be predict(observation, state, episode_start, deterministic) -> (action, "
                "state). Give a callable (observation, key) -> action probabilities around it."
            )
        self.is_told = self._memory.is_told

    def begin(self):
        self._memory.begin()

    def act(self, observation, mask, key, generator, thinking):
        extra = {"deterministic": not self._sample} if self._chooses else {}
        if self._masked:
            extra["action_masks"] = mask
        try:
            returned = self._model.predict(observation, **extra, **self._memory.arguments())
        except ValueError as error:
            raise ValueError(
                f"{self.name}: does not take the environment's observations ({error}); wrap the environment as it "
                "was wrapped in training (--wrap)."
            ) from None
        except Exception as error:
            raise ValueError(
                f"{self.name}: predict raised {type(error).__name__} ({_first_line(error)}) on an observation of "
                f"shape {_shape(observation)}; call it on what env.reset() returns to see where."
            ) from error
        found = self._memory.answer(returned)
        if isinstance(found, tuple) and len(found) == 2:
            found, _ = found
        self.answer = numbers(self.name, found)
        return checked_action(self.name, self.answer, self._space, mask), self._chooses and not self._sample


class WipedAgent(AbstractAgent):
    """An agent that is told at every step that an episode begins: a control without memory."""

    def __init__(self, agent: AbstractAgent):
        if not agent.is_told:
            raise ValueError(
                f"{agent.name}: takes no state and has no reset(), so that there is no memory to wipe; leave out "
                "wipe_memory."
            )
        self._agent, self.thinks, self.is_told = agent, agent.thinks, True
        self.name = f"{agent.name} (memory wiped)"

    def begin(self):
        self._agent.begin()

    def act(self, observation, mask, key, generator, thinking):
        self._agent.begin()
        found = self._agent.act(observation, mask, key, generator, thinking)
        self.answer = self._agent.answer
        return found


def agent_of(policy, space, name: str | None = None, sample: bool = False, greedy: bool = False) -> AbstractAgent:
    """The agent of a policy: a model with `predict`, a PyTorch module, or a callable.

    Args:
        policy: what plays.
        space: the environment's action space.
        name: for messages and rows; the policy's own unless given.
        sample: draw the actions of a model with `predict` from its own distribution.
        greedy: take the best action of a module or callable, as of Q-values.

    Raises:
        ValueError: it is none of these, or both are asked for.
    """
    if sample and greedy:
        raise ValueError("measure(sample=True, greedy=True): actions are drawn or the best; choose one of them.")
    name = name or getattr(policy, "__name__", type(policy).__name__)
    if callable(getattr(policy, "predict", None)):
        return PredictingAgent(policy, space, name, sample)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(policy, torch.nn.Module):
        from ._modules import TorchAgent

        return TorchAgent(policy, space, name, greedy)
    if callable(policy):
        return CallableAgent(policy, space, name, greedy)
    raise ValueError(
        f"policy {policy!r}: is no policy; give a callable (observation, key) -> action probabilities, a "
        "Stable-Baselines3 model, or a PyTorch module."
    )


def drawn(name: str, found, space, mask, generator: np.random.Generator, greedy: bool = False) -> tuple[int, bool]:
    """An action drawn from probabilities that are checked first, or the likeliest, and whether it was certain."""
    count = int(space.n)
    chances = numbers(name, found)
    if chances.shape != (count,):
        raise ValueError(
            f"{name}: returned shape {chances.shape}; it should be ({count},), a probability for each action of "
            f"{space}."
        )
    if not np.all(np.isfinite(chances)) or np.any(chances < 0):
        raise ValueError(f"{name}: returned {seen(chances)}: negative or nan, no probabilities; apply a softmax.")
    total = np.sum(chances)
    if abs(total - 1) > TOLERANCE:
        raise ValueError(f"{name}: returned probabilities that sum to {total:.6g}, not 1; normalize them.")
    if mask is not None and np.any(chances[~sized(name, mask, count)] > ALLOWED):
        worst = int(np.argmax(np.where(mask, 0, chances)))
        raise ValueError(
            f"{name}: gives probability {chances[worst]:.3g} to action {int(space.start) + worst}, illegal here; "
            "set what the action mask forbids to 0, or leave out a mask that is only advice by mask='none'."
        )
    if greedy:
        return int(space.start) + int(np.argmax(chances)), True
    place, sure = categorical(chances / total, generator)
    return int(space.start) + place, sure


def categorical(chances: np.ndarray, generator: np.random.Generator) -> tuple[int, bool]:
    """A place drawn by its probability, and whether it was certain."""
    place = int(np.searchsorted(np.cumsum(chances), generator.random(), side="right"))
    return min(place, int(np.flatnonzero(chances)[-1])), bool(np.max(chances) >= 1 - ALLOWED)


def checked_action(name: str, found, space, mask):
    """An action that was returned as such, in the space's own type.

    Raises:
        ValueError: it is not in the space, or illegal here.
    """
    values = shaped(numbers(name, found), space.shape)
    if values.shape != space.shape:
        raise ValueError(
            f"{name}: returned an action of shape {values.shape}; it should be {space.shape}, as {space} is."
        )
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{name}: returned the action {seen(values)}; a diverged network returns nan.")
    if _whole(space) and np.any(values != np.round(values)):
        raise ValueError(f"{name}: returned the action {seen(values)}, and {space} takes whole numbers; round them.")
    with np.errstate(invalid="ignore"):
        action = int(values) if _is_discrete(space) else values.astype(space.dtype)
    if not space.contains(action) or np.any(values != np.asarray(action, float)) and _whole(space):
        raise ValueError(f"{name}: returned the illegal action {seen(values)}; {space} does not contain it.")
    if mask is not None and not all(
        part[place] for part, place in zip(legal_parts(name, space, mask), _indices(space, action))
    ):
        raise ValueError(f"{name}: chose action {action}, which is illegal here; respect the action mask.")
    return action


def step_key(key, step: int):
    """The random key of a step."""
    return jax.random.fold_in(key, step)


def numbers(name: str, found) -> np.ndarray:
    """An answer as numbers, whatever the tensor's type, device and gradient.

    Raises:
        ValueError: it is no array of numbers.
    """
    torch = sys.modules.get("torch")
    try:
        if torch is not None and isinstance(found, torch.Tensor):
            # NumPy has no bfloat16
            found = found.detach().to("cpu", torch.float64).numpy()
        return np.array(found, float)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"{name}: returned {found!r:.60}; it should be an array of numbers.") from None


def shaped(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The values in a shape that differs by dimensions of size 1 only, as by a batch of one; else as they are."""
    strip = [size for size in shape if size != 1]
    return values.reshape(shape) if [size for size in values.shape if size != 1] == strip else values


def sized(name: str, mask: np.ndarray, count: int) -> np.ndarray:
    """The mask, if it has an entry for each action."""
    if mask.shape != (count,):
        raise ValueError(f"{name}: the environment's action mask has {mask.size} entries for {count} actions; mend it.")
    return mask


def _is_discrete(space) -> bool:
    from gymnasium import spaces

    return isinstance(space, spaces.Discrete)


def _indices(space, action) -> list[int]:
    return np.reshape(action - getattr(space, "start", 0), -1).astype(int).tolist()


def _whole(space) -> bool:
    return np.issubdtype(space.dtype, np.integer)


def _check_takes_two(function: Callable, name: str, extra: dict) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        # some built-in functions do not tell
        return
    try:
        signature.bind(None, None, **extra)
    except TypeError as error:
        raise ValueError(f"{name}: cannot be called as a policy, (observation, key): {error}.") from None


def has_keyword(function: Callable, name: str) -> bool:
    """Whether a function takes a keyword."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in parameters if p.kind is not p.POSITIONAL_ONLY)


def _shape(observation) -> str:
    return type(observation).__name__ if isinstance(observation, dict | tuple) else str(np.shape(observation))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else "no message"


def seen(values) -> str:
    """Values and their shape in a message."""
    text = np.array2string(np.asarray(values), precision=4, threshold=6).replace("\n", "")
    return f"{text} of shape {np.shape(values)}"
