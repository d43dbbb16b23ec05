"""The equation and its rivals on measured cells, as tables and charts."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from jaxtyping import Float

from ..findings import Chart, Field, Table
from ..outcomes import Estimate
from ..stats import Verdict, mean_interval
from ..theory import (
    EXPLANATIONS, FLOOR, AbstractExplanation, Comparison, Confusion, Grid, Score, contest, excess, fit,
    unique_in_folds,
)  # fmt: skip
from ._surface import Surface, surface_of
from .frame import Runs, interval

AS_FIXED, IN_STEPS = "as fixed before the run", "P counted in steps"
"""Rows of the table of choices from which others are made."""


def beyond_noise(scores: Mapping[str, Score], part: str = "all") -> dict[str, Estimate]:
    """Each explanation's error beyond that of the other seeds, with its interval over seeds."""
    return {name: mean_interval(errors) for name, errors in excess(scores, part).items()}


def contest_tables(
    found: Comparison, judge: Callable[[Estimate], Verdict], suffix: str = "", remark: str = ""
) -> tuple[Table, Table]:
    """A verdict for each explanation, and what the grid can tell apart.

    Args:
        found: the explanations on one grid.
        judge: the rule.
        suffix: of the tables' names.
        remark: in their titles.
    """
    return _verdicts(found, judge, suffix, remark), _confusion(found.simulated, suffix, remark)


def choices_table(cells: Iterable[Runs], batch: int, seen: tuple[int, ...]) -> Table:
    """The error beyond noise of every explanation where something is chosen otherwise.

    Args:
        cells: networks by N.
        batch: instances of a full step.
        seen: N whose results were known before.
    """
    grids = _choices(list(cells), batch, seen)
    scores = {label: contest(grid) for label, grid in grids.items() if np.any(grid.scored)}
    parts = [(label, label, "all") for label in scores] + [
        ("every cell once: held-out N alone", AS_FIXED, "by_size"),
        ("judged by novel bits alone", AS_FIXED, "novel"),
        ("judged by tuned bits alone", AS_FIXED, "tuned"),
        ("judged by novel bits alone, P counted in steps", IN_STEPS, "novel"),
    ]
    rows = [
        (
            label,
            int(np.sum(grids[choice].scored)),
            *(interval(e, 2) for e in beyond_noise(scores[choice], part).values()),
        )
        for label, choice, part in parts
        if choice in scores
    ]
    title = "Error beyond noise where something is chosen otherwise: bits [95% interval over seeds]"
    return Table("choices", title, ("choice", "cells scored", *EXPLANATIONS), tuple(rows))


def _choices(cells: list[Runs], batch: int, seen: tuple[int, ...]) -> dict[str, Grid]:
    plain = surface_of(cells).grid
    measured = plain.visits / plain.instances[:, None] >= plain.tuning_visits[0]

    def only(kept) -> Grid:
        return dataclasses.replace(plain, scored=plain.scored & kept)

    return {
        AS_FIXED: plain,
        "only N that diversity had not shown": only(~np.isin(plain.instances, seen)[:, None]),
        "best division unique for the curves of every fold": only(unique_in_folds(plain)),
        f"visits of each instance where g was measured ({plain.tuning_visits[0]:g} and more)": only(measured),
        "fewer visits of each, where g is drawn as a line from 0": only(~measured),
        f"N of {batch} and more, where batches are full": only((plain.instances >= batch)[:, None]),
        "novel bits at temperature 1": surface_of(cells, view="novel").grid,
        "solved from 0.8 of the ceiling on": surface_of(cells, solved=0.8).grid,
        "solved from 0.95 of the ceiling on": surface_of(cells, solved=0.95).grid,
        IN_STEPS: surface_of(cells, "steps").grid,
    }


def _verdicts(found: Comparison, judge: Callable[[Estimate], Verdict], suffix: str, remark: str) -> Table:
    rows = []
    for name, errors in beyond_noise(found.scores).items():
        explanation, together = found.fitted[name], ", ".join(found.simulated.together(name)) or None
        said = explanation.says, _numbers(explanation, name in found.as_equation), interval(errors, 2), judge(errors)
        rows.append((name, *said, *map(_mean, found.scores[name][1:]), together))
    rows.append((FLOOR, "what noise leaves", None, None, None, *map(_mean, found.scores[FLOOR][1:]), None))
    errors = "error: novel", "tuned", "N held out", "top octaves of P held out"
    heads = (
        "explanation",
        "says",
        "fitted on all cells",
        "error beyond noise",
        "verdict",
        *errors,
        "cannot be told from",
    )
    title = f"Each explanation on held-out cells{remark}: root mean squared error in bits [95% interval over seeds]"
    return Table(f"explanations{suffix}", title, heads, tuple(rows))


