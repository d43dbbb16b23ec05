"""What a base optimizer is: it advances a network from one step to a later one on a pool of instances."""

import abc
import functools
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks import AbstractTask


class Member(eqx.Module):
    """What distinguishes the members of one population; all leaves are arrays.

    Fields:
        key: random key of the training; step t draws from `fold_in(key, t)` only.
        pool_start: first row of this member's pool in the bank.
        pool_size: N, the number of rows seen.
        fresh: whether rows are taken in order, each once, as a stand-in for unlimited instances.
        rates: the base optimizer's traced numbers, by name.
    """

    key: PRNGKeyArray
    pool_start: Int[Array, ""]
    pool_size: Int[Array, ""]
    fresh: Bool[Array, ""]
    rates: dict[str, Float[Array, ""]]


class TrainState(eqx.Module):
    """Training between two steps.

    Fields:
        model: the network as it would be handed over now.
        inner: what the base optimizer remembers.
        step: steps done.
        power_bits: upper bound on the bits that the base optimizer has put into the network so far, where it counts
            them: of selection, or of a description of the weights to one who knows how they were drawn; else nan.
        finite: false once a loss or gradient was not finite; from then on the state stays as it was.
    """

    model: AbstractModel
    inner: PyTree[Array]
    step: Int[Array, ""]
    power_bits: Float[Array, ""]
    finite: Bool[Array, ""]


class AbstractBase(abc.ABC):
    """A configuration of a base optimizer. Implementations are frozen dataclasses, registered by name.

    `traced` names the fields that may differ within one compiled program; they reach the code through `Member.rates`
    only.
    """

    version: ClassVar[int]
    needs: ClassVar[tuple[type[AbstractTask], ...]]
    traced: ClassVar[tuple[str, ...]]

    steps: int
    batch: int

    @abc.abstractmethod
    def init(self, model: AbstractModel, member: Member) -> TrainState:
        """The state before the first step."""

    @abc.abstractmethod
    def advance(
        self,
        state: TrainState,
        task: AbstractTask,
        bank: PyTree[Array],
        member: Member,
        until: Int[Array, ""],
        batch: int,
        thinking: int,
    ) -> TrainState:
        """The state after step `until`.

        Args:
            state: the state at some earlier step.
            task: what is learned.
            bank: instances with a leading axis; the member's pool is a stretch of it.
            member: pool, key and rates.
            until: traced number of the last step.
            batch: instances a step: min(batch size, N).
            thinking: units of thinking before the answer.
        """

    def rates(self) -> dict[str, Float[Array, ""]]:
        """The traced fields as float32 scalars."""
        return {name: jnp.float32(getattr(self, name)) for name in self.traced}


def check_fits(base: AbstractBase, task: AbstractTask) -> None:
    """Raises a ValueError that names what the task lacks, if the base optimizer cannot train on it."""
    missing = [need.__name__.removeprefix("Abstract") for need in base.needs if not isinstance(task, need)]
    if missing:
        raise ValueError(
            f"{type(base).__name__} cannot train on {type(task).__name__}: the task is not {' and '.join(missing)}; "
            "choose another base optimizer, or implement that interface."
        )


def batch_rows(member: Member, step: Int[Array, ""], batch: int) -> Int[Array, " batch"]:
    """The rows of the bank that one step sees: a uniformly random subset of the pool, without repetition.

    Robert Floyd's algorithm, which needs `batch` draws whatever the size of the pool. Where `fresh` is set, the next
    `batch` rows in order instead, beginning anew after the last.
    """
    numbers = jnp.arange(batch, dtype=jnp.int32)
    tops = member.pool_size - batch + numbers
    draws = jr.randint(jr.fold_in(member.key, step), (batch,), 0, tops + 1)

    def choose(chosen, i):
        taken = jnp.any((chosen == draws[i]) & (numbers < i))
        return chosen.at[i].set(jnp.where(taken, tops[i], draws[i])), None

    chosen, _ = jax.lax.scan(choose, jnp.full(batch, -1, jnp.int32), numbers)
    in_order = (step * batch + numbers) % member.pool_size
    return member.pool_start + jnp.where(member.fresh, in_order, chosen)


EPISODES = 2
"""Stream of a member's key from which episodes are drawn."""


def episodes(
    task: AbstractTask, instances: PyTree[Array], member: Member, step: Int[Array, ""], batch: int
) -> PyTree[Array]:
    """An episode of each instance of a step's batch, drawn anew at each step; the instances where nature adds nothing.

    Args:
        task: what is learned.
        instances: of the batch.
        member: whose key is drawn from.
        step: its number.
        batch: number of instances.
    """
    if _adds_nothing(task):
        return instances
    keys = jr.split(jr.fold_in(jr.fold_in(member.key, EPISODES), step), batch)
    return jax.vmap(task.episode)(keys, instances)


@functools.lru_cache(maxsize=256)
def _adds_nothing(task: AbstractTask) -> bool:
    """Whether each episode is the instance itself; then its program stays free of draws that nobody looks at."""
    key = jr.key(0)
    program = jax.make_jaxpr(task.episode)(key, jax.eval_shape(task.draw, key)).jaxpr
    return program.outvars == program.invars[1:]


def keep_finite(new: TrainState, old: TrainState) -> TrainState:
    """`new` where it and all before it are finite, else `old` with `finite` false; the step counts on."""
    finite = old.finite & new.finite
    kept = jax.tree.map(lambda after, before: jnp.where(finite, after, before), new, old)
    return eqx.tree_at(lambda state: (state.step, state.finite), kept, (new.step, finite))
