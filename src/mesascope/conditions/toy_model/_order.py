"""Does it matter which pool came first?"""

from collections.abc import Mapping

import numpy as np

from ...findings import Table
from ...stats import Verdict, mean_interval, verdict
from .._ledger import Ledger
from ..diversity import interval_text

HISTORY: dict[Verdict, str] = {
    "supported": "a lock-in, or the rates",
    "contradicted": "the last pool decides: neither an allocation nor a lock-in",
    "no effect": "an allocation: no history",
    "inconclusive": "inconclusive",
}
HELD_BACK: dict[Verdict, str] = {
    "supported": "the first pool holds back, beyond the rates",
    "contradicted": "the first pool helps",
    "no effect": "the rates explain the rest",
    "inconclusive": "inconclusive",
}
"""What the two differences of the order arms say, by the verdict on them."""


def order_table(
    arms: Mapping[tuple[int, int] | None, list[Ledger]], order: tuple[int, int], smallest_effect: float
) -> Table:
    """Novel bits after both halves of the order arms, and what their differences say.

    Args:
        arms: networks by their N in the first and in the second half; those of the control by None.
        order: few and many.
        smallest_effect: difference in bits that matters.
    """
    few, many = order
    whole = {
        arm: {ledger.seed: ledger for ledger in ledgers if not ledger.record.failed} for arm, ledgers in arms.items()
    }
    ends = {arm: {seed: ledger.mean("novel-tempered") for seed, ledger in of.items()} for arm, of in whole.items()}
    rows: list[tuple] = []
    for first, then in ((few, many), (many, few)):
        halves = [ledger.mean("novel-tempered", step=ledger.last_step // 2) for ledger in whole[first, then].values()]
        end = ends[first, then].values()
        rows.append((f"{first}, then {then}", len(halves), interval_text(halves), interval_text(end), None))
    alone = f"{many} alone, for half the steps at the rates of the second half"
    rows.append((alone, len(ends[None]), None, interval_text(ends[None].values()), None))
    for label, better, words in (
        ("many first less few first, rates differing too", ends[many, few], HISTORY),
        ("many alone less few first", ends[None], HELD_BACK),
    ):
        worse = ends[few, many]
        gaps = [better[seed] - worse[seed] for seed in sorted(better.keys() & worse.keys())]
        rows.append((label, len(gaps), None, interval_text(gaps), _says(gaps, smallest_effect, words)))
    heads = ("training", "seeds", "novel bits after the first half", "novel bits at the end", "says")
    title = "The order of training: half the steps on each number of instances (bits, 95% interval over seeds)"
    return Table("order", title, heads, tuple(rows))


def _says(gaps: list[float], smallest_effect: float, words: dict[Verdict, str]) -> str | None:
    if len(gaps) < 2:
        return None
    return words[verdict(mean_interval(np.array(gaps)), smallest_effect)]
