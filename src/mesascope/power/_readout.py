"""Internal bits: what a small read-out can make of a frozen network's representation after each serial stage."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, cross_shifts
from ..tasks import AbstractAnswered, AbstractTaught

WIDTH = 64
"""Units of the read-out's one hidden layer."""

STEPS = 400
BATCH = 32
RATE = 0.01


class Readout(eqx.Module):
    """A perceptron with one hidden layer that sees the features of one place and answers for that place.

    Features are standardized by the mean and scale of those that it was fitted on, so that no stage is handicapped
    by the size of its numbers.
    """

    center: Float[Array, " channels"]
    scale: Float[Array, " channels"]
    hidden: Float[Array, "channels width"]
    hidden_bias: Float[Array, " width"]
    output: Float[Array, "width actions"]

    def __call__(self, features: Float[Array, "*places channels"]) -> Float[Array, "*places actions"]:
        standard = (features - self.center) / self.scale
        return jax.nn.relu(standard @ self.hidden + self.hidden_bias) @ self.output


def stage_grid(num_stages: int) -> list[int]:
    """The stages that get a read-out: 0, the reflex boundaries 1, 2, 3, 5, 8, then half-octaves, and the last."""
    wanted = {0, 1, 2, 3, 5, 8, 12, 16, 24, 32, 48, 64, num_stages - 1}
    return sorted(stage for stage in wanted if stage < num_stages)


@eqx.filter_jit
def stage_features(
    model: AbstractModel, task: AbstractAnswered, instances: PyTree[Array], thinking: int
) -> Float[Array, "stages instances *places channels"]:
    """What a frozen network represents after each stage of `stage_grid`, for a set of instances."""

    def one(instance):
        stages = model.stages(task.observe(instance), thinking)
        return stages[np.array(stage_grid(len(stages)))]

    return jax.lax.map(one, instances, batch_size=64).swapaxes(0, 1)


@eqx.filter_jit
def with_neighbours(
    features: Float[Array, "stages instances rows columns channels"],
) -> Float[Array, "stages instances rows columns channels_times_5"]:
    """Features of each place of a grid beside those of its four neighbours, zeros beyond the border.

    A read-out of a place alone cannot tell a direction from what passes there: to know whether a mark lies to the left
    it has to see the left.
    """
    return jax.vmap(jax.vmap(cross_shifts))(features)


@eqx.filter_jit
def fit_readouts(
    key: PRNGKeyArray,
    task: AbstractTaught,
    features: Float[Array, "stages instances *places channels"],
    instances: PyTree[Array],
) -> Readout:
    """A read-out for each stage, fitted to imitate the task's demonstrations.

    The network is frozen: only the read-outs learn, on instances that are not held out, and in a training pool by
    chance alone. Supervision
    is part of the measure and not of the training: it makes the result a lower bound of what the stage knows.

    Returns:
        A `Readout` whose leaves have a leading axis over stages.
    """
    shown = jax.vmap(task.demonstrate)(instances)
    fit = functools.partial(_fit, key, task, shown)
    return jax.lax.map(fit, features)


@eqx.filter_jit
def read(
    readouts: Readout, features: Float[Array, "stages instances *places channels"]
) -> Float[Array, "stages instances *places actions"]:
    """The read-outs' answers, stage by stage."""
    return jax.vmap(lambda readout, stage: readout(stage))(readouts, features)


def _fit(key, task, shown, features):
    init_key, batch_key = jr.split(key)
    axes = tuple(range(features.ndim - 1))
    scale = jnp.std(features, axis=axes)
    hidden_key, output_key = jr.split(init_key)
    channels, actions = features.shape[-1], shown.shape[-1]
    readout = Readout(
        center=jnp.mean(features, axis=axes),
        scale=jnp.where(scale > 1e-6, scale, 1.0),
        hidden=jr.normal(hidden_key, (channels, WIDTH), jnp.float32) * (2 / channels) ** 0.5,
        hidden_bias=jnp.zeros(WIDTH, jnp.float32),
        output=jr.normal(output_key, (WIDTH, actions), jnp.float32) * (1 / WIDTH) ** 0.5,
    )
    optimizer = optax.adam(optax.cosine_decay_schedule(RATE, STEPS))

    def loss(readout, rows):
        # what standardizes the features is measured, not learned
        fixed = jax.lax.stop_gradient((readout.center, readout.scale))
        readout = eqx.tree_at(lambda r: (r.center, r.scale), readout, fixed)
        return jnp.mean(jax.vmap(task.loss)(shown[rows], readout(features[rows])))

    def step(i, state):
        readout, inner = state
        rows = jr.randint(jr.fold_in(batch_key, i), (BATCH,), 0, len(features))
        update, inner = optimizer.update(jax.grad(loss)(readout, rows), inner, readout)
        return optax.apply_updates(readout, update), inner

    return jax.lax.fori_loop(0, STEPS, step, (readout, optimizer.init(readout)))[0]