def _confusion(simulated: Confusion, suffix: str, remark: str) -> Table:
    percents = [[round(100 * float(rate)) for rate in rates] for rates in simulated.rates]
    rows = [(name, *shares) for name, shares in zip(simulated.names, percents)]
    title = (
        f"Simulated on this grid{remark}: how often (% of {simulated.draws}) the column is chosen where the row holds"
    )
    return Table(f"confusion{suffix}", title, ("true", *simulated.names), tuple(rows))


def _numbers(explanation: AbstractExplanation, as_equation: bool) -> str | None:
    text = ", ".join(f"{name} = {value:.3g}" for name, value in dataclasses.asdict(explanation).items())
    return (f"{text}: the equation itself" if as_equation else text) or None


def _mean(values: Float[np.ndarray, " seeds"]) -> float | None:
    mean = float(np.mean(values))
    return None if np.isnan(mean) else round(mean, 2)


def prediction_chart(surface: Surface) -> Chart:
    """Chart of the equation against all cells."""
    said = ("novel", surface.predicted.novel), ("tuned", surface.predicted.tuned)
    return _against(
        "prediction",
        "What the equation predicts from two measured curves (dashed), and what training does",
        "Novel and tuned bits over N after the steps that the colour names. Points are training seeds, bands 95% "
        "intervals over seeds. Dashed: the equation with nothing fitted, from novel bits at unlimited N and tuned bits "
        "at N = 1; where many divisions are equally good it is drawn at the one that stores most.",
        Field("steps", "steps of training", "category"),
        surface,
        {j: str(step) for j, step in enumerate(surface.steps)},
        [(size, str(step), measure, bits[i, j]) for measure, bits in said for i, j, size, step in surface.cells()],
    )


def explanations_chart(surface: Surface) -> Chart:
    """Chart of every explanation at the last checkpoint."""
    grid = surface.grid
    curves = grid.curves(list(range(grid.num_seeds)))
    said = {name: grid.predicted(fit(grid, kind), curves)[..., -1] for name, kind in EXPLANATIONS.items()}
    return _against(
        "explanations",
        "The equation and its rivals at the end of training",
        f"Novel and tuned bits over N after {surface.steps[-1]} steps; dashed, each explanation with its numbers "
        f"fitted to the scored cells of all steps. Of the {len(grid.scored)} N shown, "
        f"{np.sum(grid.scored[:, -1])} are scored at this P; in the others the seen instances are solved or the "
        "equation leaves many divisions open.",
        Field("explanation", "", "category"),
        surface,
        {len(surface.steps) - 1: "measured"},
        [
            (int(size), name, measure, value)
            for name, both in said.items()
            for measure, bits in zip(("novel", "tuned"), both)
            for size, value in zip(grid.instances, bits)
        ],
    )


def _against(
    name: str, title: str, caption: str, color: Field, surface: Surface, shown: Mapping[int, str], said: list[tuple]
) -> Chart:
    """Chart of measured bits over N, with what was predicted as dashed lines.

    Args:
        name, title, caption, color: of the chart.
        surface: what was measured.
        shown: number of a checkpoint -> its colour.
        said: N, colour, measure and bits that were predicted.
    """
    rows = tuple(
        {"N": size, color.name: shown[j], "measure": measure, "bits": float(value), "seed": seed}
        for measure, bits in (("novel", surface.grid.novel), ("tuned", surface.grid.tuned))
        for i, j, size, _ in surface.cells()
        if j in shown
        for seed, value in zip(surface.seeds, bits[:, i, j])
    )
    lines = tuple({"N": n, color.name: c, "measure": m, "bits": float(bits)} for n, c, m, bits in said)
    axes = Field("N", "N, instances trained on", "log"), Field("bits", "bits"), color
    return Chart(name, title, caption, "curves", rows, *axes, Field("measure", "measure", "category"), lines=lines)
