"""How much work a trial is: of use for estimates of time only."""

from .trials import Computation, Planted, Trial


def cost(trial: Trial) -> float:
    """A rough number of multiplications of a trial."""
    if isinstance(trial, Computation):
        return trial.computation.cost
    if isinstance(trial, Planted):
        return 4e10
    size = getattr(trial.model, "channels", 4) ** 2 * max(trial.model.thinking, getattr(trial.model, "depth", 1))
    places = getattr(trial.task, "rows", 1) * getattr(trial.task, "columns", 1)
    work_a_step = trial.batch * places * (size * 15 + 2000)
    return trial.base.steps * work_a_step + 4e10
