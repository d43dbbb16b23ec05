"""Gradient descent with a warm-up and a cosine, shared by the base optimizers that have a loss."""

from collections.abc import Callable
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from ..models import AbstractModel, Table
from ..tasks import AbstractTask
from ._base import Member, TrainState, batch_rows, episodes, keep_finite

Optimizer = Literal["adam", "rmsprop", "sgd", "lion"]

RATES = ("steps", "learning_rate", "warmup", "decay")

FINAL_RATE = 0.05
"""The learning rate at the last step, as a share of the highest."""


def init_state(optimizer: Optimizer, model: AbstractModel) -> TrainState:
    """The state before the first step of gradient descent."""
    inner = _direction(optimizer).init(eqx.filter(model, eqx.is_inexact_array))
    return TrainState(model, inner, jnp.int32(0), jnp.float32(jnp.nan), jnp.array(True))


def descend(
    state: TrainState,
    task: AbstractTask,
    loss: Callable[[AbstractModel, PyTree[Array], Float[Array, ""]], Float[Array, ""]],
    optimizer: Optimizer,
    bank: PyTree[Array],
    member: Member,
    until: Int[Array, ""],
    batch: int,
) -> TrainState:
    """The state after step `until` of descending the mean of `loss` over a batch.

    Args:
        state: the state at some earlier step.
        task: what is learned.
        loss: (model, episode, share of the steps done) -> loss.
        optimizer: name of the update rule.
        bank: instances with a leading axis.
        member: pool, key and rates (`RATES`).
        until: traced number of the last step.
        batch: instances a step.
    """
    direction = _direction(optimizer)

    def mean_loss(trained, fixed, instances, progress):
        model = eqx.combine(trained, fixed)
        return jnp.mean(jax.vmap(lambda instance: loss(model, instance, progress))(instances))

    def step(_, state):
        rows = batch_rows(member, state.step, batch)
        trained, fixed = eqx.partition(state.model, eqx.is_inexact_array)
        instances = episodes(task, jax.tree.map(lambda leaf: leaf[rows], bank), member, state.step, batch)
        value, gradient = jax.value_and_grad(mean_loss)(trained, fixed, instances, state.step / member.rates["steps"])
        update, inner = direction.update(gradient, state.inner, trained)
        rate = learning_rate(state.step, member.rates)
        moved = jax.tree.map(lambda p, u: p - rate * (u + member.rates["decay"] * p), trained, update)
        moved, inner = _only_visited((moved, inner), (trained, state.inner), gradient)
        finite = jnp.isfinite(value) & jnp.isfinite(optax.tree.norm(gradient))
        new = TrainState(eqx.combine(moved, fixed), inner, state.step + 1, state.power_bits, finite)
        return keep_finite(new, state)

    return jax.lax.fori_loop(state.step, until, step, state)


def learning_rate(step: Int[Array, ""], rates: dict[str, Float[Array, ""]]) -> Float[Array, ""]:
    """Linear warm-up over `warmup` steps, then half a cosine down to `FINAL_RATE` of the peak at `steps`."""
    rising = (step + 1) / jnp.maximum(rates["warmup"], 1)
    progress = (step - rates["warmup"]) / jnp.maximum(rates["steps"] - rates["warmup"], 1)
    cosine = 0.5 * (1 + jnp.cos(jnp.pi * jnp.clip(progress, 0, 1)))
    return rates["learning_rate"] * jnp.minimum(rising, FINAL_RATE + (1 - FINAL_RATE) * cosine)


def _direction(optimizer: Optimizer) -> optax.GradientTransformation:
    scale = {
        "adam": lambda: optax.scale_by_adam(b2=0.99),
        "rmsprop": optax.scale_by_rms,
        "sgd": optax.identity,
        "lion": optax.scale_by_lion,
    }[optimizer]
    return optax.chain(optax.clip_by_global_norm(1.0), scale())


def _only_visited(new: PyTree, old: PyTree, gradient: PyTree) -> PyTree:
    """`new`, but with every row of a `Table` that has no gradient as in `old`, its moments included."""

    def is_table(node):
        return isinstance(node, Table)

    visited = [
        jnp.any(table.rows != 0, axis=tuple(range(1, table.rows.ndim)), keepdims=True)
        for table in jax.tree.leaves(gradient, is_leaf=is_table)
        if is_table(table)
    ]
    if not visited:
        return new
    (visited,) = visited

    def keep(after, before):
        return Table(jnp.where(visited, after.rows, before.rows)) if is_table(after) else after

    return jax.tree.map(keep, new, old, is_leaf=is_table)
