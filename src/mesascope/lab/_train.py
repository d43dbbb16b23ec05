"""trial -> weights at checkpoints."""

import time
from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Array, PyTree

from ..base import Member
from ..models import AbstractModel
from .trials import Checkpoint, Given, Training, Trial


class Trained(NamedTuple):
    """What training leaves behind.

    Fields:
        checkpoints: in the order of steps; a diverged trial ends with the last finite network.
        seconds: time spent in training, compilation included.
    """

    checkpoints: list[Checkpoint]
    seconds: float


def retrained(trial: Trial) -> AbstractModel:
    """The last network of a trial, made anew."""
    return train(trial).checkpoints[-1].model


def train(trial: Trial, report: Callable[[float], None] = lambda share: None, given: Given = retrained) -> Trained:
    """Trains one network, or plants an algorithm; a pure function of the trial. A computation leaves an empty network.

    Args:
        trial: what to train.
        report: called with the share of the steps that is done.
        given: the last network of each trial that this one requires, which are trained again unless it is told.
    """
    began = time.perf_counter()
    checkpoints = trial.checkpoints(report, given)
    return Trained(checkpoints, time.perf_counter() - began)


def fresh_model(trial: Trial, instances: PyTree[Array]) -> AbstractModel:
    """The untrained network of a trial, or the planted algorithm."""
    return trial.fresh(instances)


def member_of(trial: Training, start: int = 0, until: int = 0) -> Member:
    """The member that a trial is on the way to a checkpoint, its pool beginning at row `start` of the bank."""
    return trial.member(start, until)
