"""Each explanation's held-out error, its verdict, and what this grid can tell apart."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ...findings import Table
from ...outcomes import Estimate
from ...stats import Verdict, mean_interval
from ...theory import EXPLANATIONS, FLOOR, AbstractExplanation, Confusion, Grid, Score, confusion, contest, fit
from .._ledger import Ledger
from ._surface import surface_of


class Contest(NamedTuple):
    """The explanations on one grid, by name.

    Fields:
        fitted: with the numbers that fit all scored cells.
        scores: held-out errors, those of the other seeds among them.
        excess: error beyond that of the other seeds, with its interval over seeds.
        verdicts: by the rule of the condition.
        simulated: which of them this grid can tell apart.
    """

    fitted: dict[str, AbstractExplanation]
    scores: Mapping[str, Score]
    excess: dict[str, Estimate]
    verdicts: dict[str, Verdict]
    simulated: Confusion

    def together(self, name: str) -> tuple[str, ...]:
        """The explanations that this grid cannot tell from one."""
        among = next(names for names in self.simulated.classes if name in names)
        return tuple(other for other in among if other != name)


def compare(grid: Grid, judge: Callable[[Estimate], Verdict]) -> Contest:
    """The contest on a grid: simulated first, then scored."""
    simulated = confusion(grid)
    scores = contest(grid)
    excess = _excess(scores)
    fitted = {name: fit(grid, kind) for name, kind in EXPLANATIONS.items()}
    return Contest(fitted, scores, excess, {name: judge(effect) for name, effect in excess.items()}, simulated)


def contest_tables(found: Contest, suffix: str = "", remark: str = "") -> tuple[Table, Table]:
    """A verdict for each explanation, and what the grid can tell apart."""
    return _verdict_table(found, suffix, remark), _confusion_table(found.simulated, suffix, remark)


def choice_table(rows: dict[int | None, list[Ledger]], batch: int) -> Table:
    """The error beyond noise of every explanation where something is chosen otherwise."""
    plain = surface_of(rows).grid
    full = plain.scored & (plain.instances >= batch)[:, None]
    stricter, milder = (surface_of(rows, solved=share).grid for share in (0.8, 0.95))
    choices = {
        "as fixed before the run": plain,
        "P counted in steps": surface_of(rows, "steps").grid,
        "novel bits at temperature 1": surface_of(rows, view="novel").grid,
        "solved from 0.8 of the ceiling on": stricter,
        "solved from 0.95 of the ceiling on": milder,
        f"N of {batch} and more, where batches are full": dataclasses.replace(plain, scored=full),
    }
    scores = {label: contest(grid) for label, grid in choices.items() if np.any(grid.scored)}
    lines = [(label, int(np.sum(choices[label].scored)), *_errors_of(found)) for label, found in scores.items()]
    for part in ("novel", "tuned"):
        first = next(iter(scores.values()))
        lines.append((f"judged by {part} bits alone", int(np.sum(plain.scored)), *_errors_of(first, part)))
    title = "Error beyond noise where something is chosen otherwise: bits [95% interval over seeds]"
    return Table("choices", title, ("choice", "cells scored", *EXPLANATIONS), tuple(lines))


def _excess(scores: Mapping[str, Score], part: str = "all") -> dict[str, Estimate]:
    floor = getattr(scores[FLOOR], part)
    return {name: mean_interval(getattr(score, part) - floor) for name, score in scores.items() if name != FLOOR}


def _errors_of(scores: Mapping[str, Score], part: str = "all") -> list[str]:
    return [_estimate(effect) for effect in _excess(scores, part).values()]


def _verdict_table(found: Contest, suffix: str, remark: str) -> Table:
    rows = [
        (
            name,
            explanation.says,
            _numbers(explanation),
            _estimate(found.excess[name]),
            found.verdicts[name],
            *(_mean(part) for part in found.scores[name][1:]),
            ", ".join(found.together(name)) or None,
        )
        for name, explanation in found.fitted.items()
    ]
    floor = found.scores[FLOOR]
    rows.append((FLOOR, "what noise leaves", None, None, None, *(_mean(part) for part in floor[1:]), None))
    heads = (
        "explanation",
        "says",
        "fitted on all cells",
        "error beyond noise",
        "verdict",
        "error: novel",
        "tuned",
        "N held out",
        "top octaves of P held out",
        "cannot be told from",
    )
    title = f"Each explanation on held-out cells{remark}: root mean squared error in bits [95% interval over seeds]"
    return Table(f"explanations{suffix}", title, heads, tuple(rows))


def _confusion_table(simulated: Confusion, suffix: str, remark: str) -> Table:
    rows = [
        (name, *(round(100 * float(rate)) for rate in rates)) for name, rates in zip(simulated.names, simulated.rates)
    ]
    title = f"Simulated on this grid{remark}: how often (%) the column is chosen where the row is true"
    return Table(f"confusion{suffix}", title, ("true", *simulated.names), tuple(rows))


def _numbers(explanation: AbstractExplanation) -> str | None:
    values = dataclasses.asdict(explanation)
    return ", ".join(f"{name} = {value:.3g}" for name, value in values.items()) or None


def _estimate(value: Estimate) -> str:
    return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"


def _mean(values: Float[np.ndarray, " seeds"]) -> float | None:
    mean = float(np.mean(values))
    return None if np.isnan(mean) else round(mean, 2)
