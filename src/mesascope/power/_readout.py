"""Internal bits: what a read-out can make of a frozen network's representation after each serial stage."""

import dataclasses
import functools
import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks import AbstractAnswered, AbstractTaught

READOUT_BATCH = 32
"""Instances that a read-out looks at in each step of its fitting."""


@dataclasses.dataclass(frozen=True)
class ReadoutSize:
    """How much a read-out can make of what it is shown.

    Fields:
        name: in the names of views.
        layers: hidden layers.
        reach: how far a hidden layer sees from a place: 0 for the place alone, 1 for its nearest neighbours along each
            axis, 2 for the whole square, or stretch, of five places a side.
        width: units of a hidden layer.
        instances: that it is fitted on.
        steps: of fitting.
        rate: highest learning rate of fitting.
        everywhere: whether it is fitted after every stage of `stage_grid`, and not after the deciding ones alone.
    """

    name: str
    layers: int
    reach: int
    width: int
    instances: int
    steps: int
    rate: float
    everywhere: bool = False

    def stages(self, num_stages: int) -> list[int]:
        """The serial stages after which it is fitted."""
        return stage_grid(num_stages) if self.everywhere else deciding_stages(num_stages)


SIZES = (
    ReadoutSize("place", 1, 0, 64, 1024, 150, 0.05, everywhere=True),
    ReadoutSize("place-256", 1, 0, 256, 8192, 150, 0.03),
    ReadoutSize("near", 2, 1, 64, 8192, 200, 0.02),
)
"""Read-outs of every network, from small to large. Steps and rates are the fewest that lost nothing on a pilot network:
a `gridloop` trained on 4096 mazes of 7 x 7 with seed 1000."""

WIDE = ReadoutSize("wide", 2, 2, 32, 8192, 400, 0.01)
"""A larger one yet, of networks whose trials ask for it: it takes four times as long as all the others."""


class Readout(eqx.Module):
    """Hidden layers that see a place, or its neighbours too, and an answer for that place.

    Features are standardized by the mean and scale of those that it was fitted on, so that no stage is handicapped
    by the size of its numbers.
    """

    center: Float[Array, " channels"]
    scale: Float[Array, " channels"]
    kernels: list[Float[Array, "inputs width"]]
    biases: list[Float[Array, " width"]]
    output: Float[Array, "width actions"]
    reach: int = eqx.field(static=True)

    def __call__(
        self, features: Float[Array, "instances *places channels"]
    ) -> Float[Array, "instances *places actions"]:
        hidden = (features - self.center) / self.scale
        for kernel, bias in zip(self.kernels, self.biases):
            hidden = jax.nn.relu(around(hidden, self.reach) @ kernel + bias)
        return hidden @ self.output


def stage_grid(num_stages: int) -> list[int]:
    """The stages that get a small read-out: 0, the reflex boundaries 1, 2, 3, 5, 8, half-octaves, and the last."""
    wanted = {0, 1, 2, 3, 5, 8, 12, 16, 24, 32, 48, 64, num_stages - 1}
    return sorted(stage for stage in wanted if stage < num_stages)


def deciding_stages(num_stages: int) -> list[int]:
    """The stages that internal and certified bits are counted from: 0, the boundaries 2, 3 and 5, and the last."""
    return sorted(stage for stage in {0, 2, 3, 5, num_stages - 1} if stage < num_stages)


@eqx.filter_jit
def stage_features(
    model: AbstractModel,
    task: AbstractAnswered,
    instances: PyTree[Array],
    thinking: int,
    chosen: tuple[int, ...] | None = None,
) -> Float[Array, "stages instances *places channels"]:
    """What a frozen network represents after some serial stages, for a set of instances.

    Args:
        model: the network.
        task: what is shown.
        instances: with a leading axis.
        thinking: units of thinking.
        chosen: the stages; those of `stage_grid` if None.
    """

    def one(instance):
        stages = model.stages(task.observe(instance), thinking)
        return stages[np.array(stage_grid(len(stages)) if chosen is None else chosen)]

    return jax.lax.map(one, instances, batch_size=64).swapaxes(0, 1)


