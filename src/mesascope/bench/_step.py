"""The training step of the standard network, against what this machine and other tools do."""

import functools
import importlib.util

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr

from ..conditions import CONDITIONS, settings
from ..lab import Training, advance, fresh_model, member_of, pool
from ..models import answer_after
from ._base import Row, not_measured, paired, ratio
from ._torch import torch_step

STEPS = 8
"""Of training between two looks at the clock."""

SIDE = 1024
"""Of the square matrix product."""


def standard_trial(**changes) -> Training:
    """The training that published results are made of: 64 mazes of 7 x 7 a step, 16 channels, 24 thoughts."""
    return settings(CONDITIONS["diversity"], "quick", changes).trial("gridloop", 256, 0)


def flops(trial: Training) -> float:
    """Additions and multiplications that the products of one training step need: forwards once, backwards twice.

    What is computed again to save memory, and all that is no product, does not count.
    """
    inputs, outputs = fresh_model(trial, pool(trial.task, 0, 1)).update.kernel.shape
    cells = trial.task.rows * trial.task.columns
    return 3 * 2 * trial.batch * cells * inputs * outputs * trial.thinking


def measure() -> list[Row]:
    """The step against matrix products, a plain convolution, and compiled PyTorch."""
    trial = standard_trial()
    return [_against_products(trial), *_against_convolution(trial), *_against_torch(trial)]


def trainer(trial: Training, steps: int = STEPS):
    """A function that trains for some steps, always the same ones."""
    instances = pool(trial.task, trial.stream, trial.pool_size)
    state = trial.base.init(fresh_model(trial, instances), member_of(trial))
    member = member_of(trial, until=steps)
    bank = jax.tree.map(jnp.asarray, instances)
    return lambda: advance(state, trial, bank, member, steps)


def _against_products(trial: Training) -> Row:
    square = jnp.ones((SIDE, SIDE))
    product = jax.jit(lambda a: a @ a)
    step, square_time = paired([trainer(trial), lambda: product(square)])
    amount = flops(trial) * STEPS / (2 * SIDE**3)
    rates = flops(trial) * STEPS / step.best / 1e9, 2 * SIDE**3 / square_time.best / 1e9
    return ratio(
        "training step: rate of its products against that of a square product",
        square_time,
        step,
        amount,
        at_least=0.6,
        note=f"{rates[0]:.0f} of {rates[1]:.0f} GFLOP/s; all that is no product counts as time",
    )


def network_step(trial: Training):
    """A function from a network to its loss and gradient on one batch: the mean square of its answers."""
    instances = pool(trial.task, 0, trial.batch)
    seen = jax.vmap(trial.task.observe)(instances)

    @eqx.filter_jit
    def step(network, seen):
        def loss(network):
            answers = jax.vmap(lambda one: answer_after(network, one, trial.thinking))(seen)
            return jnp.mean(answers**2)

        return eqx.filter_value_and_grad(loss)(network)

    return functools.partial(step, seen=seen), seen


class ConvolutionNetwork(eqx.Module):
    """The same gated loop with a plain 3 x 3 convolution of Equinox, which sees four neighbours more."""

    update: eqx.nn.Conv2d
    readout: eqx.nn.Conv2d
    thinking: int

    def __call__(self, seen):
        """Answers from an observation, features first."""
        channels = self.readout.in_channels

        @jax.checkpoint
        def think(memory, _):
            candidate, gate = jnp.split(self.update(jnp.concatenate([memory, seen])), 2)
            return memory + jax.nn.sigmoid(gate) * (jnp.tanh(candidate) - memory), None

        memory, _ = jax.lax.scan(think, jnp.zeros((channels, *seen.shape[1:])), length=self.thinking)
        return self.readout(memory)


def _against_convolution(trial: Training) -> list[Row]:
    ours, seen = network_step(trial)
    network = fresh_model(trial, pool(trial.task, 0, 1))
    channels, features = trial.model.channels, seen.shape[-1]
    keys = jr.split(jr.key(0))
    plain = ConvolutionNetwork(
        eqx.nn.Conv2d(channels + features, 2 * channels, 3, padding=1, key=keys[0]),
        eqx.nn.Conv2d(channels, trial.task.num_actions, 1, key=keys[1]),
        trial.thinking,
    )
    first = jnp.moveaxis(seen, -1, 1)

    @eqx.filter_jit
    def step(network, first):
        return eqx.filter_value_and_grad(lambda n: jnp.mean(jax.vmap(n)(first) ** 2))(network)

    mine, theirs = paired([lambda: ours(network), lambda: step(plain, first)])
    return [
        ratio(
            "gradient of the network: times as fast as with a plain convolution of Equinox",
            theirs,
            mine,
            note=f"{mine.best * 1e3:.0f} and {theirs.best * 1e3:.0f} ms; 3 x 3 against a cross of five",
        )
    ]


def _against_torch(trial: Training) -> list[Row]:
    what = "gradient of the network: times as fast as compiled PyTorch"
    if importlib.util.find_spec("torch") is None:
        return [not_measured(what, "PyTorch is not installed", "at least 1.5")]
    ours, seen = network_step(trial)
    network = fresh_model(trial, pool(trial.task, 0, 1))
    rows = []
    for kind in ("the same products", "a convolution with the corners at zero"):
        theirs, check = torch_step(network, seen, trial.thinking, kind)
        check(ours(network)[0])
        mine_time, their_time = paired([lambda: ours(network), theirs])
        times = f"{mine_time.best * 1e3:.0f} and {their_time.best * 1e3:.0f} ms, one thread each, each thought compiled"
        rows.append(ratio(f"{what}, {kind}", their_time, mine_time, at_least=1.5, note=times))
    return rows
