"""What the shortest programs of a number of mazes are, and what they do on others."""

import numpy as np
from jaxtyping import Bool, Float

from ...lab import Computation, Store
from ...outcomes import Estimate

RESAMPLES = 2000
"""Of the mazes of each size, for the interval of a crossover."""


class Cell:
    """The mazes of one kind and size, with the shortest programs of one instruction set.

    Args:
        trial: the computation.
        columns: what it found.
    """

    def __init__(self, trial: Computation, columns: dict[str, np.ndarray]):
        self.size = trial.computation.size
        self.limit = trial.computation.limit
        self.columns = columns

    @property
    def found(self) -> Float[np.ndarray, " mazes"]:
        """The shares of other mazes that each maze's shortest programs solve, of mazes that have one."""
        return self.columns["general"][self._known]

    @property
    def searched(self) -> Float[np.ndarray, " mazes"]:
        """The shares of other mazes that are solved with the words of the frontier, and not without them."""
        return self.found - self.columns["blind"][self._known]

    @property
    def whole(self) -> bool:
        """Whether every maze has a program among those that were tried."""
        return bool(np.all(self._known))

    @property
    def _known(self) -> Bool[np.ndarray, " mazes"]:
        return np.isfinite(self.columns["bits"])

    def solved_by(self, name: str) -> float:
        """The share of the mazes that a program written by hand solves."""
        return float(np.mean(self.columns[name]))

    def commonest(self) -> str:
        """The program that is found most often, and how often."""
        programs, counts = np.unique(self.columns["program"].astype(str), return_counts=True)
        best = int(np.argmax(counts))
        return f"{programs[best] or 'none'} ({counts[best]} of {len(self.columns['maze'])})"


def read_cells(store: Store, groups: dict[str, list[Computation]]) -> dict[str, list[Cell]]:
    """The finished cells of each arm, in the order of sizes."""
    return {
        arm: [Cell(record.trial, record.metrics()) for record in store.records(trials)]
        for arm, trials in groups.items()
    }


def crossover(cells: list[Cell], length: str, bits: float) -> Estimate | None:
    """The size from which on the median length exceeds `bits`, with the interval over resampled mazes.

    Infinite where that size is beyond the largest.

    Args:
        cells: of all sizes.
        length: the column that is compared.
        bits: what it is compared with.
    """
    if not cells:
        return None
    sizes = np.array([cell.size for cell in cells] + [np.inf])
    generator = np.random.default_rng(0)

    def first(medians: Float[np.ndarray, "sizes draws"]) -> Float[np.ndarray, " draws"]:
        # the largest size that does not exceed ends what comes before it
        beyond = np.cumprod((medians > bits)[::-1], axis=0)[::-1].sum(axis=0).astype(int)
        return sizes[len(cells) - beyond]

    measured = [cell.columns[length] for cell in cells]
    drawn = [
        np.median(values[generator.integers(len(values), size=(RESAMPLES, len(values)))], 1) for values in measured
    ]
    value = first(np.array([[np.median(values)] for values in measured]))[0]
    low, high = np.quantile(first(np.array(drawn)), [0.025, 0.975], method="nearest")
    return Estimate(float(value), float(low), float(high))
