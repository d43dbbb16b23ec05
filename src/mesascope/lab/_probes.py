"""What a training may ask to be measured beyond what every training is."""

import functools

import jax
import jax.random as jr

from ..tasks import AbstractAnswered, AbstractTask, AbstractTaught


def check_reading(task: AbstractTask, **asked: bool) -> None:
    """Raises a ValueError that names the task if read-outs are asked for that cannot be fitted.

    Args:
        task: what the network is trained on.
        asked: fields of a training that ask for read-outs.
    """
    shown = isinstance(task, AbstractAnswered) and isinstance(task, AbstractTaught)
    for name in (name for name, wanted in asked.items() if wanted and not shown):
        raise ValueError(
            f"Training({name}=True): {type(task).__name__} shows no good answer to fit read-outs on; leave {name} out, "
            "or make the task AbstractAnswered and AbstractTaught."
        )


def check_probes(task: AbstractTask, probed: tuple[AbstractTask, ...]) -> None:
    """Raises a ValueError that names the probe which a network of the task cannot be shown, or not be measured on.

    Args:
        task: what the network is trained on.
        probed: further tasks on which it is measured.
    """
    for number, probe in enumerate(probed):
        call, name = f"Training(probed={number}: {type(probe).__name__})", type(task).__name__
        if not (isinstance(probe, AbstractAnswered) and isinstance(task, AbstractAnswered)):
            raise ValueError(f"{call}: it and {name} must both be answered at once (AbstractAnswered), not played.")
        if seen(probe) != seen(task):
            raise ValueError(
                f"{call}: it shows {seen(probe)} and {name} shows {seen(task)}; probe a network on tasks whose "
                "observations have the shape that it was trained on."
            )
        if probe.num_actions != task.num_actions and not isinstance(probe, AbstractTaught):
            raise ValueError(
                f"{call}: it has {probe.num_actions} answers and {name} has {task.num_actions}, so that the network's "
                "own cannot be used, and it shows no good answer to fit read-outs on; make it AbstractTaught."
            )


@functools.lru_cache(maxsize=256)
def seen(task: AbstractAnswered) -> tuple[int, ...]:
    """The shape of a task's observation."""
    return jax.eval_shape(lambda key: task.observe(task.draw(key)), jr.key(0)).shape
