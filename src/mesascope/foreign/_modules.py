"""PyTorch modules as agents: which tensor they are given, and what their answer means."""

import contextlib

import numpy as np

from ._agents import AbstractAgent, checked_action, drawn, has_keyword, numbers, seen
from ._memory import Memory, parameters_of


class TorchAgent(AbstractAgent):
    """A PyTorch module: logits of the actions from a batch of one observation; else the action itself.

    A module whose `forward` takes a state, under any of the names in `STATES`, returns (answer, state).
    """

    def __init__(self, module, space, name: str):
        import torch

        self._module, self._space, self.name = module, space, name
        parameters = parameters_of(module.forward)
        self.thinks = has_keyword(module.forward, "thinking")
        self._memory = Memory(module, parameters, lambda starts: torch.tensor([float(starts)]))
        self.is_told = self._memory.is_told
        self._checked = False

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
        answer = self.answer = self._forward(observation, extra)
        if not _is_discrete(self._space):
            return checked_action(self.name, answer.astype(self._space.dtype), self._space, None), False
        count = int(self._space.n)
        if answer.shape != (count,) or not np.all(np.isfinite(answer)):
            raise ValueError(
                f"{self.name}: forward returned {seen(answer)} for a batch of one; it should be finite logits of "
                f"shape (1, {count}). A diverged network returns nan."
            )
        legal = answer if mask is None else np.where(mask, answer, -np.inf)
        odds = np.exp(legal - np.max(legal))
        return drawn(self.name, odds / np.sum(odds), self._space, mask, generator)

    def _forward(self, observation, extra):
        import torch

        if isinstance(observation, dict | tuple):
            raise ValueError(
                f"{self.name}: the observation is a {type(observation).__name__}, and a module takes one tensor; wrap "
                "the environment, as with gymnasium.wrappers.FlattenObservation (--wrap)."
            )
        try:
            with torch.no_grad(), _evaluated(self._module):
                batch = torch.as_tensor(np.asarray(observation, np.float32))[None]
                found = self._memory.answer(self._module(batch, **extra, **self._memory.arguments()))
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(
                f"{self.name}: forward failed on an observation of shape {np.shape(observation)} ({reason}); it should "
                "map (1, ...) observations to one tensor."
            ) from error
        answer = numbers(self.name, found)
        return answer[0] if answer.ndim and len(answer) == 1 else answer


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


def _is_discrete(space) -> bool:
    from gymnasium import spaces

    return isinstance(space, spaces.Discrete)
