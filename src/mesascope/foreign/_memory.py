"""What a policy keeps from step to step, and how it is told that an episode begins."""

import inspect
from collections.abc import Callable, Mapping

STATES = ("state", "states", "hidden", "hidden_state", "hx", "h", "carry", "memory", "rnn_state", "lstm_state")
"""Names under which a policy takes the state that it returned a step before; None at the first step."""

STARTS = ("episode_start", "episode_starts")
"""Names under which it is told whether an episode begins."""

RESETS = ("reset", "reset_state", "reset_states", "reset_memory", "reset_hidden")
"""Methods without arguments that forget an episode."""


class Memory:
    """The state of a policy in one episode.

    Args:
        owner: whose `reset()` is called when an episode begins; None if there is nobody.
        parameters: of the call that is made at each step.
        marked: makes what the policy is told of a beginning from True or False.
        always: names to hand over whatever the parameters say, as to a call that takes any keyword.

    Attributes:
        resets: whether there is a `reset()`.
        is_told: whether the policy is told in any way that an episode begins.
    """

    def __init__(self, owner, parameters: Mapping, marked: Callable = bool, always: tuple[str, ...] = ()):
        self._reset, self._marked = _reset_of(owner), marked
        self._state_name = next((n for n in STATES if n in always or _takes_none(parameters.get(n))), None)
        self._start_name = next((n for n in STARTS if n in always or n in parameters), None)
        self.resets = self._reset is not None
        self.is_told = any((self.resets, self._state_name, self._start_name))
        self._state, self._starts = None, True

    def begin(self) -> None:
        """Forgets the episode before."""
        self._state, self._starts = None, True
        if self._reset is not None:
            self._reset()

    def arguments(self) -> dict:
        """The keywords of the next call."""
        found = {} if self._state_name is None else {self._state_name: self._state}
        return found if self._start_name is None else found | {self._start_name: self._marked(self._starts)}

    def answer(self, found):
        """The answer in what a policy returned; its state is kept where it takes one and returned (answer, state)."""
        self._starts = False
        if self._state_name is None or not isinstance(found, tuple) or len(found) != 2:
            return found
        answer, self._state = found
        return answer


def parameters_of(function: Callable) -> Mapping:
    """The parameters of a function by name, those that can be given by name only; none where it does not tell."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    return {name: found for name, found in parameters.items() if found.kind is not found.POSITIONAL_ONLY}


def takes_any(parameters: Mapping) -> bool:
    """Whether there is a `**kwargs` among the parameters."""
    return any(found.kind is found.VAR_KEYWORD for found in parameters.values())


def _takes_none(parameter) -> bool:
    # another default is a constant of the function's own, as in lambda observation, key, h=3
    return parameter is not None and parameter.default in (None, inspect.Parameter.empty)


def _reset_of(owner) -> Callable | None:
    import gymnasium

    if owner is None or isinstance(owner, gymnasium.Env):
        return None
    methods = (getattr(owner, name, None) for name in RESETS)
    return next((method for method in methods if callable(method) and _takes_nothing(method)), None)


def _takes_nothing(method: Callable) -> bool:
    try:
        inspect.signature(method).bind()
    except (TypeError, ValueError):
        return False
    return True
