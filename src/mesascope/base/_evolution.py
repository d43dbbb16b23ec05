"""(mu, lambda) selection of mutated copies, with its bits counted."""

import dataclasses
import math
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel, answer_after
from ..outcomes import bits
from ..tasks import AbstractAnswered
from ._base import AbstractBase, Member, TrainState, batch_rows, episodes


@dataclasses.dataclass(frozen=True)
class Evolution(AbstractBase):
    """(mu, lambda) evolution: of `offspring` mutated copies the `parents` fittest survive, their parents never.

    Each child copies a random parent and adds normal noise to every parameter. Fitness is the mean of the expected bits
    over the step's instances, the same for all children. A generation spends at most log2 C(offspring, parents) bits,
    and handing over the fittest parent at most log2(parents) more; both are in `power_bits`.

    Fields:
        steps: generations.
        batch: instances a generation.
        parents: mu.
        offspring: lambda.
        mutation: standard deviation of the noise in the first generation; it falls linearly to a tenth.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = (AbstractAnswered,)
    traced: ClassVar = ("steps", "mutation")

    steps: int = 1000
    batch: int = 64
    parents: int = 8
    offspring: int = 64
    mutation: float = 0.05

    def __post_init__(self):
        if not 1 <= self.parents < self.offspring:
            raise ValueError(
                f"Evolution(parents={self.parents}, offspring={self.offspring}): at least one parent and more "
                "offspring than parents are needed, else nothing is selected."
            )

    @property
    def neutral_width(self) -> float:
        """Standard deviation of all the noise along a line of descent: what selects nothing adds to a parameter."""
        widths = _width(self.mutation, np.arange(self.steps), max(self.steps, 1))
        return float(np.sqrt(np.sum(widths**2)))

    def init(self, model: AbstractModel, member: Member) -> TrainState:
        trained = eqx.filter(model, eqx.is_inexact_array)
        parents = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (self.parents, *leaf.shape)), trained)
        return TrainState(model, parents, jnp.int32(0), jnp.float32(math.log2(self.parents)), jnp.array(True))

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
        spent = math.log2(math.comb(self.offspring, self.parents))
        _, fixed = eqx.partition(state.model, eqx.is_inexact_array)

        def fitness(child, instances):
            model = eqx.combine(child, fixed)

            def score(instance):
                answer = answer_after(model, task.observe(instance), thinking)
                return bits(task.outcomes(instance, answer), task.reference(instance, jnp.float32)).value

            return jnp.mean(jax.vmap(score)(instances))

        def generation(_, state):
            parent_key, noise_key = jr.split(jr.fold_in(jr.fold_in(member.key, 1), state.step))
            width = _width(member.rates["mutation"], state.step, member.rates["steps"])
            chosen = jr.randint(parent_key, (self.offspring,), 0, self.parents)
            children = mutated(noise_key, jax.tree.map(lambda leaf: leaf[chosen], state.inner), width)
            rows = batch_rows(member, state.step, batch)
            instances = episodes(task, jax.tree.map(lambda leaf: leaf[rows], bank), member, state.step, batch)
            scores = jax.lax.map(lambda child: fitness(child, instances), children)
            best = jax.lax.top_k(jnp.where(jnp.isfinite(scores), scores, -jnp.inf), self.parents)[1]
            parents = jax.tree.map(lambda leaf: leaf[best], children)
            fittest = eqx.combine(jax.tree.map(lambda leaf: leaf[0], parents), fixed)
            return TrainState(fittest, parents, state.step + 1, state.power_bits + spent, state.finite)

        return jax.lax.fori_loop(state.step, until, generation, state)


def _width(mutation, step, steps):
    """Standard deviation of the noise of one generation."""
    return mutation * (1 - 0.9 * step / steps)


def mutated(key: PRNGKeyArray, tree: PyTree[Array], width) -> PyTree[Array]:
    """The tree with independent normal noise of that width on every leaf."""
    leaves, structure = jax.tree.flatten(tree)
    keys = jr.split(key, len(leaves))
    noisy = [leaf + width * jr.normal(k, leaf.shape, leaf.dtype) for k, leaf in zip(keys, leaves)]
    return jax.tree.unflatten(structure, noisy)
