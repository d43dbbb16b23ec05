"""What a measurement of the bench is, and how two things are timed against each other."""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import jax

ROUNDS = 7
"""Pairs of timings a ratio is made of."""


class Row(NamedTuple):
    """One line of the bench.

    Fields:
        what: is compared with what.
        value: the ratio, or the exponent; None where it was not measured.
        low, high: smallest and largest of the paired ratios, or the limits of the exponent.
        unit: of the value.
        goal: what is aimed at, empty where nothing is.
        met: whether it was reached; None without a goal or a value.
        note: sizes, absolute rates, or why it was not measured.
    """

    what: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    goal: str = ""
    met: bool | None = None
    note: str = ""


def not_measured(what: str, why: str, goal: str = "") -> Row:
    """A line that says why it has no number."""
    return Row(what, None, None, None, "", goal, None, f"not measured: {why}")


class Timed(NamedTuple):
    """Seconds of several runs."""

    seconds: list[float]

    @property
    def best(self) -> float:
        """The least disturbed one."""
        return min(self.seconds)


def timed(work: Callable[[], object], rounds: int = ROUNDS) -> Timed:
    """Seconds of each of some runs, after one that is not counted."""
    return paired([work], rounds)[0]


def paired(works: list[Callable[[], object]], rounds: int = ROUNDS) -> list[Timed]:
    """Seconds of several things that take turns, so that a machine that slows down slows all of them.

    Each runs once before without being counted: that is when programs are compiled.
    """
    for work in works:
        jax.block_until_ready(work())
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for number, work in enumerate(works):
            began = time.perf_counter()
            jax.block_until_ready(work())
            seconds[number].append(time.perf_counter() - began)
    return [Timed(found) for found in seconds]


def ratio(
    what: str,
    above: Timed,
    below: Timed,
    scale: float = 1.0,
    at_least: float | None = None,
    at_most: float | None = None,
    note: str = "",
) -> Row:
    """A line from paired timings: the median of `scale * above / below` over the pairs.

    Args:
        what: is compared.
        above, below: timings taken in turns.
        scale: factor, of different amounts of work.
        at_least, at_most: the goal.
        note: of the line.
    """
    found = [scale * a / b for a, b in zip(above.seconds, below.seconds)]
    value = statistics.median(found)
    goal, met = "", None
    if at_least is not None:
        goal, met = f"at least {at_least:g}", value >= at_least
    if at_most is not None:
        goal, met = f"at most {at_most:g}", value <= at_most
    return Row(what, value, min(found), max(found), "times", goal, met, note)
