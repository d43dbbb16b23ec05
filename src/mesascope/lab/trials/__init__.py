"""Kinds of trial: training, planted algorithm, computation, relearning. A further one is a file and a line."""

from ._base import AbstractTrial as AbstractTrial, Checkpoint as Checkpoint, Given as Given
from ._computation import Computation as Computation
from ._names import (
    TRIALS as TRIALS,
    describe as describe,
    from_description as from_description,
    task_id as task_id,
    trial_id as trial_id,
)
from ._planted import Planted as Planted
from ._relearning import Relearning as Relearning
from ._training import Training as Training, advance as advance, checkpoint_steps as checkpoint_steps

Trial = AbstractTrial
"""Any trial."""


def cost(trial: AbstractTrial) -> float:
    """Roughly the multiplications of a trial: of use for estimates of time only."""
    return trial.cost
