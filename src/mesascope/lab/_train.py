"""trial -> weights at checkpoints."""

import dataclasses
import operator
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
from ._pools import GENERATOR, ROOT_SEED, novel, pool
from ._trial import Planted, Training, Trial, checkpoint_steps

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
    """Trains one network, or plants an algorithm; a pure function of the trial.

    Args:
        trial: what to train.
        report: called with the share of the steps that is done.
    """
    began = time.perf_counter()
    instances = stored(trial)
    if isinstance(trial, Planted):
        return Trained([Checkpoint(0, fresh_model(trial, instances), np.nan, True)], time.perf_counter() - began)
    state = trial.base.init(fresh_model(trial, instances), member_of(trial))
    bank = _padded(instances, trial.pool_size)
    checkpoints = []
    for step in checkpoint_steps(trial.base.steps):
        state = advance(state, trial, bank, member_of(trial, until=step), step)
        checkpoints.append(Checkpoint(step, state.model, float(state.power_bits), bool(state.finite)))
        report(step / max(trial.base.steps, 1))
        if not state.finite:
            break
    return Trained(checkpoints, time.perf_counter() - began)


def train_together(trials: list[Training]) -> list[Trained]:
    """Trains trials of one program at once, mapped over a device; for a GPU.

    Each is what `train` makes of it alone, up to the order in which the device adds floating-point numbers. A member
    that diverges is frozen and disturbs no other.

    Args:
        trials: of the same `program` and number of steps.
    """
    began = time.perf_counter()
    pools = [pool(trial.task, trial.seed, trial.pool_size) for trial in trials]
    starts = np.cumsum([0] + [trial.pool_size for trial in trials[:-1]])
    bank = jax.tree.map(lambda *leaves: jnp.asarray(np.concatenate(leaves)), *pools)
    states = [
        trial.base.init(fresh_model(trial, instances), member_of(trial)) for trial, instances in zip(trials, pools)
    ]
    state = _stacked(states)
    checkpoints: list[list[Checkpoint]] = [[] for _ in trials]
    for step in checkpoint_steps(trials[0].base.steps):
        members = [member_of(trial, int(start), step) for trial, start in zip(trials, starts)]
        state = _advance_all(_static(trials[0]), state, bank, _stacked(members), jnp.int32(step))
        for number, kept in enumerate(checkpoints):
            if not kept or kept[-1].finite:
                one = jax.tree.map(operator.itemgetter(number), state)
                kept.append(Checkpoint(step, one.model, float(one.power_bits), bool(one.finite)))
    seconds = (time.perf_counter() - began) / len(trials)
    return [Trained(kept, seconds) for kept in checkpoints]


def program(trial: Trial) -> tuple:
    """What decides which compiled program a trial needs."""
    if isinstance(trial, Planted):
        return trial.task, trial.organism
    return (*_static(trial), trial.pool_size if _has_rows(trial) else None)


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
    """The instances that a trial is about: its pool, or what a planted table holds."""
    if isinstance(trial, Planted) and trial.organism.holds == "evaluation":
        return novel(trial.task)
    return pool(trial.task, trial.seed, trial.pool_size)


def fresh_model(trial: Trial, instances: PyTree[Array]) -> AbstractModel:
    """The untrained network of a trial, whose parameters depend on the seed and not on N; or the planted algorithm."""
    if isinstance(trial, Planted):
        return trial.organism.grow(_trial_key(trial, 0), trial.task, instances)
    observations = jax.vmap(trial.task.observe)(instances)
    return trial.model.init(_trial_key(trial, 0), observations, trial.task.num_actions)


def advance(state: TrainState, trial: Training, bank: PyTree[Array], member: Member, until: int) -> TrainState:
    """The state after step `until`, by the compiled program of the trial's population."""
    return _advance(_static(trial), state, bank, member, jnp.int32(until))


def _static(trial: Training) -> tuple:
    """The parts of a trial that a compiled program is made for: traced rates are dropped from the base optimizer."""
    defaults = {field.name: field.default for field in dataclasses.fields(trial.base)}
    frame = dataclasses.replace(trial.base, **{name: defaults[name] for name in trial.base.traced})
    return frame, trial.task, trial.model, trial.batch


def _has_rows(trial: Training) -> bool:
    """Whether the network's shape depends on the pool, as that of a table does."""
    one = jax.eval_shape(trial.task.draw, jr.key(0))

    def size(count):
        rows = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((count, *leaf.shape), leaf.dtype), one)
        return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter_eval_shape(fresh_model, trial, rows)))

    return size(1) != size(2)


def _stacked(trees: list[PyTree[Array]]) -> PyTree[Array]:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


@eqx.filter_jit
def _advance(static, state: TrainState, bank: PyTree[Array], member: Member, until):
    base, task, model, batch = static
    return base.advance(state, task, bank, member, until, batch, model.thinking)


@eqx.filter_jit
def _advance_all(static, states: TrainState, bank: PyTree[Array], members: Member, until):
    base, task, model, batch = static

    def one(state, member):
        return base.advance(state, task, bank, member, until, batch, model.thinking)

    return jax.vmap(one)(states, members)


def _padded(instances: PyTree[Array], size: int) -> PyTree[Array]:
    """The pool at the head of a bank whose size takes few values; the rows behind it are never drawn."""
    capacity = max(SMALLEST_BANK, 1 << (size - 1).bit_length())
    return jax.tree.map(lambda leaf: np.resize(leaf, (capacity, *leaf.shape[1:])), instances)


def _trial_key(trial: Trial, stream: int):
    """Stream 0 draws the network, stream 1 trains it."""
    return jr.fold_in(jr.fold_in(jr.key(trial.seed, impl=GENERATOR), ROOT_SEED), stream)
