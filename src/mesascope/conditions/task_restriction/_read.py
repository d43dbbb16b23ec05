"""The services of one arm, from their records."""

from collections.abc import Callable

import numpy as np

from ...lab import SIBLINGS, Store, Training
from .._ledger import Ledger


class Services:
    """Services by K, and what the services of a seed show on average.

    Args:
        cells: finished services by K.
    """

    def __init__(self, cells: dict[int, list[Ledger]]):
        self.cells = {count: ledgers for count, ledgers in cells.items() if ledgers}

    @property
    def ledgers(self) -> list[Ledger]:
        """All of them."""
        return [ledger for ledgers in self.cells.values() for ledger in ledgers]

    def by_seed(self, count: int, measure: Callable[[Ledger], float]) -> dict[int, float]:
        """A measure of the services of each seed, their mean."""
        found: dict[int, list[float]] = {}
        for ledger in self.cells.get(count, []):
            found.setdefault(seed_of(ledger), []).append(measure(ledger))
        return {seed: float(np.mean(values)) for seed, values in found.items()}

    def falls(self, counts: tuple[int, ...], measure: Callable[[Ledger], float]) -> dict[int, float]:
        """What the general learner has beyond the services, mean over K above 1, for seeds that have every K."""
        general, *narrow = (self.by_seed(count, measure) for count in counts)
        seeds = set(general).intersection(*narrow)
        return {seed: float(np.mean([general[seed] - values[seed] for values in narrow])) for seed in sorted(seeds)}

    def share(self, count: int) -> float:
        """How much of the ceiling the services of one K reach on their own mazes; nan where there are none."""
        return float(np.mean([*self.by_seed(count, own_share).values()] or [np.nan]))


def read_services(store: Store, groups: dict[int, list[Training]]) -> Services:
    """What is finished of an arm."""
    return Services({count: [Ledger(record) for record in store.records(trials)] for count, trials in groups.items()})


def seed_of(ledger: Ledger) -> int:
    """The seed whose service this is: every service has a stream of its own."""
    return ledger.seed % len(SIBLINGS)


def own_share(ledger: Ledger) -> float:
    """Bits on the pool trained on as a share of the ceiling there."""
    return ledger.mean("own") / ledger.mean("own-ceiling")


def novel_share(ledger: Ledger) -> float:
    """Bits on novel mazes of the same slice as a share of the ceiling there."""
    return ledger.mean("novel-tempered") / ledger.mean("novel-ceiling")
