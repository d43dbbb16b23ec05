"""What is known of an architecture: its range, its capacity, and what training on mazes made of it."""

import dataclasses

import numpy as np

from ...lab import Store, Training
from .._ledger import Ledger


@dataclasses.dataclass(frozen=True)
class Known:
    """One architecture.

    Fields:
        name: of the architecture.
        strings: by rule, the ledgers of networks trained on short strings; none of a table.
        stored: by N, the ledgers of networks trained on random labels.
        mazes, twins: of networks trained on mazes, and on those whose answer is shown.
    """

    name: str
    strings: dict[str, tuple[Ledger, ...]]
    stored: dict[int, tuple[Ledger, ...]]
    mazes: tuple[Ledger, ...]
    twins: tuple[Ledger, ...]

    def range_of(self, rule: str, view: str = "beyond") -> list[float]:
        """How far each seed goes on the longer strings of a rule, from chance (0) to all answers right (1)."""
        return [way(ledger, view) for ledger in self.strings[rule]]

    def range(self) -> float | None:
        """The mean over rules and seeds; 0 without strings, as of a table that has a row for none of them.

        None where a rule has no finished network yet.
        """
        found = [self.range_of(rule) for rule in self.strings]
        if not all(found):
            return None
        return float(np.mean([np.mean(seeds) for seeds in found])) if found else 0.0

    def capacity(self) -> float | None:
        """The most labels that were stored: those named right beyond chance, at the N where they are most."""
        found = [np.mean([labels_stored(ledger) for ledger in ledgers]) for ledgers in self.stored.values() if ledgers]
        return float(max(found)) if found else None

    def internal(self, boundary: int) -> dict[int, float]:
        """Internal bits by seed beyond those of the twins, on which a reflex suffices."""
        twin = np.mean([ledger.internal(boundary) for ledger in self.twins]) if self.twins else np.nan
        return {ledger.seed: ledger.internal(boundary) - twin for ledger in self.mazes}

    def novel(self) -> dict[int, float]:
        """Bits on novel mazes by seed."""
        return {ledger.seed: ledger.mean("novel-tempered") for ledger in self.mazes}

    @property
    def complete(self) -> bool:
        """Whether there is something of everything."""
        return None not in (self.range(), self.capacity()) and len(self.mazes) > 0 and len(self.twins) > 0


def way(ledger: Ledger, view: str) -> float:
    """The way from chance to the ceiling, where utility is 1 or 0 and chance one in so many answers."""
    chance = 1 / ledger.record.trial.task.num_actions
    return (ledger.mean(view) / ledger.mean(f"{view}-ceiling") - chance) / (1 - chance)


def labels_stored(ledger: Ledger) -> float:
    """Labels of the pool that are named right beyond chance."""
    task = ledger.record.trial.task
    return ledger.record.trial.num_instances * task.rows * task.columns * way(ledger, "own")


def read(store: Store, groups: dict[str, dict[str, dict[object, list[Training]]]]) -> list[Known]:
    """What is finished, by architecture, those left out of which there are no mazes yet."""

    def ledgers(trials: list[Training]) -> tuple[Ledger, ...]:
        return tuple(Ledger(record) for record in store.records(trials))

    found = []
    for name, parts in groups.items():
        parts = {part: {key: ledgers(trials) for key, trials in cells.items()} for part, cells in parts.items()}
        known = Known(name, parts["strings"], parts["labels"], parts["mazes"][""], parts["twins"][""])
        found += [known] if known.mazes else []
    return found


def ranges(networks: list[Known]) -> np.ndarray:
    """Of each architecture."""
    return np.array([known.range() for known in networks])


def octaves(networks: list[Known]) -> np.ndarray:
    """log2 of the capacity of each architecture; of fewer than one label as of one."""
    return np.log2(np.maximum([known.capacity() for known in networks], 1))
