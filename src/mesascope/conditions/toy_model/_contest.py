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

CLAIMED = "equation"
"""The explanation that the post gives."""


AS_FIXED, IN_STEPS = "as fixed before the run", "P counted in steps"
"""Rows of the table of choices from which others are made."""

DRAWS = 30
"""Simulated grids for each explanation."""


class Contest(NamedTuple):
    """The explanations on one grid, by name.

    Fields:
        fitted: with the numbers that fit all scored cells.
        scores: held-out errors, those of the other seeds among them.
        excess: error beyond that of the other seeds, with its interval over seeds.
        verdicts: by the rule of the condition.
        simulated: which of them this grid can tell apart.
        as_equation: rivals whose best numbers make them the equation itself.
    """

    fitted: dict[str, AbstractExplanation]
    scores: Mapping[str, Score]
    excess: dict[str, Estimate]
    verdicts: dict[str, Verdict]
    simulated: Confusion
    as_equation: frozenset[str]


def compare(grid: Grid, judge: Callable[[Estimate], Verdict]) -> Contest:
    """The contest on a grid: simulated first, then scored."""
    simulated = confusion(grid, DRAWS)
    scores = contest(grid)
    excess = _excess(scores)
    fitted = {name: fit(grid, kind) for name, kind in EXPLANATIONS.items()}
    verdicts = {name: judge(effect) for name, effect in excess.items()}
    curves = grid.curves(list(range(grid.num_seeds)))
    plain = grid.predicted(EXPLANATIONS[CLAIMED](), curves)
    same = {name for name, rival in fitted.items() if np.allclose(grid.predicted(rival, curves), plain, atol=1e-9)}
    return Contest(fitted, scores, excess, verdicts, simulated, frozenset(same - {CLAIMED}))


def contest_tables(found: Contest, suffix: str = "", remark: str = "") -> tuple[Table, Table]:
    """A verdict for each explanation, and what the grid can tell apart."""
    return _verdict_table(found, suffix, remark), _confusion_table(found.simulated, suffix, remark)


def choice_table(rows: dict[int | None, list[Ledger]], batch: int, seen: tuple[int, ...]) -> Table:
    """The error beyond noise of every explanation where something is chosen otherwise.

    Args:
        rows: ledgers by N.
        batch: instances of a full step.
        seen: N whose results were known before.
    """
    plain = surface_of(rows).grid
    each = plain.visits / plain.instances[:, None]
    measured = each >= plain.tuning_visits[0]
    in_steps = surface_of(rows, "steps").grid
    stricter, milder = (surface_of(rows, solved=share).grid for share in (0.8, 0.95))
    choices = {
        AS_FIXED: plain,
        "only N that diversity had not shown": _only(plain, ~np.isin(plain.instances, seen)[:, None]),
        "best division unique for the curves of every fold": _only(plain, _unique_in_folds(plain)),
        f"visits of each instance where g was measured ({plain.tuning_visits[0]:g} and more)": _only(plain, measured),
        "fewer visits of each, where g is drawn as a line from 0": _only(plain, ~measured),
        f"N of {batch} and more, where batches are full": _only(plain, (plain.instances >= batch)[:, None]),
        "novel bits at temperature 1": surface_of(rows, view="novel").grid,
        "solved from 0.8 of the ceiling on": stricter,
        "solved from 0.95 of the ceiling on": milder,
        IN_STEPS: in_steps,
    }
    scores = {label: contest(grid) for label, grid in choices.items() if np.any(grid.scored)}
    lines = [(label, int(np.sum(choices[label].scored)), *_errors_of(found)) for label, found in scores.items()]
    for label, choice, part in (
        ("every cell once: held-out N alone", AS_FIXED, "by_size"),
        ("judged by novel bits alone", AS_FIXED, "novel"),
        ("judged by tuned bits alone", AS_FIXED, "tuned"),
        ("judged by novel bits alone, P counted in steps", IN_STEPS, "novel"),
    ):
        if choice in scores:
            lines.append((label, int(np.sum(choices[choice].scored)), *_errors_of(scores[choice], part)))
    title = "Error beyond noise where something is chosen otherwise: bits [95% interval over seeds]"
    return Table("choices", title, ("choice", "cells scored", *EXPLANATIONS), tuple(lines))


def _only(grid: Grid, cells) -> Grid:
    return dataclasses.replace(grid, scored=grid.scored & cells)


def _unique_in_folds(grid: Grid):
    """Cells whose best division is unique for the curves of all seeds but one, whichever that is."""
    seeds = range(grid.num_seeds)
    equation = EXPLANATIONS[CLAIMED]()
    folds = [grid.curves([other for other in seeds if other != seed]) for seed in seeds]
    tied = [equation.predict(grid.visits, grid.instances[:, None], curves).at_ceiling for curves in folds]
    return ~np.any(tied, axis=0)


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
            _numbers(explanation, name in found.as_equation),
            _estimate(found.excess[name]),
            found.verdicts[name],
            *(_mean(part) for part in found.scores[name][1:]),
            ", ".join(found.simulated.together(name)) or None,
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
    title = (
        f"Simulated on this grid{remark}: how often (% of {simulated.draws}) the column is chosen where the row holds"
    )
    return Table(f"confusion{suffix}", title, ("true", *simulated.names), tuple(rows))


def _numbers(explanation: AbstractExplanation, as_equation: bool) -> str | None:
    values = dataclasses.asdict(explanation)
    text = ", ".join(f"{name} = {value:.3g}" for name, value in values.items())
    return (f"{text}: the equation itself" if as_equation else text) or None


def _estimate(value: Estimate) -> str:
    return f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"


def _mean(values: Float[np.ndarray, " seeds"]) -> float | None:
    mean = float(np.mean(values))
    return None if np.isnan(mean) else round(mean, 2)
