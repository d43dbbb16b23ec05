"""Ascent of the exact expected bits: no solution is ever shown."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from ..models import AbstractModel, answer_after
from ..outcomes import bits
from ..tasks import AbstractAnswered
from ._base import AbstractBase, Member, TrainState
from ._descent import RATES, Optimizer, descend, init_state

SMALLEST_POWER = 1e-30
"""Added before the logarithm: in float32 still far above 0, in bits far below any result."""


@dataclasses.dataclass(frozen=True)
class PolicyGradient(AbstractBase):
    """Gradient ascent of the meter's own utility, through the task's exact outcome distribution.

    The objective of an instance is J + lift (1 - progress) log2 J, where J are the expected bits of the policy's
    outcomes. A policy that has become sure of a way that fails leaves a plateau on which J has hardly any gradient;
    that of its logarithm does not fade there. The logarithm's weight falls to 0: what is sought in the end is J.

    Fields:
        steps: P, the number of gradient steps; 0 leaves the network as it was drawn.
        batch: instances a step; min(batch, N) of them are drawn without replacement.
        learning_rate: peak rate.
        warmup: steps of linear warm-up.
        decay: decoupled weight decay, multiplied by the learning rate.
        lift: weight of the logarithm in the objective, falling linearly to 0 at the last step.
        optimizer: update rule, from Optax.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = (AbstractAnswered,)
    traced: ClassVar = (*RATES, "lift")

    steps: int = 400
    batch: int = 64
    learning_rate: float = 0.01
    warmup: int = 20
    decay: float = 0.0
    lift: float = 4.0
    optimizer: Optimizer = "adam"

    def init(self, model: AbstractModel, member: Member) -> TrainState:
        return init_state(self.optimizer, model)

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
        def loss(model, instance, progress):
            return -lifted_bits(task, model, instance, thinking, member.rates["lift"] * (1 - progress))

        return descend(state, task, loss, self.optimizer, bank, member, until, batch)


def lifted_bits(
    task: AbstractAnswered, model: AbstractModel, instance: PyTree[Array], thinking: int, weight: Float[Array, ""]
) -> Float[Array, ""]:
    """J + weight log2 J of one instance, J being the expected bits of the model's answer."""
    answer = answer_after(model, task.observe(instance), thinking)
    power = bits(task.outcomes(instance, answer), task.reference(instance, jnp.float32)).value
    return power + weight * jnp.log2(power + SMALLEST_POWER)
