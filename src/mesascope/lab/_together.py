"""trials -> weights at checkpoints, many trials at once."""

import operator
import time
from collections.abc import Callable, Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, PyTree

from ..base import Member, TrainState
from ._train import Trained, retrained
from .trials import Checkpoint, Given, Training, checkpoint_steps


class TooLittleMemory(Exception):
    """A device cannot hold even one network while it trains."""


def free_memory() -> int | None:
    """Bytes that each device of this process has left, or None where the device does not say, as a processor."""
    stats = [device.memory_stats() for device in jax.local_devices()]
    if not all(stats):
        return None
    return min(stat["bytes_limit"] - stat["bytes_in_use"] for stat in stats)


def train_together(
    trials: list[Training], memory: int | None, report: Callable[[float], None], given: Given = retrained
) -> Iterator[tuple[list[Training], list[Trained]]]:
    """Parts of the trials with their networks, each part trained at once, spread over the devices of this process.

    Each network is what `train` makes of its trial alone, up to the order in which the device adds floating-point
    numbers. A member that diverges is frozen and disturbs no other.

    Args:
        trials: of the same `program` and number of steps.
        memory: bytes of each device that may be used; a population that needs more is halved. None for any number.
        report: called with the share of a part's steps that is done.
        given: the last network of each trial that these require.

    Raises:
        TooLittleMemory: one network alone needs more.
    """
    began = time.perf_counter()
    kept, needed = _trained(trials, memory, report, given)
    if kept is not None:
        seconds = (time.perf_counter() - began) / len(trials)
        yield trials, [Trained(checkpoints, seconds) for checkpoints in kept]
    elif len(trials) == 1:
        left = "less" if memory is None else f"{memory / 2**20:,.0f} MiB"
        raise TooLittleMemory(
            f"one network needs {needed / 2**20:,.0f} MiB to train and the device has {left} left; use a device with "
            "more memory, a smaller batch, or --device cpu"
        )
    else:
        half = (len(trials) + 1) // 2
        yield from train_together(trials[:half], memory, report, given)
        yield from train_together(trials[half:], memory, report, given)


def _trained(
    trials: list[Training], memory: int | None, report: Callable[[float], None], given: Given
) -> tuple[list[list[Checkpoint]] | None, int]:
    """The networks of a population, None where it does not fit; and the bytes that it needs."""
    population = TrainingPopulation(trials, given)
    needed = population.memory()
    if memory is not None and needed > memory:
        return None, needed
    try:
        return population.train(report), needed
    except jax.errors.JaxRuntimeError as error:
        # the need is an estimate, and somebody else may use the device
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        return None, needed


class TrainingPopulation:
    """Trials of a program as one program with a leading axis of members, compiled for all devices of this process.

    The number of members is filled up to a multiple of that of the devices with copies of the last.

    Args:
        trials: of the same `program` and number of steps.
        given: the last network of each trial that these require.
    """

    def __init__(self, trials: list[Training], given: Given = retrained):
        self.trials = trials
        devices = jax.local_devices()
        filled = trials + trials[-1:] * (-len(trials) % len(devices))
        pools = {trial: trial.instances() for trial in trials}
        starts = dict(zip(pools, np.cumsum([0] + [trial.pool_size for trial in trials[:-1]])))
        self.bank = jax.tree.map(lambda *leaves: jnp.asarray(np.concatenate(leaves)), *pools.values())
        states = [trial.begin(pools[trial], given) for trial in filled]
        self.state = _stacked(states)
        self.members = lambda step: _stacked([trial.member(int(starts[trial]), step) for trial in filled])
        mesh = Mesh(np.array(devices), ("members",))
        arguments = (trials[0].static_parts, mesh, self.state, self.bank, self.members(0), jnp.int32(0))
        self.advance = _advance_all.lower(*arguments).compile()
        self.static = arguments[:2]

    def memory(self) -> int:
        """Bytes of each device that the program takes."""
        sizes = self.advance.compiled.memory_analysis()
        return sizes.argument_size_in_bytes + sizes.output_size_in_bytes + sizes.temp_size_in_bytes

    def after(self, step: int) -> TrainState:
        """The states of all members after a step, from where they are; they stay there."""
        return self.advance(*self.static, self.state, self.bank, self.members(step), jnp.int32(step))

    def train(self, report: Callable[[float], None]) -> list[list[Checkpoint]]:
        """The networks of each trial at its checkpoints; those of a diverged one end with the last finite network."""
        checkpoints: list[list[Checkpoint]] = [[] for _ in self.trials]
        for step in checkpoint_steps(self.trials[0].steps):
            self.state = self.after(step)
            for number, kept in enumerate(checkpoints):
                if not kept or kept[-1].finite:
                    one = jax.tree.map(operator.itemgetter(number), self.state)
                    kept.append(self.trials[number].checkpoint(one, step))
            report(step / max(self.trials[0].steps, 1))
        return checkpoints


def _stacked(trees: list[PyTree[Array]]) -> PyTree[Array]:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


@eqx.filter_jit
def _advance_all(static, mesh: Mesh, states: TrainState, bank: PyTree[Array], members: Member, until):
    base, task, model, batch = static

    def share(states, bank, members, until):
        def one(state, member):
            return base.advance(state, task, bank, member, until, batch, model.thinking)

        return jax.vmap(one)(states, members)

    each, all_of_it = PartitionSpec("members"), PartitionSpec()
    specs = (each, all_of_it, each, all_of_it)
    return jax.shard_map(share, mesh=mesh, in_specs=specs, out_specs=each, check_vma=False)(
        states, bank, members, until
    )
