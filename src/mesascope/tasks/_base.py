"""What a task is: a distribution over instances, and what can be done with one."""

import abc
from typing import ClassVar

import equinox as eqx
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree, UInt8

from ..outcomes import AbstractTail, Outcomes


class AbstractTask(eqx.Module):
    """A distribution over instances, what each can lead to, and what random behaviour leads to.

    Three draws are never mixed: the *instance* (what a pool counts), the *episode* (what nature adds before the first
    action) and the *action* (the dice of policy and world). Bits are conditional on the first two. All fields of a
    task are static, so that a task is a hashable value.
    """

    version: ClassVar[int]
    """Raised when the behaviour changes: part of every trial's id."""

    @abc.abstractmethod
    def draw(self, key: PRNGKeyArray) -> PyTree[Array]:
        """One instance, in compact dtypes."""

    def candidates(self, stream: int, start: int, count: int) -> PyTree[np.ndarray] | None:
        """Candidates `start` to `start + count` of a stream, for a task that hands over its own bank of instances.

        None, the default, where `draw` makes them. Candidate i depends on the task, the stream and i alone; fewer than
        `count` mean that the bank has no more. `draw` is needed all the same: it says what an instance looks like.

        Args:
            stream: of the evaluation set or of a pool.
            start: number of the first.
            count: how many.
        """
        return None

    @abc.abstractmethod
    def identity(self, instance: PyTree[Array]) -> UInt8[Array, " bytes"]:
        """The bytes of what needs a policy of its own: equal for instances that count as the same."""

    @abc.abstractmethod
    def episode(self, key: PRNGKeyArray, instance: PyTree[Array]) -> PyTree[Array]:
        """The instance with what nature adds to it; the instance itself where nature adds nothing."""

    @abc.abstractmethod
    def reference(self, episode: PyTree[Array], dtype) -> AbstractTail:
        """How rare each utility is under the task's reference behaviour."""

    @abc.abstractmethod
    def optimum(self, episode: PyTree[Array], dtype) -> Outcomes:
        """The outcomes of a policy of highest expected utility: their bits are the ceiling of the episode."""

    @abc.abstractmethod
    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of what counts as success."""


class AbstractAnswered(AbstractTask):
    """A task of one observation and one answer: an algorithm sees the episode whole and answers with a policy."""

    num_actions: ClassVar[int]
    """Size of the last axis of an answer."""

    @abc.abstractmethod
    def observe(self, episode: PyTree[Array]) -> Float[Array, "*places features"]:
        """What a model sees, in float32; zeros mean that nothing is shown."""

    @abc.abstractmethod
    def outcomes(self, episode: PyTree[Array], answer: Float[Array, "*places actions"]) -> Outcomes:
        """What the answer, given as logits, brings about; in the dtype of the answer, differentiable in it."""


class AbstractExtended(AbstractAnswered):
    """A task with a harder part that is never trained on, of the same shapes: longer strings, say."""

    @abc.abstractmethod
    def beyond(self) -> AbstractAnswered:
        """The task of that part alone: what is learned here is measured there, too."""


class AbstractPlayed(AbstractTask):
    """A task of act, see, act: what others do, and what the world adds, is inside `step`.

    A world is immutable, so that search and splitting may branch from it. After `horizon` actions, or when `over` says
    so, nothing changes any more.
    """

    num_actions: ClassVar[int]
    horizon: eqx.AbstractVar[int]
    """The most actions of one episode."""

    @abc.abstractmethod
    def start(self, episode: PyTree[Array]) -> PyTree[Array]:
        """The world before the first action."""

    @abc.abstractmethod
    def see(
        self, episode: PyTree[Array], world: PyTree[Array]
    ) -> tuple[Float[Array, " features"], Bool[Array, " actions"]]:
        """What is seen of the world, in float32, and which actions are legal."""

    @abc.abstractmethod
    def step(
        self, key: PRNGKeyArray, episode: PyTree[Array], world: PyTree[Array], action: Int[Array, ""]
    ) -> PyTree[Array]:
        """The world after a legal action; the same world where the episode is over."""

    @abc.abstractmethod
    def over(self, episode: PyTree[Array], world: PyTree[Array]) -> Bool[Array, ""]:
        """Whether the episode has ended before the horizon."""

    @abc.abstractmethod
    def utility(self, episode: PyTree[Array], world: PyTree[Array]) -> Float[Array, ""]:
        """The utility of a final world."""


class AbstractBranching(AbstractPlayed):
    """A played task whose chances are few enough to enumerate: then outcomes are exact, whatever a policy remembers."""

    @abc.abstractmethod
    def branch(
        self, episode: PyTree[Array], world: PyTree[Array], action: Int[Array, ""]
    ) -> tuple[PyTree[Array], Float[Array, " branches"]]:
        """All worlds that a legal action may lead to, with a leading axis, and their probabilities."""


class AbstractTaught(AbstractTask):
    """A task that also knows a good answer, for base optimizers that imitate and for read-outs."""

    @abc.abstractmethod
    def demonstrate(self, episode: PyTree[Array]) -> Float[Array, "*places actions"]:
        """The probabilities of a best policy; all zero at places that ask for nothing."""

    @abc.abstractmethod
    def loss(
        self, demonstration: Float[Array, "*places actions"], answer: Float[Array, "*places actions"]
    ) -> Float[Array, ""]:
        """How far the answer, given as logits, is from the demonstration, in bits."""

    @abc.abstractmethod
    def value(self, episode: PyTree[Array]) -> Float[Array, "*places"]:
        """The best utility that can be had from each place; nan at places that ask for nothing."""


class AbstractNavigated(AbstractTask):
    """A task of ways to a goal, which can be moved at run time while everything else stays where it is."""

    @abc.abstractmethod
    def retarget(self, key: PRNGKeyArray, instance: PyTree[Array]) -> PyTree[Array]:
        """The same instance with another goal, drawn among those that are as far away as a goal has to be."""

    @abc.abstractmethod
    def at_start(self, episode: PyTree[Array]) -> Bool[Array, "*places"]:
        """Which place is the first."""

    @abc.abstractmethod
    def at_goal(self, episode: PyTree[Array]) -> Bool[Array, "*places"]:
        """Which place is the goal."""

    @abc.abstractmethod
    def ways(self, episode: PyTree[Array]) -> Bool[Array, "*places actions"]:
        """Which actions lead anywhere."""

    @abc.abstractmethod
    def show_goal(
        self, observation: Float[Array, "*places features"], place: Bool[Array, "*places"]
    ) -> Float[Array, "*places features"]:
        """The observation with the goal marked at another place, or at none, and nothing else changed."""
