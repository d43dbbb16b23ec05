"""What was reached, in bits of the neutral tail, against what was spent."""

import functools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ...lab import Record, Store, Training, Trial
from ...outcomes import Estimate
from ...power import SplitTail, binomial_limits, sum_tail

THRESHOLDS = (1, 2)
"""Bits beyond P; the guarantee allows 2^-t of the runs to reach t of them."""


class Held(NamedTuple):
    """One arm against the bound.

    Fields:
        name: of the arm.
        spent: P, bits of selection.
        reached: `(runs,)`, -log2 of the neutral chance of a joint utility at least as high.
        margin: how far the higher 95% limit of the neutral bits lies above them, for the worst run; 0 where exact.
        beyond_tail: runs that did better than anything that splitting saw; their bits are infinite, against the bound.
    """

    name: str
    spent: float
    reached: Float[np.ndarray, " runs"]
    margin: float
    beyond_tail: int

    def exceeding(self, bits: float) -> int:
        """Runs that reached so many bits more than were spent."""
        return int(np.sum(self.reached >= self.spent + bits))

    def excess(self, bits: float, level: float) -> Estimate:
        """log2 of the share of runs beyond P + `bits`, over the share that is allowed, 2^-`bits`.

        Above 0 the guarantee is broken. Where no run is beyond, half a run is counted.

        Args:
            bits: t.
            level: coverage of the limits (Clopper and Pearson).
        """
        runs, beyond = len(self.reached), self.exceeding(bits)
        low, high = binomial_limits(beyond, runs, level)
        return Estimate(*(float(np.log2(max(x, 0.5 / runs)) + bits) for x in (beyond / runs, low, high)))


def best_of_bits(spent: float) -> float:
    """Mean bits of the best of n = 2^spent neutral draws without ties, H_n / ln 2: what P can bring in, on average."""
    from scipy.special import digamma

    return float((digamma(2.0**spent + 1) + np.euler_gamma) / np.log(2))


def joint_utility(record: Record) -> float:
    """The sum of the utility over the pool, after the last step."""
    metrics = record.metrics()
    chosen = (metrics["view"] == "own") & (metrics["step"] == record.values["steps"])
    return float(np.sum(metrics["utility"][chosen]))


def lengths(record: Record) -> Float[np.ndarray, " pool"]:
    """Moves from start to goal of the mazes of the pool: half the bits of the best policy."""
    metrics = record.metrics()
    return metrics["bits"][metrics["view"] == "own-ceiling"] / 2


def uniform_bits(record: Record, step: int | None = None) -> float:
    """-log2 of the chance that uniformly random policies do as well on the whole pool: exact.

    The neutral tail of a table; of a network, what it would have cost to store the same without any structure.
    """
    metrics = record.metrics()
    chosen = (metrics["view"] == "own") & (metrics["step"] == (record.values["steps"] if step is None else step))
    moves = lengths(record)
    made = np.sum(moves) + np.sum(metrics["utility"][chosen])
    return float(-table_tail(tuple(moves))[round(made)])


@functools.lru_cache(maxsize=64)
def table_tail(moves: tuple[float, ...]) -> Float[np.ndarray, " sums"]:
    """log2 P(progress in all mazes together >= k) of uniformly random policies: a maze's is a cut geometric law."""
    chances = []
    for length in map(round, moves):
        made = np.arange(length + 1)
        chances.append(-2.0 * made + np.where(made < length, np.log2(3 / 4), 0.0))
    return sum_tail(chances)


def read_held(store: Store, name: str, trials: list[Training], tail: Trial | None) -> Held | None:
    """An arm against its neutral tail: exact for tables, the finished computation for networks.

    None where nothing is finished, or the tail is not.
    """
    records = store.records(trials)
    if not records or (tail is not None and tail not in store):
        return None
    spent = records[0].values["power_bits"]
    if tail is None:
        return Held(name, spent, np.array([uniform_bits(record) for record in records]), 0.0, 0)
    utility = np.array([joint_utility(record) for record in records])
    return Held(name, spent, *split_bits(store.record(tail).metrics(), utility))


def split_bits(columns: dict[str, np.ndarray], utility: Float[np.ndarray, " runs"]):
    """-log2 of the neutral chance of each joint utility, by splitting; the margin; how many are beyond what it saw."""
    numbers, counts = np.unique(columns["replicate"], return_counts=True)
    atoms = np.full((2, len(numbers), np.max(counts)), np.array([-np.inf, 0.0])[:, None, None])
    for row, number in enumerate(numbers):
        chosen = columns["replicate"] == number
        atoms[:, row, : counts[row]] = columns["utility"][chosen], columns["weight"][chosen]
    found = SplitTail(*atoms).log2_survival(utility)
    bits, low = (-np.asarray(values, float) for values in (found.value, found.low))
    beyond = np.isinf(bits)
    return bits, float(np.max(low[~beyond] - bits[~beyond], initial=0.0)), int(np.sum(beyond))
