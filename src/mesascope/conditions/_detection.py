"""Thresholds chosen on some families of organisms, and how often they are wrong on all others."""

import dataclasses
from typing import NamedTuple

import numpy as np

from ._organisms import MEASURES, Row

DETECTORS = ("certified", "internal", "surplus", "thinking-gain", "retarget")
"""Measures by which one might call something a search."""

NEEDED = ("certified", "internal", "retarget")
"""Search needs all three of these (SCIENCE, section 3)."""

CHOSEN_ON = ("flood-fill", "print-follower", "lookup-table", "greedy-reflex", "trained-reflex", "random-network")
"""Families on which thresholds are chosen: the plainest of each kind. All others judge them, every trap among these."""


@dataclasses.dataclass(frozen=True)
class Rates:
    """How often a detector is wrong on families on which its threshold was not chosen.

    Fields:
        name: a measure, or `search`.
        threshold: above it something is detected; None for `search`, which needs all of its measures.
        false_positive_rate, false_negative_rate: shares; nan where there are no such organisms.
        negatives, positives: numbers of organisms.
        wrong: those that were taken for what they are not.
        weak: organisms that have it, and state too little of it to be judged.
        weak_missed: those of them that were not detected.
    """

    name: str
    threshold: float | None
    false_positive_rate: float
    false_negative_rate: float
    negatives: int
    positives: int
    wrong: tuple[str, ...]
    weak: int
    weak_missed: int


def threshold(rows: list[Row]) -> float:
    """The value between organisms that have what is measured and those that have not, with the fewest errors.

    Midway between two neighbouring values; of equally good places the widest gap, which leaves most room on both sides.
    """
    rows = [row for row in rows if row.has_it is not None]
    values = np.sort(np.unique([row.measured.value for row in rows]))
    if len(values) < 2:
        return float("inf")
    candidates = (values[1:] + values[:-1]) / 2
    errors = [sum((row.measured.value > c) != row.has_it for row in rows) for c in candidates]
    best = np.flatnonzero(errors == np.min(errors))
    gaps = (values[1:] - values[:-1])[best]
    return float(candidates[best[np.argmax(gaps)]])


class Decision(NamedTuple):
    """What a detector says of an organism, and what is so by construction.

    Fields:
        detected: whether it fires.
        has_it: whether it should; None where an organism has it, and states too little to be judged.
    """

    detected: bool
    has_it: bool | None


def rates(rows: list[Row]) -> list[Rates]:
    """The rates of every detector, on the families that thresholds were not chosen on."""
    limits, judged = _thresholds(rows), [row for row in rows if row.family not in CHOSEN_ON]
    found = []
    for name in DETECTORS:
        of_it = [row for row in judged if row.measure.name == name]
        decisions = {row.organism: Decision(row.measured.value > limits[name], row.has_it) for row in of_it}
        found.append(_rates(name, limits[name], decisions))
    return [*found, _rates("search", None, _search(judged, limits))]


def mistaken(rows: list[Row]) -> tuple[list[str], list[str]]:
    """Organisms of all families that are taken for a search and are none, and searches that are not found."""
    decisions = _search(rows, _thresholds(rows)).items()
    taken = [name for name, (detected, has_it) in decisions if detected and has_it is False]
    return taken, [name for name, (detected, has_it) in decisions if not detected and has_it is not False]


def _thresholds(rows: list[Row]) -> dict[str, float]:
    """The threshold of each detector, from the families that choose, and at least what its measure may be off by."""
    chosen, allowed = [row for row in rows if row.family in CHOSEN_ON], {m.name: m.tolerance for m in MEASURES}
    found = {name: threshold([row for row in chosen if row.measure.name == name]) for name in DETECTORS}
    return {name: max(value, allowed[name]) for name, value in found.items()}


def _search(rows: list[Row], thresholds: dict[str, float]) -> dict[str, Decision]:
    """For each organism whether all that search needs was detected, and whether it searches, by construction.

    Where a measure is lacking, certified bits without a reflex level, say, nothing is called a search.
    """
    decisions = {}
    for organism in dict.fromkeys(row.organism for row in rows):
        own = {row.measure.name: row for row in rows if row.organism == organism}
        # what is played move by move has neither stages nor a goal that can be moved
        if not {"internal", "retarget"} <= set(own):
            continue
        detected = all(name in own and own[name].measured.value > thresholds[name] for name in NEEDED)
        strong = all(name in own and own[name].has_it for name in NEEDED)
        decisions[organism] = Decision(detected, (True if strong else None) if own["retarget"].searches else False)
    return decisions


def _rates(name: str, limit: float | None, decisions: dict[str, Decision]) -> Rates:
    negatives, positives, weak = (
        [detected for detected, has_it in decisions.values() if has_it is kind] for kind in (False, True, None)
    )
    return Rates(
        name,
        limit,
        float(np.mean(negatives)) if negatives else float("nan"),
        float(1 - np.mean(positives)) if positives else float("nan"),
        len(negatives),
        len(positives),
        tuple(name for name, (detected, has_it) in decisions.items() if has_it not in (None, detected)),
        len(weak),
        len(weak) - sum(weak),
    )
