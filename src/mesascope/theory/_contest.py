"""The equation and its rivals against a measured grid: fits, held-out scores, and what the grid can tell apart."""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from ._prediction import Curve, Curves, Prediction, predict
from ._rivals import EXPLANATIONS, AbstractExplanation, candidate, num_candidates

OCTAVES_HELD_OUT = 2
"""The last checkpoints, each of twice the steps of the one before, that are predicted from all earlier ones."""

SOLVED = 0.9
"""Share of the ceiling from which on seen instances count as solved, and a cell says little."""

CONFUSED = 0.2
"""Share of simulated grids from which on an explanation that is taken for another cannot be told from it."""

DRAW = 0.05
"""Bits by which an explanation must err less to be preferred to one of fewer fitted numbers."""


@dataclasses.dataclass(frozen=True)
class Grid:
    """Novel and tuned bits measured over N and P, and the curves at both ends of N.

    Fields:
        instances: `(sizes,)`, N of each row, rising.
        visits: `(sizes, steps)`, gradients of single instances at each checkpoint.
        novel, tuned: `(seeds, sizes, steps)` bits.
        scored: `(sizes, steps)`, the cells that count.
        run_visits: `(steps,)`, visits at unlimited N.
        run_time: `(seeds, steps)`, novel bits there.
        tuning_visits: `(steps,)`, visits at N = 1.
        tuning: `(seeds, steps)`, tuned bits there.
        ceiling: B.
    """

    instances: Float[np.ndarray, " sizes"]
    visits: Float[np.ndarray, "sizes steps"]
    novel: Float[np.ndarray, "seeds sizes steps"]
    tuned: Float[np.ndarray, "seeds sizes steps"]
    scored: Bool[np.ndarray, "sizes steps"]
    run_visits: Float[np.ndarray, " steps"]
    run_time: Float[np.ndarray, "seeds steps"]
    tuning_visits: Float[np.ndarray, " steps"]
    tuning: Float[np.ndarray, "seeds steps"]
    ceiling: float

    @property
    def num_seeds(self) -> int:
        return len(self.novel)

    def curves(self, seeds: list[int]) -> Curves:
        """X, g and B as the mean over some seeds."""
        run_time = Curve.measured(self.run_visits, np.mean(self.run_time[seeds], axis=0))
        tuning = Curve.measured(self.tuning_visits, np.mean(self.tuning[seeds], axis=0))
        return Curves(run_time, tuning, float(self.ceiling))

    def measured(self, seeds: list[int]) -> Float[np.ndarray, "2 sizes steps"]:
        """Novel and tuned bits as the mean over some seeds."""
        return np.stack([np.mean(self.novel[seeds], axis=0), np.mean(self.tuned[seeds], axis=0)])

    def predicted(
        self, explanation: AbstractExplanation, curves: Curves
    ) -> Float[np.ndarray, "*candidates 2 sizes steps"]:
        """Novel and tuned bits that an explanation says of every cell, for all values of its numbers."""
        found = explanation.predict(self.visits, self.instances[:, None], curves)
        return np.stack([found.novel, found.tuned], axis=-3)


def scored_cells(
    own: Float[np.ndarray, "sizes steps"], equation: Prediction, solved: float = SOLVED
) -> Bool[np.ndarray, "sizes steps"]:
    """Cells that decide: seen instances are not solved yet, and the equation's best division is unique and measured.

    Args:
        own: share of the ceiling that is reached on the seen instances.
        equation: what the equation predicts.
        solved: share from which on they count as solved.
    """
    return (own < solved) & ~equation.at_ceiling & ~equation.extrapolated


class Score(NamedTuple):
    """Root mean squared errors in bits over held-out cells, one a seed.

    Fields:
        all, novel, tuned: of both measures together, and of each. Every scored cell counts once, predicted from the
            other N; those of the top octaves count a second time, predicted from the lower ones.
        by_size: where a whole N was held out: every scored cell once.
        by_power: where the top octaves of P were.
    """

    all: Float[np.ndarray, " seeds"]
    novel: Float[np.ndarray, " seeds"]
    tuned: Float[np.ndarray, " seeds"]
    by_size: Float[np.ndarray, " seeds"]
    by_power: Float[np.ndarray, " seeds"]


