"""What a learned algorithm is: memory before the first look, one unit of thinking, and an answer."""

import abc
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ._work import work


class AbstractModel(eqx.Module):
    """A network as the runner sees it. The runner alone decides how often it thinks.

    All methods are for one episode, without a batch axis.
    """

    @abc.abstractmethod
    def blank(self, observation: Float[Array, "*places features"]) -> PyTree[Array]:
        """The memory before the first look at an observation of this shape."""

    @abc.abstractmethod
    def think(self, memory: PyTree[Array], observation: Float[Array, "*places features"]) -> PyTree[Array]:
        """The memory after one unit of serial computation; the same memory where there is no such knob."""

    @abc.abstractmethod
    def answer(
        self, memory: PyTree[Array], observation: Float[Array, "*places features"]
    ) -> Float[Array, "*places actions"]:
        """Logits of the actions, read out of the memory without further thinking."""

    @abc.abstractmethod
    def stages(
        self, observation: Float[Array, "*places features"], thinking: int
    ) -> Float[Array, "stages *places channels"]:
        """What is represented after each serial stage, the first being the observation's own encoding.

        Args:
            observation: what the model sees.
            thinking: units of thinking, for a model that has the knob.
        """


class AbstractPlanner(AbstractModel):
    """A model that searches at run time in a world that it is given."""

    @abc.abstractmethod
    def given(self, task: Any, episode: PyTree[Array], key: PRNGKeyArray) -> "AbstractPlanner":
        """The same model with the task's own step to simulate with.

        Args:
            task: a played task.
            episode: the episode that is about to be played.
            key: of the simulations.
        """


class AbstractArchitecture(abc.ABC):
    """A configuration that makes networks. Implementations are frozen dataclasses, registered by name.

    `thinking` is the number of units of thinking in training; 0 says that there is no such knob.
    """

    version: ClassVar[int]
    thinking: int

    @abc.abstractmethod
    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances *places features"], num_actions: int
    ) -> AbstractModel:
        """A network with fresh parameters.

        Args:
            key: random key.
            observations: what is seen of the instances of the pool, in order; networks take the shape only, a table
                takes the instances as its rows.
            num_actions: size of the last axis of an answer.
        """


def answer_after(model: AbstractModel, observation: Float[Array, "*places features"], thinking: int):
    """The answer of a model that has thought `thinking` times, differentiable and sparing of memory."""

    def step(memory, _):
        return model.think(memory, observation), None

    # recomputing a thought in the backward pass is faster than reading its intermediate values from memory
    step = jax.checkpoint(step, prevent_cse=False)
    memory, _ = jax.lax.scan(step, model.blank(observation), length=thinking)
    return model.answer(memory, observation)


def answers(
    model: AbstractModel, observation: Float[Array, "*places features"], max_thinking: int
) -> Float[Array, "thoughts *places actions"]:
    """The whole thinking curve in one scan: the answer after 0, 1, ..., `max_thinking` thoughts."""

    def step(memory, _):
        return model.think(memory, observation), model.answer(memory, observation)

    # one thought too many, but each answer by the same program: a network without a knob gains exactly nothing
    _, curve = jax.lax.scan(step, model.blank(observation), length=max_thinking + 1)
    return curve


def num_parameters(model: AbstractModel) -> int:
    """The number of trained numbers in a model, or in the shapes of one."""
    return sum(leaf.size for leaf in jax.tree.leaves(model) if jnp.issubdtype(leaf.dtype, jnp.inexact))


def multiplications(model: AbstractModel, observation: Float[Array, "*places features"], thinking: int) -> int:
    """Multiplications in the matrix products of one answer; what is done element by element is not counted."""
    return work(lambda o: answer_after(model, o, thinking), observation).products
