"""trial -> weights at checkpoints."""

import dataclasses
import functools
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
from ..models import AbstractArchitecture, AbstractModel
from ..tasks import GENERATOR, ROOT_SEED, AbstractTask, novel, pool
from ._trial import Computation, Planted, Training, Trial, checkpoint_steps

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


def train(trial: Trial, report: Callable[[float], None] = lambda share: None) -> Trained:
    """Trains one network, or plants an algorithm; a pure function of the trial. A computation leaves an empty network.

    Args:
        trial: what to train.
        report: called with the share of the steps that is done.
    """
    began = time.perf_counter()
    instances = stored(trial)
    if not isinstance(trial, Training):
        return Trained([Checkpoint(0, fresh_model(trial, instances), np.nan, True)], time.perf_counter() - began)
    state = trial.base.init(fresh_model(trial, instances), member_of(trial))
    bank = _padded(instances, trial.pool_size)
    checkpoints = []
    for step in checkpoint_steps(trial.base.steps):
        # a network as it was drawn needs no compiled program
        if step:
            state = advance(state, trial, bank, member_of(trial, until=step), step)
        checkpoints.append(Checkpoint(step, state.model, float(state.power_bits), bool(state.finite)))
        report(step / max(trial.base.steps, 1))
        if not state.finite:
            break
    return Trained(checkpoints, time.perf_counter() - began)


def static_parts(trial: Training) -> tuple:
    """The parts of a trial that a compiled program is made for: traced rates are dropped from the base optimizer."""
    defaults = {field.name: field.default for field in dataclasses.fields(trial.base)}
    frame = dataclasses.replace(trial.base, **{name: defaults[name] for name in trial.base.traced})
    return frame, trial.task, trial.model, trial.batch


def program(trial: Trial) -> tuple:
    """What decides which compiled program a trial needs."""
    if isinstance(trial, Planted):
        return trial.task, trial.organism
    if isinstance(trial, Computation):
        return (type(trial.computation),)
    return (*static_parts(trial), trial.pool_size if _has_rows(trial.task, trial.model) else None)


def member_of(trial: Training, start: int = 0, until: int = 0) -> Member:
    """The member that a trial is on the way to a checkpoint, its pool beginning at row `start` of the bank."""
    return Member(
        key=_trial_key(trial, 1),
        pool_start=jnp.int32(start),
        pool_size=jnp.int32(trial.rows_until(until)),
        fresh=jnp.array(trial.num_instances is None),
        rates=trial.base.rates(),
    )


def stored(trial: Trial) -> PyTree[Array]:
    """The instances that a trial is about: its pool, or what a planted table holds; none of a computation."""
    if isinstance(trial, Computation):
        return ()
    if isinstance(trial, Planted) and trial.organism.holds == "evaluation":
        return novel(trial.task)
    return pool(trial.task, trial.stream, trial.pool_size)


def fresh_model(trial: Trial, instances: PyTree[Array]) -> AbstractModel:
    """The untrained network of a trial, whose parameters depend on the seed and not on N; or the planted algorithm."""
    if isinstance(trial, Computation):
        return ()
    if isinstance(trial, Planted):
        return trial.organism.grow(_trial_key(trial, 0), trial.task, instances)
    # a network takes the shape alone: of a large pool the observations would be the greatest part of its cost
    shown = instances if _has_rows(trial.task, trial.model) else jax.tree.map(lambda leaf: leaf[:1], instances)
    observations = jax.vmap(trial.task.observe)(shown)
    return trial.model.init(_trial_key(trial, 0), observations, trial.task.num_actions)


def advance(state: TrainState, trial: Training, bank: PyTree[Array], member: Member, until: int) -> TrainState:
    """The state after step `until`, by the compiled program of the trial's population."""
    return _advance(static_parts(trial), state, bank, member, jnp.int32(until))


@functools.lru_cache(maxsize=256)
def _has_rows(task: AbstractTask, model: AbstractArchitecture) -> bool:
    """Whether the network's shape depends on the pool, as that of a table does."""
    one = jax.eval_shape(task.draw, jr.key(0))

    def size(count):
        rows = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((count, *leaf.shape), leaf.dtype), one)
        network = eqx.filter_eval_shape(
            lambda r: model.init(jr.key(0), jax.vmap(task.observe)(r), task.num_actions), rows
        )
        return sum(leaf.size for leaf in jax.tree.leaves(network))

    return size(1) != size(2)


@eqx.filter_jit
def _advance(static, state: TrainState, bank: PyTree[Array], member: Member, until):
    base, task, model, batch = static
    return base.advance(state, task, bank, member, until, batch, model.thinking)


def _padded(instances: PyTree[Array], size: int) -> PyTree[Array]:
    """The pool at the head of a bank whose size takes few values; the rows behind it are never drawn."""
    capacity = max(SMALLEST_BANK, 1 << (size - 1).bit_length())
    return jax.tree.map(lambda leaf: np.resize(leaf, (capacity, *leaf.shape[1:])), instances)


def _trial_key(trial: Trial, stream: int):
    """Stream 0 draws the network, stream 1 trains it."""
    return jr.fold_in(jr.fold_in(jr.key(trial.seed, impl=GENERATOR), ROOT_SEED), stream)
