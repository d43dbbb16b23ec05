"""Weights of a few bits each."""

import dataclasses
import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from ..models import AbstractModel, num_parameters
from ..tasks import AbstractAnswered
from ._base import AbstractBase, Member, TrainState
from ._descent import RATES, Optimizer, descend, init_state
from ._policy_gradient import lifted_bits


def rounded(values: Float[Array, "..."], levels: int, span: float) -> Float[Array, "..."]:
    """Each value at the nearest of `levels` values from -span to span, equally far apart."""
    gap = 2 * span / (levels - 1)
    return jnp.round((jnp.clip(values, -span, span) + span) / gap) * gap - span


@dataclasses.dataclass(frozen=True)
class RoundedWeights(AbstractBase):
    """Gradient ascent of expected bits with weights that take few values.

    The network that acts, in training and when it is handed over, has each weight rounded to one of 2^`weight_bits`
    values; the gradient goes to the weight before it was rounded (straight through). `power_bits` are `weight_bits` a
    weight. The rest is as in `PolicyGradient`.

    Fields:
        steps: P, the number of gradient steps.
        batch: instances a step; min(batch, N) of them are drawn without replacement.
        learning_rate: peak rate.
        warmup: steps of linear warm-up.
        lift: weight of the logarithm in the objective, falling linearly to 0 at the last step.
        weight_bits: of each weight.
        span: of the values, from -span to span.
        optimizer: update rule, from Optax.

    References:
        Bengio, Leonard & Courville (2013), for the gradient straight through.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = (AbstractAnswered,)
    traced: ClassVar = (*(name for name in RATES if name != "decay"), "lift")

    steps: int = 400
    batch: int = 64
    learning_rate: float = 0.01
    warmup: int = 20
    lift: float = 4.0
    weight_bits: int = 4
    span: float = 1.0
    optimizer: Optimizer = "adam"

    def __post_init__(self):
        if not 1 <= self.weight_bits <= 16 or not 0 < self.span < math.inf:
            raise ValueError(
                f"RoundedWeights(weight_bits={self.weight_bits}, span={self.span}): 1 to 16 bits a weight, and a span "
                "above 0."
            )

    def init(self, model: AbstractModel, member: Member) -> TrainState:
        started = init_state(self.optimizer, model)
        spent = jnp.float32(self.weight_bits * num_parameters(model))
        inner = eqx.filter(model, eqx.is_inexact_array), started.inner
        return TrainState(self._rounded(model), inner, started.step, spent, started.finite)

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
        weights, inner = state.inner
        _, fixed = eqx.partition(state.model, eqx.is_inexact_array)
        rates = member.rates | {"decay": jnp.float32(0)}

        def loss(model, instance, progress):
            return -lifted_bits(task, self._rounded(model), instance, thinking, rates["lift"] * (1 - progress))

        before = TrainState(eqx.combine(weights, fixed), inner, state.step, state.power_bits, state.finite)
        moved = dataclasses.replace(member, rates=rates)
        after = descend(before, task, loss, self.optimizer, bank, moved, until, batch)
        kept = eqx.filter(after.model, eqx.is_inexact_array), after.inner
        return TrainState(self._rounded(after.model), kept, after.step, state.power_bits, after.finite)

    def _rounded(self, model: AbstractModel) -> AbstractModel:
        """The network with rounded weights, through which gradients go as if they were not."""
        weights, fixed = eqx.partition(model, eqx.is_inexact_array)

        def straight(leaf):
            return leaf + jax.lax.stop_gradient(rounded(leaf, 2**self.weight_bits, self.span) - leaf)

        return eqx.combine(jax.tree.map(straight, weights), fixed)
