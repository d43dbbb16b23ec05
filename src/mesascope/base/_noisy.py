"""Noise on the weights, with the bits that are left of them counted."""

import dataclasses
import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks import AbstractAnswered
from ._base import AbstractBase, Member, TrainState
from ._descent import RATES, Optimizer, descend, init_state
from ._policy_gradient import lifted_bits


class Noisy(eqx.Module):
    """A normal distribution over the weights of a network, each apart from the others.

    Fields:
        mean: of each weight.
        log_width: logarithm of each standard deviation.
    """

    mean: PyTree[Float[Array, "..."]]
    log_width: PyTree[Float[Array, "..."]]


def description_bits(noisy: Noisy, first: PyTree[Float[Array, "..."]], prior: float) -> Float[Array, ""]:
    """Bits that it takes to tell somebody who knows the first weights a draw from the distribution.

        KL = sum over weights of  log2(prior / width) + ((width^2 + (mean - first)^2) / prior^2 - 1) / (2 ln 2)

    By coding with bits back (Hinton & van Camp 1993) that is the length of the message, on average.

    Args:
        noisy: distribution over the weights.
        first: weights as they were drawn, the means of the prior.
        prior: standard deviation of the prior, the same for all weights.
    """

    def one(mean, log_width, start):
        shift = (mean - start) / prior
        narrow = math.log(prior) - log_width
        return jnp.sum(narrow + (jnp.exp(-2 * narrow) + shift**2 - 1) / 2) / math.log(2)

    return sum(jax.tree.leaves(jax.tree.map(one, noisy.mean, noisy.log_width, first)))


@dataclasses.dataclass(frozen=True)
class NoisyWeights(AbstractBase):
    """Gradient ascent of expected bits minus a price for each bit of description of the weights.

    The weights are drawn anew at every step from a normal distribution whose means and widths are trained; the prior is
    normal around the weights that the training begins with, which are known without a description. What is handed over
    is one draw; `power_bits` are the bits of its description. The rest is as in `PolicyGradient`.

    Fields:
        steps: P, the number of gradient steps.
        batch: instances a step; min(batch, N) of them are drawn without replacement.
        learning_rate: peak rate.
        warmup: steps of linear warm-up.
        lift: weight of the logarithm in the objective, falling linearly to 0 at the last step.
        price: of one bit of description, in bits of optimization power summed over the pool; 1 is the shortest message.
        prior: standard deviation of the prior.
        width: standard deviation of all weights at first.
        optimizer: update rule, from Optax.

    References:
        Hinton & van Camp (1993), Keeping neural networks simple by minimizing the description length of the weights.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = (AbstractAnswered,)
    traced: ClassVar = (*(name for name in RATES if name != "decay"), "lift", "price")

    steps: int = 400
    batch: int = 64
    learning_rate: float = 0.01
    warmup: int = 20
    lift: float = 4.0
    price: float = 0.01
    prior: float = 0.1
    width: float = 0.02
    optimizer: Optimizer = "adam"

    def __post_init__(self):
        if not 0 < self.width <= self.prior < math.inf:
            raise ValueError(
                f"NoisyWeights(width={self.width}, prior={self.prior}): widths begin above 0 and not above the prior's."
            )
        if not 0 <= self.price < math.inf:
            raise ValueError(f"NoisyWeights(price={self.price}): a bit of description costs 0 or more bits of power.")

    def init(self, model: AbstractModel, member: Member) -> TrainState:
        first = eqx.filter(model, eqx.is_inexact_array)
        noisy = Noisy(first, jax.tree.map(lambda leaf: jnp.full_like(leaf, math.log(self.width)), first))
        started = init_state(self.optimizer, noisy)
        spent = description_bits(noisy, first, self.prior)
        return TrainState(model, (noisy, first, started.inner), started.step, spent, started.finite)

    def advance(
        self,
        state: TrainState,
        task: AbstractAnswered,
        bank: PyTree[Array],
        member: Member,
        until: Int[Array, ""],
        batch: int,
        thinking: int,
    ) -> TrainState:
        noisy, first, inner = state.inner
        _, fixed = eqx.partition(state.model, eqx.is_inexact_array)
        noise_key, last_key = jr.split(jr.fold_in(member.key, 1))
        rates = member.rates | {"decay": jnp.float32(0)}
        share = rates["price"] / member.pool_size

        def loss(noisy, instance, progress):
            step = jnp.round(progress * rates["steps"]).astype(jnp.int32)
            model = eqx.combine(_drawn(jr.fold_in(noise_key, step), noisy), fixed)
            lifted = lifted_bits(task, model, instance, thinking, rates["lift"] * (1 - progress))
            return share * description_bits(noisy, first, self.prior) - lifted

        before = TrainState(noisy, inner, state.step, state.power_bits, state.finite)
        moved = dataclasses.replace(member, rates=rates)
        after = descend(before, task, loss, self.optimizer, bank, moved, until, batch)
        model = eqx.combine(_drawn(last_key, after.model), fixed)
        spent = description_bits(after.model, first, self.prior)
        return TrainState(model, (after.model, first, after.inner), after.step, spent, after.finite)


def _drawn(key: PRNGKeyArray, noisy: Noisy) -> PyTree[Float[Array, "..."]]:
    means, structure = jax.tree.flatten(noisy.mean)
    widths = jax.tree.leaves(noisy.log_width)
    keys = jr.split(key, len(means))
    drawn = [mean + jnp.exp(width) * jr.normal(k, mean.shape) for k, mean, width in zip(keys, means, widths)]
    return jax.tree.unflatten(structure, drawn)
