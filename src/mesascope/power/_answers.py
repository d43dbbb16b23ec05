"""What a model answers on a set of instances."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ..models import AbstractModel, answer_after
from ..tasks import AbstractAnswered


@eqx.filter_jit
def answer_all(
    task: AbstractAnswered, thinking: int, model: AbstractModel, instances: PyTree[Array], hide: bool = False
) -> Float[Array, "instances *places actions"]:
    """Logits for each instance, after `thinking` thoughts.

    Args:
        task: what is answered.
        thinking: units of thinking.
        model: who answers.
        instances: with a leading axis.
        hide: show nothing of the instance.
    """

    def one(instance):
        observation = task.observe(instance)
        return answer_after(model, jnp.zeros_like(observation) if hide else observation, thinking)

    return jax.lax.map(one, instances, batch_size=64)
