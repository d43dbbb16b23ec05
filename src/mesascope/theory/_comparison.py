"""The equation and its rivals on one grid: who errs by how much beyond noise, and whom the grid can tell apart."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from ._contest import FLOOR, Confusion, Grid, Score, confusion, contest, fit
from ._rivals import EXPLANATIONS, AbstractExplanation

CLAIMED = "equation"
"""The explanation that the post gives."""


class Comparison(NamedTuple):
    """The explanations on one grid, by name.

    Fields:
        fitted: with the numbers that fit all scored cells.
        scores: held-out errors, those of the other seeds among them.
        simulated: which of them this grid can tell apart.
        as_equation: rivals whose best numbers make them the equation itself.
    """

    fitted: dict[str, AbstractExplanation]
    scores: Mapping[str, Score]
    simulated: Confusion
    as_equation: frozenset[str]


def compare(grid: Grid, draws: int) -> Comparison:
    """The contest on a grid: simulated first, then scored.

    Args:
        grid: what was measured, at two or more seeds.
        draws: simulated grids for each explanation.
    """
    simulated = confusion(grid, draws)
    fitted = {name: fit(grid, kind) for name, kind in EXPLANATIONS.items()}
    curves = grid.curves(list(range(grid.num_seeds)))
    plain = grid.predicted(EXPLANATIONS[CLAIMED](), curves)
    same = {name for name, rival in fitted.items() if np.allclose(grid.predicted(rival, curves), plain, atol=1e-9)}
    return Comparison(fitted, contest(grid), simulated, frozenset(same - {CLAIMED}))


def excess(
    scores: Mapping[str, Score], part: Literal["all", "novel", "tuned", "by_size", "by_power"] = "all"
) -> dict[str, Float[np.ndarray, " seeds"]]:
    """Errors of every explanation less those of the other seeds' own mean, which is what noise leaves."""
    floor = getattr(scores[FLOOR], part)
    return {name: getattr(score, part) - floor for name, score in scores.items() if name != FLOOR}


def unique_in_folds(grid: Grid) -> Bool[np.ndarray, "sizes steps"]:
    """Cells whose best division is unique for the curves of all seeds but one, whichever that is."""
    seeds = range(grid.num_seeds)
    folds = [grid.curves([other for other in seeds if other != seed]) for seed in seeds]
    equation = EXPLANATIONS[CLAIMED]()
    tied = [equation.predict(grid.visits, grid.instances[:, None], curves).at_ceiling for curves in folds]
    return ~np.any(tied, axis=0)
