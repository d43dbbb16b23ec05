"""What gradient steps on one novel instance are worth."""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from ...base import BASES, AbstractBase, Member, check_fits
from ...models import AbstractModel, answer_after
from ...outcomes import AbstractTail
from ...power import Scores, ceiling, references, score
from ...tasks import NUM_NOVEL, AbstractTask, novel
from ._base import AbstractTrial, Checkpoint, Given, trial_key
from ._cost import EACH
from ._shapes import has_rows
from ._training import Training, static_frame, step_cost

AT_ONCE = 8
"""Instances relearned on at once."""

NO_END = 2.0**30
"""Steps of a stream for the schedule of rates: they stay where the warm-up ends."""


@dataclasses.dataclass(frozen=True)
class Relearning(AbstractTrial):
    """A trained network that is trained further on one novel instance alone, apart for each of a number of them.

    Says how many gradient steps a network's run-time computation is worth: the bits of every step stand beside those
    that it has on the instance at first sight. A start of 0 steps is a network as drawn. A table has no row for an
    instance that it has not seen: it gets one, of zeros.

    In a stream the instances come one after another to one network, which goes on learning with the rate and objective
    that its base optimizer has after the warm-up.

    The record's columns, one row an instance and step: `stay` (0 where the instance is learned alone, else for how many
    steps each instance of a stream stays), `instance`, `step` (steps done on that instance), `bits`, `success` and
    `utility` at temperature 1, `ceiling` and `frozen` (bits of the optimum, and of the network at the start). Of a
    stream the rows are before each of the steps; their mean is what the learner has in it.

    Fields:
        start: training whose last network is what learns.
        base: gradient steps on an instance, their number included.
        num_instances: number of instances of the evaluation set, in its order.
        seed: of what is random in the base optimizer.
        stay: for each stream, for how many steps an instance stays.
    """

    start: Training
    base: AbstractBase
    num_instances: int
    seed: int
    stay: tuple[int, ...] = ()

    parts: ClassVar = {"base": BASES}
    known: ClassVar[bool] = False
    grouped: ClassVar[bool] = False
    batch: ClassVar[int] = 1

    def __post_init__(self):
        if not isinstance(self.start, Training):
            raise ValueError(f"Relearning(start={type(self.start).__name__}): start from a Training.")
        check_fits(self.base, self.start.task)
        if not 1 <= self.num_instances <= NUM_NOVEL:
            raise ValueError(
                f"Relearning(num_instances={self.num_instances}): choose 1 to {NUM_NOVEL}, the size of the evaluation "
                "set."
            )
        if self.base.steps < 0:
            raise ValueError(f"Relearning(steps={self.base.steps}): steps are at least 0.")
        if any(stay < 1 for stay in self.stay):
            raise ValueError(f"Relearning(stay={self.stay}): an instance stays for at least 1 step.")
        for name in self.base.traced:
            if not math.isfinite(getattr(self.base, name)):
                raise ValueError(f"Relearning({name}={getattr(self.base, name)}): give a finite number.")

    @property
    def task(self) -> AbstractTask:
        """What is learned."""
        return self.start.task

    @property
    def steps(self) -> int:
        """Number of steps on an instance alone."""
        return self.base.steps

    @property
    def requires(self) -> tuple[Training, ...]:
        return (self.start,)

    @property
    def label(self) -> str:
        return (
            f"{BASES.name_of(self.base)} on {self.num_instances} instances, seed={self.seed} from ({self.start.label})"
        )

    @property
    def cost(self) -> float:
        steps = self.num_instances * (self.steps + sum(self.stay))
        # what a step is worth takes as long as a step, about
        return EACH + 2 * steps * step_cost(self._frame, self.task, self.start.model)

    @property
    def program(self) -> tuple:
        return self._frame, self.task, self.start.model, self.num_instances, self.steps, self.stay

    def instances(self) -> PyTree[Array]:
        return jax.tree.map(lambda leaf: leaf[: self.num_instances], novel(self.task))

    def fresh(self, instances: PyTree[Array]) -> AbstractModel:
        return self.start.fresh(instances)

    def skeleton(self) -> AbstractModel:
        return self.start.skeleton()

    def checkpoints(self, report: Callable[[float], None], given: Given) -> list[Checkpoint]:
        """The network at the start alone: what the steps make of it is calculated from that."""
        return [Checkpoint(0, given(self.start), np.nan, True)]

    def columns(self, checkpoints: list[Checkpoint]) -> dict[str, np.ndarray]:
        network, instances = checkpoints[-1].model, self.instances()
        tails = references(self.task, instances)
        frozen = score(self.task, instances, tails, _all_answers(self._static, network, instances)).bits
        beside = {"ceiling": ceiling(self.task, instances, tails).bits, "frozen": frozen}
        alone = _relearned(self._static, self.steps, network, instances, self._members())
        parts = [self._rows(0, alone, instances, tails, beside)]
        for stay in self.stay:
            streamed = _streamed(self._static, stay, network, instances, self._members())
            parts.append(self._rows(stay, streamed, instances, tails, beside))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    @property
    def _frame(self) -> AbstractBase:
        return dataclasses.replace(static_frame(self.base), batch=1)

    @property
    def _static(self) -> tuple:
        return self._frame, self.task, self.start.model

    def _members(self) -> Member:
        """For each instance the member whose pool it is."""

        def one(number):
            key = jr.fold_in(trial_key(self, 1), number)
            return Member(key, number, jnp.int32(1), jnp.array(False), self.base.rates())

        return jax.vmap(one)(jnp.arange(self.num_instances, dtype=jnp.int32))

    def _rows(
        self,
        stay: int,
        answers: Float[Array, "instances steps *places actions"],
        instances: PyTree[Array],
        tails: AbstractTail,
        beside: dict[str, np.ndarray],
    ) -> dict[str, np.ndarray]:
        by_step = [score(self.task, instances, tails, answers[:, step]) for step in range(answers.shape[1])]
        numbers = np.arange(self.num_instances, dtype=np.int32)
        return {
            "stay": np.full(len(by_step) * len(numbers), stay, np.int32),
            "instance": np.tile(numbers, len(by_step)),
            "step": np.repeat(np.arange(len(by_step), dtype=np.int32), len(numbers)),
            **{name: np.concatenate([getattr(scores, name) for scores in by_step]) for name in Scores._fields},
            **{name: np.tile(values, len(by_step)) for name, values in beside.items()},
        }