FLOOR = "other seeds"
"""The error of the mean of the other seeds: what noise leaves. The noise of that mean is included, so that the truth
itself errs by a little less."""


def contest(
    grid: Grid, kinds: Mapping[str, type[AbstractExplanation]] = EXPLANATIONS, seeds: list[int] | None = None
) -> dict[str, Score]:
    """Held-out errors of every explanation, seed by seed.

    The bits of a seed are predicted from those of the others: their mean curves, and numbers fitted to their mean cells
    by least squares. Each N in turn is left out of the fit and predicted; so are the top octaves of P.

    Args:
        grid: what was measured, at two or more seeds.
        kinds: the explanations by name.
        seeds: which seeds are predicted; all unless said otherwise.

    Returns:
        A score by name, and that of the other seeds themselves under `FLOOR`.

    Raises:
        ValueError: there is a single seed.
    """
    if grid.num_seeds < 2:
        raise ValueError(f"contest({grid.num_seeds} seeds): a seed is predicted from others; measure two or more.")
    judged = range(grid.num_seeds) if seeds is None else seeds
    errors: dict[str, list] = {}
    for seed in judged:
        others = [other for other in range(grid.num_seeds) if other != seed]
        curves, known, truth = grid.curves(others), grid.measured(others), grid.measured([seed])
        errors.setdefault(FLOOR, []).append(_errors(grid, known, known, truth))
        for name, kind in kinds.items():
            errors.setdefault(name, []).append(_errors(grid, *_held_out(grid, kind, curves, known), truth))
    return {name: Score(*map(np.array, zip(*rows))) for name, rows in errors.items()}


def fit(grid: Grid, kind: type[AbstractExplanation]) -> AbstractExplanation:
    """The candidate that errs least on all scored cells and seeds."""
    seeds = list(range(grid.num_seeds))
    many = kind.candidates()
    _, loss = _losses(grid, many, grid.curves(seeds), grid.measured(seeds))
    return candidate(many, int(np.argmin(np.sum(loss, axis=(1, 2)))))


def _losses(grid: Grid, many: AbstractExplanation, curves: Curves, known):
    """What each candidate predicts, and its squared errors on the scored cells."""
    predicted = grid.predicted(many, curves).reshape(-1, 2, *grid.visits.shape)
    return predicted, np.sum((predicted - known) ** 2, axis=1) * grid.scored


def _held_out(grid: Grid, kind, curves: Curves, known):
    """Predictions of every N from the others, and of the top octaves of P from the lower ones; nan without any."""
    predicted, loss = _losses(grid, kind.candidates(), curves, known)
    by_row = np.sum(loss, axis=2)
    without_row = np.argmin(np.sum(by_row, axis=1, keepdims=True) - by_row, axis=0)
    by_size = np.stack([predicted[best, :, row] for row, best in enumerate(without_row)], axis=1)
    alone = np.sum(grid.scored) - np.sum(grid.scored, axis=1) == 0
    by_size[:, alone] = np.nan
    lower = np.argmin(np.sum(loss[:, :, :-OCTAVES_HELD_OUT], axis=(1, 2)))
    by_power = predicted[lower] if np.any(grid.scored[:, :-OCTAVES_HELD_OUT]) else np.full_like(predicted[0], np.nan)
    return by_size, by_power


def _errors(grid: Grid, by_size, by_power, truth) -> Score:
    sized = ((by_size - truth) ** 2)[:, grid.scored]
    top = grid.scored.copy()
    top[:, :-OCTAVES_HELD_OUT] = False
    powered = ((by_power - truth) ** 2)[:, top]
    both = np.concatenate([sized, powered], axis=1)
    return Score(*map(_root_mean, (both, both[0], both[1], sized, powered)))


def _root_mean(squares: Float[np.ndarray, "..."]) -> float:
    """The root of the mean over the cells that have a prediction; nan without any."""
    known = squares[np.isfinite(squares)]
    return float(np.sqrt(np.mean(known))) if known.size else np.nan


