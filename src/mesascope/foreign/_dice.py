"""The global random numbers of Python, NumPy and PyTorch, from seeds, and as they were afterwards."""

import contextlib
import random
import sys

import numpy as np


class Dice:
    """Global dice of one party, which nobody else throws.

    Args:
        seed: of all of them.
    """

    def __init__(self, seed: int):
        self._seed, self._state = seed, None

    @contextlib.contextmanager
    def in_hand(self):
        """The party's turn: its dice go on where they were, and those of others are laid aside."""
        with dice_kept():
            if self._state is None:
                seed_dice(self._seed)
            else:
                _restore(self._state)
            yield
            self._state = _states()


def seed_dice(seed: int) -> None:
    """Seeds the global dice of Python, of NumPy and, where it is in use, of PyTorch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.manual_seed(seed)


@contextlib.contextmanager
def dice_kept():
    """The global dice are afterwards as they were."""
    states = _states()
    try:
        yield
    finally:
        _restore(states)


def _states() -> tuple:
    torch = sys.modules.get("torch")
    return random.getstate(), np.random.get_state(), None if torch is None else torch.get_rng_state()


def _restore(states: tuple) -> None:
    own, of_numpy, of_torch = states
    random.setstate(own)
    np.random.set_state(of_numpy)
    if of_torch is not None:
        sys.modules["torch"].set_rng_state(of_torch)
