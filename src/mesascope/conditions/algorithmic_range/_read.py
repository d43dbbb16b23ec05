"""What is known of an architecture: its range, its capacity, and what training on mazes made of it."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from ...lab import Store, Training
from ...outcomes import Estimate
from ...stats import rises
from .._ledger import Ledger


@dataclasses.dataclass(frozen=True)
class Plan:
    """The trainings of one architecture.

    Fields:
        strings: on short strings, by rule; none of a table.
        labels: on random labels, by N.
        mazes, twins: on mazes, and on those whose answer is shown.
    """

    strings: dict[str, list[Training]]
    labels: dict[int, list[Training]]
    mazes: list[Training]
    twins: list[Training]

    def trials(self) -> list[Training]:
        """All of them."""
        cells = [*self.strings.values(), *self.labels.values(), self.mazes, self.twins]
        return [trial for cell in cells for trial in cell]


@dataclasses.dataclass(frozen=True)
class Known:
    """What is finished of one architecture.

    Fields:
        name: of the architecture.
        strings, labels, mazes, twins: ledgers of the trainings of its `Plan`.
        complete: whether all are finished.
    """

    name: str
    strings: dict[str, tuple[Ledger, ...]]
    labels: dict[int, tuple[Ledger, ...]]
    mazes: tuple[Ledger, ...]
    twins: tuple[Ledger, ...]
    complete: bool

    def ledgers(self) -> list[Ledger]:
        """All of them."""
        cells = [*self.strings.values(), *self.labels.values(), self.mazes, self.twins]
        return [ledger for cell in cells for ledger in cell]

    def range(self, view: str = "beyond", without: str = "") -> float | None:
        """How far from chance (0) to all answers right (1) on strings, the mean over rules and seeds.

        0 without strings, as of a table that has a row for none of them; None where a rule has no finished network.

        Args:
            view: `beyond` for strings longer than those trained on, `novel-tempered` for others of the same lengths.
            without: a rule that is left out.
        """
        found = [[way(g, view) for g in ledgers] for rule, ledgers in self.strings.items() if rule != without]
        if not all(found):
            return None
        return float(np.mean([np.mean(seeds) for seeds in found])) if found else 0.0

    def capacity(self) -> float | None:
        """The most labels that were stored: those named right beyond chance, at the N where they are most."""
        found = [np.mean([labels_stored(ledger) for ledger in ledgers]) for ledgers in self.labels.values() if ledgers]
        return float(max(found)) if found else None

    def serial(self, boundary: int) -> dict[int, float]:
        """By seed, internal bits on mazes beyond the mean of those on the twins, where a reflex suffices."""
        twin = np.mean([ledger.internal(boundary) for ledger in self.twins]) if self.twins else np.nan
        return {ledger.seed: float(ledger.internal(boundary) - twin) for ledger in self.mazes}

    def mean(self, of: Callable[[Ledger], float]) -> float:
        """The mean over the networks trained on mazes."""
        return float(np.mean([of(ledger) for ledger in self.mazes]))


def mean_serial(known: Known, boundary: int) -> float:
    """Internal bits on mazes beyond those on the twins, mean over seeds."""
    return float(np.mean([*known.serial(boundary).values()]))


def way(ledger: Ledger, view: str) -> float:
    """The way from chance to the ceiling, where utility is 1 or 0 and chance one in so many answers."""
    return from_chance(ledger.mean(view) / ledger.mean(f"{view.removesuffix('-tempered')}-ceiling"), ledger)


def from_chance(share: float, ledger: Ledger) -> float:
    """A share of right answers, as the way from chance (0) to all (1)."""
    chance = 1 / ledger.record.trial.task.num_actions
    return (share - chance) / (1 - chance)


def labels_stored(ledger: Ledger) -> float:
    """Labels of the pool that are named right beyond chance."""
    task = ledger.record.trial.task
    return ledger.record.trial.num_instances * task.rows * task.columns * way(ledger, "own")


def read(store: Store, plans: dict[str, Plan]) -> list[Known]:
    """What is finished, by architecture, those left out of which there are no mazes yet."""

    def ledgers(trials: list[Training]) -> tuple[Ledger, ...]:
        return tuple(Ledger(record) for record in store.records(trials))

    found = []
    for name, plan in plans.items():
        strings = {rule: ledgers(trials) for rule, trials in plan.strings.items()}
        labels = {size: ledgers(trials) for size, trials in plan.labels.items()}
        known = Known(name, strings, labels, ledgers(plan.mazes), ledgers(plan.twins), False)
        whole = len(known.ledgers()) == len(plan.trials())
        found += [dataclasses.replace(known, complete=whole)] if known.mazes else []
    return found


def rise_of(networks: list[Known], values: list[float], ranges: list[float] | None = None) -> list[Estimate] | None:
    """What a quantity rises by from the least range to the greatest and from the least capacity to the greatest.

    Args:
        networks: complete ones.
        values: the quantity of each.
        ranges: of each, where it is another than that on longer strings.
    """
    ranges = [known.range() for known in networks] if ranges is None else ranges
    return rises(np.array(values), (np.array(ranges), octaves(networks)))


def octaves(networks: list[Known]) -> Float[np.ndarray, " networks"]:
    """log2 of the capacity of each architecture; of fewer than one label as of one."""
    return np.log2([max(known.capacity(), 1.0) for known in networks])
