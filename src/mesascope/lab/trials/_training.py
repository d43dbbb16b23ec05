"""One network trained on one pool."""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from ...base import BASES, AbstractBase, Member, TrainState, check_fits
from ...models import MODELS, AbstractArchitecture, AbstractModel, Thaw, partly_frozen, weights_of, whole, work
from ...tasks import TASKS, AbstractTask, pool
from .._probes import check_probes, check_reading
from ._base import AbstractTrial, Checkpoint, Given, trial_key
from ._cost import EACH, measuring_cost, weighed
from ._shapes import has_rows, network_shapes, shapes
from ._start import check_start, continued

SHORTEST = 12
"""No checkpoint has fewer steps, but that of a training that has fewer."""

SMALLEST_BANK = 4096
"""Banks are padded to this or a larger power of two, so that trials of different N share one compiled program."""


@dataclasses.dataclass(frozen=True)
class Training(AbstractTrial):
    """One network trained on one pool.

    Fields:
        task: what is learned on.
        model: what can be learned.
        base: what does the learning, its number of steps included.
        num_instances: N; None for unlimited, where every step sees instances that no step has seen before.
        seed: of the pool, the initialization and the training: seeds are the unit of all statistics.
        later_instances: N in the second half of the steps, where that is another one; the smaller of the two pools is
            the beginning of the larger.
        pool_seed: of the pool, where several trainings share one; their own seed where it is None.
        read_every: whether read-outs are fitted at every checkpoint, which takes longer, and not at the last alone.
        probed: further tasks of the same observation on which the last network is measured as it is.
        wide_readouts: whether read-outs of the largest size are fitted, too: on two cores a minute more.
        signed: whether the signs that run-time power is search are measured of the last network, which takes seconds.
        start: training whose last network this one begins with, the optimizer afresh; None for a network as drawn.
        thaw: what is trained: all weights, those that only what is observed is multiplied by, or the read-out; no bit
            of the others changes.
        fresh_readout: whether the read-out begins as drawn all the same; it does so in any case where the tasks differ
            in their number of actions.
    """

    task: AbstractTask
    model: AbstractArchitecture
    base: AbstractBase
    num_instances: int | None
    seed: int
    later_instances: int | None = None
    pool_seed: int | None = None
    read_every: bool = False
    probed: tuple[AbstractTask, ...] = ()
    wide_readouts: bool = False
    signed: bool = False
    start: "Training | None" = None
    thaw: Thaw = "all"
    fresh_readout: bool = False

    parts: ClassVar = {"task": TASKS, "model": MODELS, "base": BASES, "probed": TASKS}
    known: ClassVar[bool] = False
    grouped: ClassVar[bool] = True

    def __post_init__(self):
        check_fits(self.base, self.task)
        check_reading(self.task, read_every=self.read_every, wide_readouts=self.wide_readouts)
        check_probes(self.task, self.probed)
        if self.num_instances is not None and self.num_instances < 1:
            raise ValueError(f"Training(num_instances={self.num_instances}): N is at least 1, or None for unlimited.")
        if self.later_instances is not None and (self.num_instances is None or self.later_instances < 1):
            raise ValueError(
                f"Training(num_instances={self.num_instances}, later_instances={self.later_instances}): a change of "
                "pools is between two numbers of instances, both at least 1."
            )
        if self.later_instances is not None and self.base.steps < 2 * SHORTEST:
            raise ValueError(
                f"Training(steps={self.base.steps}, later_instances={self.later_instances}): pools change at a "
                f"checkpoint, and the first is after {SHORTEST} steps; train for {2 * SHORTEST} or more."
            )
        for name in self.base.traced:
            if not math.isfinite(getattr(self.base, name)):
                raise ValueError(f"Training({name}={getattr(self.base, name)}): give a finite number.")
        if self.base.steps < 0 or self.base.batch < 1:
            raise ValueError(
                f"Training(steps={self.base.steps}, batch={self.base.batch}): steps are at least 0, a batch at least 1."
            )
        check_start(self)

    @property
    def requires(self) -> tuple["Training", ...]:
        return () if self.start is None else (self.start,)

    @property
    def label(self) -> str:
        size = "unlimited" if self.num_instances is None else self.num_instances
        size = size if self.later_instances is None else f"{size} then {self.later_instances}"
        twin = " answer shown" if getattr(self.task, "show_answer", False) else ""
        depth = getattr(self.model, "depth", None)
        network = MODELS.name_of(self.model) + (f" of depth {depth}" if depth else "")
        origin = "" if self.start is None else f" from ({self.start.label})"
        return f"{network}{twin} N={size} seed={self.seed}{origin}"

    @property
    def steps(self) -> int:
        """Number of training steps."""
        return self.base.steps

    @property
    def thinking(self) -> int:
        """Units of thinking in training, and where nothing else is said in measuring."""
        return self.model.thinking

    @property
    def stream(self) -> int:
        """The seed of the pool."""
        return self.seed if self.pool_seed is None else self.pool_seed

    @property
    def pool_size(self) -> int:
        """Rows of the bank: the largest N, or as many instances as the steps will see."""
        return max(self.base.steps, 1) * self.base.batch if self.num_instances is None else max(self._sizes)

    @property
    def batch(self) -> int:
        """Instances a step: min(batch size, N), the same for all steps."""
        return self.base.batch if self.num_instances is None else min(self.base.batch, *self._sizes)

    def rows_until(self, step: int) -> int:
        """Rows of the bank that are drawn from on the way to a checkpoint."""
        first_half = 2 * step <= self.base.steps
        return self.pool_size if self.num_instances is None else self._sizes[0 if first_half else -1]

    @property
    def _sizes(self) -> tuple[int, ...]:
        later = () if self.later_instances is None else (self.later_instances,)
        return self.num_instances, *later

    @property
    def static_parts(self) -> tuple:
        """The parts that a compiled program is made for: traced rates are dropped from the base optimizer."""
        return static_frame(self.base), self.task, self.model, self.batch

    @property
    def cost(self) -> float:
        base, task, model, batch = self.static_parts
        step = batch * step_cost(dataclasses.replace(base, batch=1), task, model)
        if has_rows(task, model):
            one, two = (step_cost(dataclasses.replace(base, batch=1), task, model, rows) for rows in (1, 2))
            step += (self.pool_size - 1) * (two - one)
        at_each, at_last = _measuring(task, model, self.wide_readouts)
        looks = len(checkpoint_steps(self.steps))
        # read-outs are nearly all of what is measured at the last checkpoint
        lasts = at_last * (looks if self.read_every else 1)
        probes = sum(_measuring(probe, model, self.wide_readouts)[1] for probe in self.probed)
        return EACH + self.steps * step + at_each * looks + lasts + probes

    @property
    def program(self) -> tuple:
        return (*self.static_parts, self.pool_size if has_rows(self.task, self.model) else None, self.thaw)

    def member(self, start: int = 0, until: int = 0) -> Member:
        """The member that the trial is on the way to a checkpoint, its pool beginning at row `start` of the bank."""
        return Member(
            key=trial_key(self, 1),
            pool_start=jnp.int32(start),
            pool_size=jnp.int32(self.rows_until(until)),
            fresh=jnp.array(self.num_instances is None),
            rates=self.base.rates(),
        )

    def instances(self) -> PyTree[Array]:
        return pool(self.task, self.stream, self.pool_size)

    def fresh(self, instances: PyTree[Array]) -> AbstractModel:
        """The untrained network, whose parameters depend on the seed and not on N."""
        # a network takes the shape alone: of a large pool the observations would be the greatest part of its cost
        shown = instances if has_rows(self.task, self.model) else jax.tree.map(lambda leaf: leaf[:1], instances)
        return self.model.init(trial_key(self, 0), jax.vmap(self.task.observe)(shown), self.task.num_actions)

    def skeleton(self) -> AbstractModel:
        return eqx.filter_eval_shape(self.fresh, shapes(self.task, self.pool_size))

    def begin(self, instances: PyTree[Array], given: Given) -> TrainState:
        """The state before the first step, on the instances of the pool."""
        network = self.fresh(instances)
        if self.start is not None:
            network = continued(network, given(self.start), self.renews_readout)
        if self.thaw != "all":
            seen = self.task.observe(jax.tree.map(lambda leaf: leaf[0], instances))
            network = partly_frozen(network, weights_of(network, self.thaw, seen, self.thinking))
        return self.base.init(network, self.member())

    @property
    def renews_readout(self) -> bool:
        """Whether the read-out does not come from the start."""
        return self.fresh_readout or self.start.task.num_actions != self.task.num_actions

    def checkpoint(self, state: TrainState, step: int) -> Checkpoint:
        """What is kept of a state."""
        return Checkpoint(step, whole(state.model), float(state.power_bits), bool(state.finite))

    def checkpoints(self, report: Callable[[float], None], given: Given) -> list[Checkpoint]:
        """The networks; those of a diverged training end with the last finite one."""
        instances = self.instances()
        state, bank = self.begin(instances, given), _padded(instances, self.pool_size)
        kept = []
        for step in checkpoint_steps(self.steps):
            # a network as it was drawn needs no compiled program
            if step:
                state = advance(state, self, bank, self.member(until=step), step)
            kept.append(self.checkpoint(state, step))
            report(step / max(self.steps, 1))
            if not state.finite:
                break
        return kept

    def columns(self, checkpoints: list[Checkpoint]) -> None:
        return None


