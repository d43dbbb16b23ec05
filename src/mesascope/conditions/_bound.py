"""What runs of selection reached, in bits of their neutral tail, held against what they spent."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..outcomes import Estimate
from ..power import binomial_limits, tail_of_rows
from ._race import joint_utility, uniform_bits
from .frame import AbstractEffect, Cell, Cells

TAIL = "neutral tail"
"""Level of the cell in which an arm's neutral tail is computed."""

THRESHOLDS = (1, 2)
"""Bits beyond P; the guarantee allows 2^-t of the runs to reach t of them."""


class Held(NamedTuple):
    """One arm against the bound.

    Fields:
        name: of the arm.
        spent: P, bits of selection.
        reached: `(runs,)`, -log2 of the neutral chance of a joint utility at least as high.
        level: coverage of the limits of a single share, so that those of all arms and t hold together at 95%.
        margin: how far the higher 95% limit of the neutral bits lies above them, for the worst run; 0 where exact.
        beyond_tail: runs that did better than anything that splitting saw; their bits are infinite, against the bound.
    """

    name: str
    spent: float
    reached: Float[np.ndarray, " runs"]
    level: float
    margin: float = 0.0
    beyond_tail: int = 0

    def exceeding(self, bits: float) -> int:
        """Runs that reached so many bits more than were spent."""
        return int(np.sum(self.reached >= self.spent + bits))

    def excess(self, bits: float) -> Estimate:
        """log2 of the share of runs beyond P + `bits`, over the share that is allowed, 2^-`bits`.

        Above 0 the guarantee is broken. Where no run is beyond, half a run is counted. Limits are Clopper and
        Pearson's.
        """
        runs, beyond = len(self.reached), self.exceeding(bits)
        low, high = binomial_limits(beyond, runs, self.level)
        return Estimate(*(float(np.log2(max(x, 0.5 / runs)) + bits) for x in (beyond / runs, low, high)))


def held_of(cells: Cells, arms: Sequence[str]) -> list[Held]:
    """Arms against their neutral tails, exact for tables, by splitting for networks; those unfinished left out."""
    level = 1 - 0.05 / (len(THRESHOLDS) * len(arms))
    needed = {arm: [cell for cell in (Cell(arm), Cell(arm, TAIL)) if cell in cells.plan] for arm in arms}
    return [_held(cells, arm, level) for arm in arms if all(cell in cells for cell in needed[arm])]


def _held(cells: Cells, arm: str, level: float) -> Held:
    ledgers = cells[arm, None].ledgers
    spent = ledgers[0].record.values["power_bits"]
    if (arm, TAIL) not in cells:
        return Held(arm, spent, np.array([uniform_bits(ledger) for ledger in ledgers]), level)
    rows = cells[arm, TAIL].ledgers[0].record.metrics()
    bits, *rest = split_bits(rows, np.array([joint_utility(ledger) for ledger in ledgers], float))
    return Held(arm, spent, bits, level, *rest)


def split_bits(rows: dict[str, np.ndarray], utility: Float[np.ndarray, " runs"]):
    """-log2 of the neutral chance of each joint utility, by splitting; the margin; how many are beyond what it saw."""
    found = tail_of_rows(rows).log2_survival(utility)
    bits, low = (-np.asarray(values, float) for values in (found.value, found.low))
    beyond = np.isinf(bits)
    return bits, float(np.max(low[~beyond] - bits[~beyond], initial=0.0)), int(np.sum(beyond))


@dataclasses.dataclass(frozen=True)
class DecidingShare(AbstractEffect):
    """Of all arms and t the share that decides: log2 of runs beyond P + t over what is allowed.

    Fields:
        arms: all must have runs.
        limit: of the rule.
    """

    arms: tuple[str, ...]
    limit: float

    def estimate(self, cells):
        held = held_of(cells, self.arms)
        return deciding(held, self.limit) if len(held) == len(self.arms) else None

    def p_value(self, cells, threshold, above):
        return share_p_value(held_of(cells, self.arms), threshold, above)

    def about(self, cells):
        return None

    def spread(self, cells):
        return None


def deciding(held: Sequence[Held], limit: float) -> Estimate:
    """The excess with the highest upper limit; but where a lower limit is above `limit`, that with the highest."""
    found = [arm.excess(bits) for arm in held for bits in THRESHOLDS]
    broken = max(found, key=lambda excess: excess.low)
    return broken if broken.low > limit else max(found, key=lambda excess: excess.high)


def share_p_value(held: Sequence[Held], threshold: float, above: bool) -> float:
    """One-sided p from an exact binomial test of every share.

    Below, all must be, so that the greatest counts. Above, one must be: the least by Bonferroni's correction.
    """
    from scipy.stats import binom

    found = []
    for arm in held:
        for bits in THRESHOLDS:
            law = binom(len(arm.reached), min(2.0 ** (threshold - bits), 1.0))
            found.append(law.sf(arm.exceeding(bits) - 1) if above else law.cdf(arm.exceeding(bits)))
    return float(min(min(found) * len(found), 1.0) if above else max(found))
