"""What a computation is: an exact calculation of which nothing is trained."""

import abc
from typing import ClassVar

import numpy as np


class AbstractComputation(abc.ABC):
    """A calculation on circuits, programs or exact trees. Implementations are frozen dataclasses with a name each."""

    version: ClassVar[int]
    """Raised when the behaviour changes: part of every trial's id."""

    @property
    @abc.abstractmethod
    def cost(self) -> float:
        """A rough number of multiplications: of use for estimates of time only."""

    @abc.abstractmethod
    def columns(self, seed: int) -> dict[str, np.ndarray]:
        """The results as columns of equal length, numbers or text; a pure function of fields and seed.

        Args:
            seed: of what is drawn.
        """
