"""trial -> weights at checkpoints."""

import dataclasses
import time
from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, PyTree

from ..base import Member, TrainState
from ..models import AbstractModel
from ._pools import ROOT_SEED, pool
from ._trial import Training

SMALLEST_BANK = 4096
"""Banks are padded to this or a larger power of two, so that trials of different N share one compiled program."""


class Checkpoint(NamedTuple):
    """A network as it was after some step."""

    step: int
    model: AbstractModel
    power_bits: float
    finite: bool


class Trained(NamedTuple):
    """What training leaves behind.

    Fields:
        checkpoints: in the order of steps; a diverged trial ends with the last finite network.
        seconds: time spent in training, compilation included.
    """

    checkpoints: list[Checkpoint]
    seconds: float


def checkpoint_steps(steps: int) -> list[int]:
    """The last step and its halves down to 12: log-spaced, so that one run serves every shorter training time."""
    halves = [steps >> k for k in range(steps.bit_length())]
    return sorted({step for step in halves if step >= 12} | {steps})


def train(trial: Training, report: Callable[[float], None] = lambda share: None) -> Trained:
    """Trains one network; a pure function of the trial.

    Args:
        trial: what to train.
        report: called with the share of the steps that is done.
    """
    began = time.perf_counter()
    instances = pool(trial.task, trial.seed, trial.pool_size)
    member = member_of(trial)
    state = trial.base.init(fresh_model(trial, instances), member)
    bank = _padded(instances, trial.pool_size)
    checkpoints = []
    for step in checkpoint_steps(trial.base.steps):
        state = advance(state, trial, bank, member, step)
        checkpoints.append(Checkpoint(step, state.model, float(state.power_bits), bool(state.finite)))
        report(step / max(trial.base.steps, 1))
        if not state.finite:
            break
    return Trained(checkpoints, time.perf_counter() - began)


def member_of(trial: Training) -> Member:
    """The member that a trial is in its population."""
    return Member(
        key=_trial_key(trial, 1),
        pool_start=jnp.int32(0),
        pool_size=jnp.int32(trial.pool_size),
        fresh=jnp.array(trial.num_instances is None),
        rates=trial.base.rates(),
    )


def fresh_model(trial: Training, instances: PyTree[Array]) -> AbstractModel:
    """The untrained network of a trial, whose parameters depend on the seed and not on N."""
    observations = jax.vmap(trial.task.observe)(instances)
    return trial.model.init(_trial_key(trial, 0), observations, trial.task.num_actions)


def advance(state: TrainState, trial: Training, bank: PyTree[Array], member: Member, until: int) -> TrainState:
    """The state after step `until`, by the compiled program of the trial's population."""
    defaults = {field.name: field.default for field in dataclasses.fields(trial.base)}
    frame = dataclasses.replace(trial.base, **{name: defaults[name] for name in trial.base.traced})
    static = (frame, trial.task, trial.batch, trial.model.thinking)
    return _advance(static, state, bank, member, jnp.int32(until))


@eqx.filter_jit
def _advance(static, state: TrainState, bank: PyTree[Array], member: Member, until):
    base, task, batch, thinking = static
    return base.advance(state, task, bank, member, until, batch, thinking)


def _padded(instances: PyTree[Array], size: int) -> PyTree[Array]:
    """The pool at the head of a bank whose size takes few values; the rows behind it are never drawn."""
    capacity = max(SMALLEST_BANK, 1 << (size - 1).bit_length())
    return jax.tree.map(lambda leaf: np.resize(leaf, (capacity, *leaf.shape[1:])), instances)


def _trial_key(trial: Training, stream: int):
    """Stream 0 draws the network, stream 1 trains it."""
    return jr.fold_in(jr.fold_in(jr.key(trial.seed), ROOT_SEED), stream)