class Confusion(NamedTuple):
    """Which explanation is chosen where another one is true.

    Fields:
        names: of rows (true) and columns (chosen).
        rates: `(true, chosen)`, shares that add up to 1 in each row.
        draws: simulated grids a row; a share has a standard error of up to 1 / (2 sqrt(draws)).
    """

    names: tuple[str, ...]
    rates: Float[np.ndarray, "true chosen"]
    draws: int

    def together(self, name: str) -> tuple[str, ...]:
        """The explanations that this grid cannot tell from one.

        One is taken for the other in a share `CONFUSED` of the grids on which it is true, or as often as for itself.
        """
        row = self.names.index(name)
        taken = (self.rates >= CONFUSED) | (self.rates >= np.diag(self.rates)[:, None])
        mixed = taken[row] | taken[:, row]
        return tuple(other for i, other in enumerate(self.names) if mixed[i] and i != row)


def confusion(grid: Grid, draws: int = 30, seed: int = 0) -> Confusion:
    """How often each explanation is recovered from grids of this shape on which it is true.

    Only the curves at both ends of N are read, not the cells: what is simulated is known before any cell is looked
    at. Fitted numbers are drawn among the candidates. The explanation of least held-out error over all seeds is
    chosen, the one of fewer numbers where two nearly draw.

    Args:
        grid: for its shape and its curves.
        draws: simulated grids for each explanation.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    names = tuple(EXPLANATIONS)
    rates = np.zeros((len(names), len(names)))
    for row, kind in enumerate(EXPLANATIONS.values()):
        many = kind.candidates()
        for _ in range(draws):
            truth = candidate(many, random.integers(num_candidates(many)))
            choice = chosen(contest(simulate(grid, truth, random)))
            # where no cell could be scored, the choice is a guess
            rates[row] += 1 / len(names) if choice is None else np.array(names) == choice
    return Confusion(names, rates / draws, draws)


def simulate(grid: Grid, truth: AbstractExplanation, random: np.random.Generator) -> Grid:
    """A grid of the same shape on which an explanation is true, with noise after that of the measured curves.

    The noise of novel bits is that of X: deviations of whole curves of seeds from their mean. Tuned bits at N are a
    mean over N instances, and their noise is that of g divided by the root of N.
    """
    seeds = list(range(grid.num_seeds))
    run_noise, tuning_noise = (bits - np.mean(bits, axis=0) for bits in (grid.run_time, grid.tuning))
    curves = grid.curves(seeds)
    cells = grid.predicted(truth, curves)

    def noisy(bits, noise, shape, scale=1.0):
        return np.clip(bits + scale * noise[random.integers(grid.num_seeds, size=shape)], 0, grid.ceiling)

    shape = (grid.num_seeds, len(grid.instances))
    novel = noisy(cells[0], run_noise, shape)
    tuned = noisy(cells[1], tuning_noise, shape, 1 / np.sqrt(grid.instances[:, None]))
    equation = predict(grid.visits, grid.instances[:, None], curves)
    return dataclasses.replace(
        grid,
        novel=novel,
        tuned=tuned,
        scored=scored_cells(np.mean(novel + tuned, axis=0) / grid.ceiling, equation),
        run_time=noisy(np.mean(grid.run_time, axis=0), run_noise, grid.num_seeds),
        tuning=noisy(np.mean(grid.tuning, axis=0), tuning_noise, grid.num_seeds),
    )


def chosen(scores: Mapping[str, Score]) -> str | None:
    """The explanation that errs least, or the one of fewest numbers among those within `DRAW` of it.

    None where no cell was scored.
    """
    errors = {name: float(np.mean(score.all)) for name, score in scores.items() if name != FLOOR}
    if np.isnan(list(errors.values())).any():
        return None
    least = min(errors.values())
    close = [name for name in errors if errors[name] <= least + DRAW]
    return min(close, key=lambda name: (len(dataclasses.fields(EXPLANATIONS[name])), errors[name]))
