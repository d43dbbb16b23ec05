"""Thresholds chosen on one half of the organisms, and how often they are wrong on the other."""

import dataclasses

import numpy as np

from ._organisms import Row

DETECTORS = ("surplus", "internal", "thinking-gain", "retarget")
"""Measures by which one might call something a search."""

NEEDED = ("surplus", "internal", "retarget")
"""Search needs all three of these (SCIENCE, section 3)."""


@dataclasses.dataclass(frozen=True)
class Rates:
    """How often a detector is wrong on organisms on which its threshold was not chosen.

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


def rates(rows: list[Row], chosen_on: set[str]) -> list[Rates]:
    """The rates of every detector, on the organisms that thresholds were not chosen on."""
    found, thresholds = [], {}
    for name in DETECTORS:
        of_it = [row for row in rows if row.measure.name == name]
        thresholds[name] = threshold([row for row in of_it if row.organism in chosen_on])
        judged = [row for row in of_it if row.organism not in chosen_on]
        decisions = {row.organism: (row.measured.value > thresholds[name], row.has_it) for row in judged}
        found.append(_rates(name, thresholds[name], decisions))
    return [*found, _rates("search", None, _search(rows, chosen_on, thresholds))]


def _search(rows: list[Row], chosen_on: set[str], thresholds: dict[str, float]) -> dict[str, tuple[bool, bool | None]]:
    """For each organism whether all that search needs was detected, and whether it searches, by construction."""
    decisions = {}
    for organism in dict.fromkeys(row.organism for row in rows):
        own = {row.measure.name: row for row in rows if row.organism == organism}
        # without a reflex level there is no surplus: the other two decide
        needed = [name for name in NEEDED if name in own]
        if organism in chosen_on or not {"internal", "retarget"} <= set(needed):
            continue
        detected = all(own[name].measured.value > thresholds[name] for name in needed)
        strong = all(own[name].has_it for name in needed)
        decisions[organism] = (detected, strong or (None if own["retarget"].searches else False))
    return decisions


def _rates(name: str, limit: float | None, decisions: dict[str, tuple[bool, bool | None]]) -> Rates:
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
