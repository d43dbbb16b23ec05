"""Imitation of the task's demonstrations."""

import dataclasses
from typing import ClassVar

from jaxtyping import Array, Int, PyTree

from ..models import AbstractModel, answer_after
from ..tasks import AbstractAnswered, AbstractTaught
from ._base import AbstractBase, Member, TrainState
from ._descent import RATES, Optimizer, descend, init_state


@dataclasses.dataclass(frozen=True)
class Supervised(AbstractBase):
    """Gradient descent of the task's loss against a demonstration of every instance.

    Fields:
        steps: P, the number of gradient steps.
        batch: instances a step; min(batch, N) of them are drawn without replacement.
        learning_rate: peak rate.
        warmup: steps of linear warm-up.
        decay: decoupled weight decay, multiplied by the learning rate.
        optimizer: update rule, from Optax.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = (AbstractAnswered, AbstractTaught)
    traced: ClassVar = RATES

    steps: int = 400
    batch: int = 64
    learning_rate: float = 0.01
    warmup: int = 20
    decay: float = 0.0
    optimizer: Optimizer = "adam"

    def init(self, model: AbstractModel, member: Member) -> TrainState:
        return init_state(self.optimizer, model)

    def advance(
        self,
        state: TrainState,
        task: AbstractTaught,
        bank: PyTree[Array],
        member: Member,
        until: Int[Array, ""],
        batch: int,
        thinking: int,
    ) -> TrainState:
        def loss(model, instance, progress):
            answer = answer_after(model, task.observe(instance), thinking)
            return task.loss(task.demonstrate(instance), answer)

        return descend(state, task, loss, self.optimizer, bank, member, until, batch)