def _learner(static: tuple, network: AbstractModel, instances: PyTree[Array]) -> AbstractModel:
    """The network, or a table with a row for each of the instances."""
    _, task, model = static
    if not has_rows(task, model):
        return network
    return model.init(jr.key(0), jax.vmap(task.observe)(instances), task.num_actions)


def _row(instances: PyTree[Array], number: Int[Array, ""]) -> PyTree[Array]:
    return jax.tree.map(lambda leaf: jnp.asarray(leaf)[number], instances)


@eqx.filter_jit
def _all_answers(static: tuple, network: AbstractModel, instances: PyTree[Array]):
    _, task, model = static
    return jax.lax.map(lambda one: answer_after(network, task.observe(one), model.thinking), instances)


@eqx.filter_jit
def _relearned(static: tuple, steps: int, network: AbstractModel, instances: PyTree[Array], members: Member):
    """Answers to each instance after 0, 1, ... `steps` steps on it alone."""
    base, task, model = static

    def one(member):
        instance = _row(instances, member.pool_start)
        answer = functools.partial(answer_after, observation=task.observe(instance), thinking=model.thinking)

        def step(state, until):
            state = base.advance(state, task, instances, member, until, 1, model.thinking)
            return state, answer(state.model)

        begun = base.init(_learner(static, network, jax.tree.map(lambda leaf: leaf[None], instance)), member)
        _, later = jax.lax.scan(step, begun, jnp.arange(1, steps + 1, dtype=jnp.int32))
        return jnp.concatenate([answer(begun.model)[None], later])

    return jax.lax.map(one, members, batch_size=AT_ONCE)


@eqx.filter_jit
def _streamed(static: tuple, stay: int, network: AbstractModel, instances: PyTree[Array], members: Member):
    """Answers to each instance before each of the `stay` steps for which it is what is learned."""
    base, task, model = static
    members = dataclasses.replace(
        members, rates=members.rates | {"steps": jnp.full_like(members.rates["steps"], NO_END)}
    )

    def visit(state, member):
        observation = task.observe(_row(instances, member.pool_start))

        def step(state, _):
            answer = answer_after(state.model, observation, model.thinking)
            return base.advance(state, task, instances, member, state.step + 1, 1, model.thinking), answer

        return jax.lax.scan(step, state, length=stay)

    begun = base.init(_learner(static, network, instances), jax.tree.map(lambda leaf: leaf[0], members))
    return jax.lax.scan(visit, begun, members)[1]