def around(
    features: Float[Array, "instances *places channels"], reach: int
) -> Float[Array, "instances *places channels_times_seen"]:
    """Features of each place beside those of the places that a read-out of that reach sees, zeros beyond the border.

    A read-out of a place alone cannot tell a direction from what passes there: to know whether a mark lies to the left
    it has to see the left. Works along any number of axes of places; without one, a place sees itself.

    Args:
        features: with one leading axis over instances.
        reach: 0, 1 or 2, as in `ReadoutSize`.
    """
    places = features.shape[1:-1]
    if reach == 0 or not places:
        return features
    padded = jnp.pad(features, [(0, 0), *[(reach, reach)] * len(places), (0, 0)])
    steps = itertools.product(range(-reach, reach + 1), repeat=len(places))
    # one place away along one axis; of two places the whole square
    seen = [step for step in steps if reach > 1 or sum(map(abs, step)) <= 1]
    return jnp.concatenate(
        [padded[:, *(slice(reach + by, reach + by + length) for by, length in zip(step, places))] for step in seen],
        axis=-1,
    )


def fit_readouts(
    key: PRNGKeyArray,
    size: ReadoutSize,
    task: AbstractTaught,
    features: Float[Array, "stages instances *places channels"],
    instances: PyTree[Array],
) -> list[Readout]:
    """A read-out for each stage, fitted to imitate the task's demonstrations.

    The network is frozen: only the read-outs learn, on instances that are not held out, and in a training pool by
    chance alone. Supervision is part of the measure and not of the training: it makes the result a lower bound of what
    the stage knows. Stages are fitted one after the other, so that networks of all depths share a program.
    """
    shown = _demonstrations(task, instances)
    # numbers of NumPy's own generator, so that no shape needs a program to draw them
    draws = np.random.default_rng(np.asarray(jr.key_data(key)).ravel())
    rows = draws.integers(len(shown), size=(size.steps, READOUT_BATCH), dtype=np.int32)
    first = [draw_readout(draws, size, stage, shown.shape[-1]) for stage in features]
    return [fit_readout(readout, size, task, shown, stage, rows) for readout, stage in zip(first, features)]


def read(
    readouts: list[Readout], features: Float[Array, "stages instances *places channels"]
) -> Float[np.ndarray, "stages instances *places actions"]:
    """The read-outs' answers, stage by stage."""
    return np.stack([np.asarray(_read(readout, stage)) for readout, stage in zip(readouts, features)])


_read = eqx.filter_jit(Readout.__call__)


@functools.partial(jax.jit, static_argnums=0)
def _demonstrations(task, instances):
    return jax.vmap(task.demonstrate)(instances)


@functools.partial(jax.jit, static_argnums=(1, 2))
def fit_readout(
    readout: Readout,
    size: ReadoutSize,
    task: AbstractTaught,
    shown: Float[Array, "instances *places actions"],
    features: Float[Array, "instances *places channels"],
    rows: Int[Array, "steps batch"],
) -> Readout:
    """A read-out of one stage after its steps.

    Args:
        readout: before them.
        size: which rate and how many steps it has.
        task: whose loss is descended.
        shown: demonstrations.
        features: of the stage.
        rows: instances of each step.
    """
    optimizer = optax.adam(optax.cosine_decay_schedule(size.rate, size.steps))

    def loss(readout, chosen):
        # what standardizes the features is measured, not learned
        fixed = jax.lax.stop_gradient((readout.center, readout.scale))
        readout = eqx.tree_at(lambda r: (r.center, r.scale), readout, fixed)
        return jnp.mean(jax.vmap(task.loss)(shown[chosen], readout(features[chosen])))

    def step(state, chosen):
        readout, inner = state
        update, inner = optimizer.update(jax.grad(loss)(readout, chosen), inner, readout)
        return (optax.apply_updates(readout, update), inner), None

    return jax.lax.scan(step, (readout, optimizer.init(readout)), rows)[0][0]


def draw_readout(
    draws: np.random.Generator, size: ReadoutSize, features: Float[Array, "instances *places channels"], actions: int
) -> Readout:
    """A read-out before it is fitted."""
    axes = tuple(range(features.ndim - 1))
    features = np.asarray(features)
    scale = np.std(features, axis=axes)
    seen = jax.eval_shape(lambda f: around(f, size.reach), features).shape[-1] // features.shape[-1]
    inputs = [seen * width for width in (features.shape[-1], *[size.width] * (size.layers - 1))]

    def normal(shape: tuple[int, int], variance: float) -> np.ndarray:
        return draws.normal(scale=variance**0.5, size=shape).astype(np.float32)

    return Readout(
        center=np.mean(features, axis=axes),
        scale=np.where(scale > 1e-6, scale, 1.0).astype(np.float32),
        kernels=[normal((number, size.width), 2 / number) for number in inputs],
        biases=[np.zeros(size.width, np.float32) for _ in inputs],
        output=normal((size.width, actions), 1 / size.width),
        reach=size.reach,
    )
