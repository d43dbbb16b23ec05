"""All that is measured of one network at run time, as a vector and never as a label."""

import numpy as np

from ..models import AbstractModel
from ..outcomes import Estimate
from ..stats import mean_interval
from ..tasks import AbstractTaught
from ._levels import BOUNDARY, certified_rows, reflex_level
from ._measure import novel_scores, readout_scores
from ._sets import novel_set
from ._signs import signs
from .trials import Trial


def run_time_vector(trial: Trial, model: AbstractModel, temperature: float) -> dict[str, list[float | None]]:
    """Value, low and high of surplus, internal and certified bits and every sign of search, by name.

    The measures that `mesascope calibrate` runs on planted algorithms, on any network; intervals are over instances.
    `surplus` and `certified` need a reflex level that ships for the task; `internal` and `certified` a task that can
    show a good answer.

    Args:
        trial: which network it is.
        model: the network.
        temperature: of sampling.
    """
    found: dict[str, Estimate] = {}
    level = reflex_level(trial.task)
    if level is not None:
        reflex = np.array(level.best(BOUNDARY).instance_bits)
        found["surplus"] = mean_interval(novel_scores(trial, model, temperature).bits - reflex)
    if isinstance(trial.task, AbstractTaught):
        stages = readout_scores(trial, model)
        last = max(stages)
        gains = stages[last].bits - stages[BOUNDARY].bits if last > BOUNDARY else np.zeros(2)
        found["internal"] = mean_interval(gains)
        if level is not None:
            rows = certified_rows(stages[last].bits, stages[min(BOUNDARY, last)].bits, level.upper())
            found["certified"] = Estimate(*np.maximum(mean_interval(rows), 0))
    unseen = novel_set(trial.task)
    others = signs(trial, model, unseen.instances, unseen.tails, temperature)
    return {name: [float(part) for part in estimate] for name, estimate in found.items()} | others
