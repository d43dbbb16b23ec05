"""Many members at once."""

import dataclasses

import jax

from ..lab import Training, TrainingPopulation
from ._base import Row, paired, ratio
from ._step import standard_trial

MEMBERS = (1, 8, 64)
STEPS = 2
"""Of training between two looks at the clock."""


def measure() -> list[Row]:
    """Time of populations of 1, 8 and 64 members on this process's devices."""
    populations = [TrainingPopulation(members(count)) for count in MEMBERS]
    times = paired([lambda p=p: p.after(STEPS) for p in populations], rounds=3)
    kind = f"{len(jax.local_devices())} of {jax.local_devices()[0].device_kind}"
    on_gpu = jax.default_backend() == "gpu"
    return [
        ratio(
            f"{count} members at once against one",
            time,
            times[0],
            at_most=4 if on_gpu and count == MEMBERS[-1] else None,
            note=f"{time.best / STEPS / count * 1e3:.1f} ms a member and step on {kind}",
        )
        for count, time in zip(MEMBERS[1:], times[1:])
    ]


def members(count: int) -> list[Training]:
    """Trainings of one program that differ in their seeds."""
    return [dataclasses.replace(standard_trial(), seed=seed) for seed in range(count)]
