"""How the time of training grows with its sizes: fitted exponents."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import scipy.stats

from ..lab import Training, TrainingPopulation
from ._base import Row, Timed, paired
from ._population import members
from ._step import standard_trial, trainer

STEPS = 2
ROUNDS = 3


def measure() -> list[Row]:
    """Exponents of a training step over cells, thinking, N and members, and of a training over its steps."""
    grids = {side: standard_trial(rows=side, columns=side, horizon=2 * side * side) for side in (5, 7, 10, 14)}
    deep = {thinking: standard_trial(thinking=thinking) for thinking in (12, 24, 48, 96)}
    sizes = {size: _with_pool(size) for size in (64, 256, 1024, 4096)}
    populations = {count: TrainingPopulation(members(count)) for count in (1, 4, 16)}
    lengths = (4, 8, 16, 32)
    (longest,) = {trial.steps for trial in sizes.values()}
    return [
        exponent("cells", [side**2 for side in grids], _steps(grids.values()), "the horizon grows alike"),
        exponent("thinking", list(deep), _steps(deep.values())),
        exponent("instances, N", list(sizes), _steps(sizes.values()), "a step gathers its rows from the bank"),
        exponent("members, mapped", list(populations), _mapped(populations.values())),
        exponent("steps", lengths, _lengths(lengths), f"of a training of {longest}"),
    ]


def exponent(what: str, sizes: Sequence[float], times: list[Timed], note: str = "") -> Row:
    """The slope of log time over log size by least squares, with its 95% interval."""
    fit = scipy.stats.linregress(np.log(sizes), np.log([time.best for time in times]))
    reach = scipy.stats.t.ppf(0.975, len(sizes) - 2) * fit.stderr if len(sizes) > 2 else np.nan
    span = f"{min(sizes)} to {max(sizes)}"
    slope, words = float(fit.slope), f"{span}; {note}" if note else span
    return Row(f"cost over {what}", slope, slope - reach, slope + reach, "exponent", note=words)


def _with_pool(size: int) -> Training:
    return dataclasses.replace(standard_trial(), num_instances=size)


def _steps(trials) -> list[Timed]:
    return paired([trainer(trial, STEPS) for trial in trials], ROUNDS)


def _mapped(populations) -> list[Timed]:
    return paired([lambda p=p: p.after(STEPS) for p in populations], ROUNDS)


def _lengths(lengths: Sequence[int]) -> list[Timed]:
    return paired([trainer(standard_trial(), steps) for steps in lengths], ROUNDS)