def static_frame(base: AbstractBase) -> AbstractBase:
    """A base optimizer as far as a compiled program is made for it: its traced numbers are dropped."""
    defaults = {field.name: field.default for field in dataclasses.fields(base)}
    return dataclasses.replace(base, **{name: defaults[name] for name in base.traced})


def checkpoint_steps(steps: int) -> list[int]:
    """The last step and its halves down to 12: log-spaced, so that one run serves every shorter training time."""
    halves = [steps >> k for k in range(steps.bit_length())]
    return sorted({step for step in halves if step >= SHORTEST} | {steps})


def advance(state: TrainState, trial: Training, bank: PyTree[Array], member: Member, until: int) -> TrainState:
    """The state after step `until`, by the compiled program of the trial's population."""
    return _advance(trial.static_parts, state, bank, member, jnp.int32(until))


@functools.lru_cache(maxsize=256)
def step_cost(base: AbstractBase, task: AbstractTask, model: AbstractArchitecture, rows: int = 1) -> float:
    """The work of one step on one instance of a pool, from the program of the training.

    Nearly all of a step is done for each instance, and the rest for each row of a table; to count two small programs is
    much faster than to count that of each batch and pool.
    """
    one = Training(task, model, base, rows, 0)
    state = eqx.filter_eval_shape(lambda pool: base.init(one.fresh(pool), one.member()), shapes(task, rows))

    def step(state, bank):
        after = base.advance(state, task, bank, one.member(until=1), jnp.int32(1), 1, model.thinking)
        return eqx.filter(after, eqx.is_array)

    return weighed(work(step, state, shapes(task, rows)))


@functools.lru_cache(maxsize=256)
def _measuring(task: AbstractTask, model: AbstractArchitecture, wide: bool) -> tuple[float, float]:
    """The work of measuring a network of an architecture at each checkpoint, and at the last alone."""
    return measuring_cost(task, network_shapes(task, model, 1), model.thinking, wide)


@eqx.filter_jit
def _advance(static, state: TrainState, bank: PyTree[Array], member: Member, until):
    base, task, model, batch = static
    return base.advance(state, task, bank, member, until, batch, model.thinking)


def _padded(instances: PyTree[Array], size: int) -> PyTree[Array]:
    """The pool at the head of a bank whose size takes few values; the rows behind it are never drawn."""
    capacity = max(SMALLEST_BANK, 1 << (size - 1).bit_length())
    return jax.tree.map(lambda leaf: np.resize(leaf, (capacity, *leaf.shape[1:])), instances)
