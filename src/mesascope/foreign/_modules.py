"""PyTorch modules as agents: which tensor they are given, and what their answer means."""

import contextlib

import numpy as np
from scipy.special import expit

from ._agents import AbstractAgent, categorical, checked_action, has_keyword, numbers, seen, shaped, sized
from ._memory import Memory, parameters_of
from ._world import ALLOWED, legal_parts


class TorchAgent(AbstractAgent):
    """A PyTorch module: logits of the actions from a batch of one observation; else the action itself.

    Of several discrete actions the logits stand one after the other; of MultiBinary there is one for each bit, and its
    sigmoid is the chance of 1. Integers are actions, -inf rules an action out.
    Where `forward` takes a state, under any of the names in `STATES`, it returns (answer, state).

    Args:
        module: to be asked, in evaluation mode.
        space: of actions.
        name: for messages.
        greedy: whether its best action is taken, as of Q-values; drawn by the logits otherwise.
    """

    def __init__(self, module, space, name: str, greedy: bool = False):
        self._module, self._space, self.name, self._greedy = module, space, name, greedy
        parameters = parameters_of(module.forward)
        self.thinks = has_keyword(module.forward, "thinking")
        self._memory = Memory(module, parameters, self._tensor)
        self.is_told = self._memory.is_told
        self._checked = self._integers = False

    def begin(self):
        if self._checked or not self._memory.resets:
            self._memory.begin()
            return
        self._checked = True
        before = {name: value.detach().clone() for name, value in self._module.named_parameters()}
        self._memory.begin()
        # in some libraries reset() draws the weights anew
        changed = [name for name, value in self._module.named_parameters() if not value.equal(before[name])]
        if changed:
            self._module.load_state_dict(before, strict=False)
            raise ValueError(
                f"{self.name}: its reset() changes the weights ({changed[0]}), and should only forget an episode; "
                "rename it."
            )

    def act(self, observation, mask, key, generator, thinking):
        extra = {} if thinking is None else {"thinking": thinking}
        found = self._forward(observation, extra)
        answer = self.answer = numbers(self.name, found)
        chosen = self._by_logits(answer, _is_whole(found), mask, generator)
        return (checked_action(self.name, answer, self._space, mask), False) if chosen is None else chosen

    def _by_logits(self, answer: np.ndarray, whole: bool, mask, generator) -> tuple[object, bool] | None:
        """An action by logits, and whether it was certain; None if the answer is to be the action itself."""
        from gymnasium import spaces

        space = self._space
        if isinstance(space, spaces.Discrete):
            if whole and answer.size == 1 < space.n:
                return None
            (place,), sure = self._places(answer, (int(space.n),), mask, generator)
            return int(space.start) + place, sure
        if isinstance(space, spaces.MultiDiscrete):
            sizes = tuple(int(size) for size in space.nvec.reshape(-1))
            if whole or answer.size != sum(sizes):
                return None
            places, sure = self._places(answer, sizes, mask, generator)
            return (space.start + np.reshape(places, space.shape)).astype(space.dtype), sure
        return self._bits(answer, mask, generator) if isinstance(space, spaces.MultiBinary) and not whole else None

    def _places(self, answer: np.ndarray, sizes: tuple[int, ...], mask, generator) -> tuple[list[int], bool]:
        """One place for each part of the action, whose logits stand one after the other."""
        count = sum(sizes)
        answer = shaped(answer, (count,))
        if answer.shape != (count,) or np.any(np.isnan(answer) | (answer == np.inf)):
            raise ValueError(
                f"{self.name}: forward returned {seen(answer)} for a batch of one; it should be finite logits of "
                f"shape (1, {count}), or -inf for what is ruled out. A diverged network returns nan."
            )
        legal = answer if mask is None else np.where(sized(self.name, mask, count), answer, -np.inf)
        places, sure = [], True
        for part in np.split(legal, np.cumsum(sizes)[:-1]):
            place, certain = self._place(part, generator)
            places.append(place)
            sure = sure and certain
        return places, sure

    def _place(self, logits: np.ndarray, generator) -> tuple[int, bool]:
        if np.max(logits) == -np.inf:
            raise ValueError(f"{self.name}: its logits rule out every legal action; at least one should be finite.")
        if self._greedy:
            return int(np.argmax(logits)), True
        odds = np.exp(logits - np.max(logits))
        return categorical(odds / np.sum(odds), generator)

    def _bits(self, answer: np.ndarray, mask, generator) -> tuple[np.ndarray, bool]:
        space = self._space
        answer = shaped(answer, space.shape)
        if answer.shape != space.shape or np.any(np.isnan(answer)):
            raise ValueError(
                f"{self.name}: forward returned {seen(answer)} for a batch of one; it should be logits of shape "
                f"(1, {', '.join(map(str, space.shape))}), one for each bit. A diverged network returns nan."
            )
        if np.all((answer == 0) | (answer == 1)):
            raise ValueError(
                f"{self.name}: forward returned {seen(answer)} for {space}, which may be an action or logits; return "
                "an action as integers, as by answer.long(), or logits other than 0 and 1."
            )
        chances = (answer > 0).astype(float) if self._greedy else expit(answer)
        if mask is not None:
            pairs = np.reshape(legal_parts(self.name, space, mask), (*space.shape, 2))
            chances = np.where(pairs.all(-1), chances, pairs[..., 1])
        sure = np.all(np.minimum(chances, 1 - chances) <= ALLOWED)
        return (generator.random(space.shape) < chances).astype(space.dtype), bool(sure)

    def _forward(self, observation, extra):
        if isinstance(observation, dict | tuple):
            raise ValueError(
                f"{self.name}: the observation is a {type(observation).__name__}, and a module takes one tensor; wrap "
                "the environment, as with gymnasium.wrappers.FlattenObservation (--wrap)."
            )
        try:
            return self._memory.answer(self._called(np.asarray(observation), extra | self._memory.arguments()))
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(
                f"{self.name}: forward failed on an observation of shape {np.shape(observation)} ({reason}); it should "
                "map (1, ...) observations to one tensor."
            ) from error

    def _called(self, observation: np.ndarray, extra: dict):
        import torch

        with torch.no_grad(), _evaluated(self._module):
            if self._integers:
                return self._module(self._tensor(observation, torch.int64), **extra)
            try:
                return self._module(self._tensor(observation), **extra)
            except (RuntimeError, IndexError, TypeError) as error:
                if observation.dtype.kind not in "iub":
                    raise
                # embeddings take integers only
                try:
                    found = self._module(self._tensor(observation, torch.int64), **extra)
                except Exception:
                    raise error from None
                self._integers = True
                return found

    def _tensor(self, values, dtype=None):
        """A batch of one on the module's own device, in its own kind of floating point numbers unless told."""
        import torch

        parts = (*self._module.parameters(), *self._module.buffers())
        own = next((part for part in parts if part.is_floating_point()), torch.zeros(()))
        return torch.as_tensor(np.array(values)).to(own.device, dtype or own.dtype)[None]


def _is_whole(found) -> bool:
    """Whether an answer is of integers or booleans."""
    import torch

    if isinstance(found, torch.Tensor):
        return not (found.is_floating_point() or found.is_complex())
    return np.asarray(found).dtype.kind in "iub"


@contextlib.contextmanager
def _evaluated(module):
    """The module in evaluation mode, and each of its parts in its own mode afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
