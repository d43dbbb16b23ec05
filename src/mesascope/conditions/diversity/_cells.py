"""A cell of networks that differ in their seed only."""

import dataclasses

import numpy as np
from jaxtyping import Float

from ...lab import Store, Training
from .._ledger import Ledger

BOUNDARIES = (2, 3, 5)
"""Serial depths at which a reflex may end: a verdict must hold at all of them."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """Networks of one arm at one N.

    Fields:
        arm: name of the architecture.
        task: `maze`, or `answer shown`.
        size: N; None for unlimited.
        ledgers: of the seeds that are finished, in the order of seeds.
    """

    arm: str
    task: str
    size: int | None
    ledgers: tuple[Ledger, ...]

    @property
    def label(self) -> str:
        """N as people read it."""
        return "unlimited" if self.size is None else str(self.size)

    def tuned(self, step: int | None = None) -> dict[int, float]:
        """Tuned bits by seed: bits on the own pool beyond what networks of other pools have there, paired by instance.

        Empty for a single seed, which has nobody to be compared with.
        """
        found = {}
        for ledger in self.ledgers:
            own = ledger.instances("own", step=step)
            gaps = []
            for other in self.ledgers:
                if other.seed != ledger.seed and other.has("sibling", ledger.seed):
                    theirs = other.instances("sibling", ledger.seed, step=step)
                    gaps.append(np.mean([own[i] - bits for i, bits in theirs.items()]))
            if gaps:
                found[ledger.seed] = float(np.mean(gaps))
        return found


def read_cells(store: Store, groups: dict[tuple[str, str, int | None], list[Training]]) -> list[Cell]:
    """The cells of a sweep, those without a finished seed left out."""
    cells = []
    for (arm, task, size), trials in groups.items():
        ledgers = tuple(Ledger(record) for record in store.records(trials))
        if ledgers:
            cells.append(Cell(arm, task, size, ledgers))
    return cells


def rise(sizes: list[int], bits: list[float]) -> float:
    """How much a quantity rises over the whole range of N: the least-squares slope on log2 N times that range."""
    octaves = np.log2(sizes)
    slope: Float[np.ndarray, ""] = np.polyfit(octaves, bits, 1)[0]
    return float(slope * (octaves[-1] - octaves[0]))
