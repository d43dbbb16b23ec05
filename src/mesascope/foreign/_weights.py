"""Saved weights of this project: exact bits on the novel set. Arrays are read, nothing is executed."""

import os
import pathlib
from typing import NamedTuple

import jax
import jax.numpy as jnp
import msgspec
import numpy as np

from ..lab import (
    ReflexLevel,
    StoreError,
    from_arrays,
    from_description,
    novel,
    run_time_vector,
    task_id,
    tempering,
)
from ..models import AbstractModel
from ..power import Scores, answer_all, best_temperature, references, score
from ..tasks import TASKS, AbstractAnswered
from ._measurement import Measurement, Row


class _Saved(NamedTuple):
    trial: object
    model: AbstractModel
    about: str


def measure_weights(path: str | os.PathLike, *, thinking: tuple[int, ...] = (), signs: bool = False) -> Measurement:
    """The exact bits of a saved network on its task's novel set, at temperature 1 and at the best one.

    The temperature is chosen on separate instances. The null is the reference's own bits, those of equal chances.

    Args:
        path: `weights.safetensors` of a store's trial, beside its `trial.json`; or weights of a reflex level, beside
            the level's JSON file.
        thinking: numbers of thoughts; as many as in training unless given.
        signs: also measure surplus, internal bits and every sign of search, as the calibration does; half a minute.

    Raises:
        ValueError: the file is not such weights, or the network has no thinking knob to turn.
    """
    saved = _load(pathlib.Path(path))
    task, trained = saved.trial.task, saved.trial.thinking
    if thinking and trained == 0:
        raise ValueError(f"{path}: this network has no thinking knob; leave out --thinking.")
    if not isinstance(task, AbstractAnswered):
        raise ValueError(
            f"{path}: {TASKS.name_of(task)} is played move by move, and exact bits are for tasks that are answered at "
            "once; its record.json holds what was drawn."
        )
    fair, unseen = tempering(task), novel(task)
    tails, uniform = references(task, unseen), _uniform(task, unseen)
    temperature, _ = best_temperature(task, fair, references(task, fair), _answers(saved, fair, trained))
    null = score(task, unseen, tails, uniform)
    rows = []
    for name, heat in {"network": 1.0, f"network/{temperature:g}": temperature}.items():
        for depth in thinking or (trained,):
            scores = score(task, unseen, tails, _answers(saved, unseen, depth), heat)
            rows += _rows(name, depth if trained else None, scores, null)
    notes = (
        saved.about,
        f"network/{temperature:g}: at the temperature {temperature:g}, chosen on other instances. Bits are exact.",
    )
    vector = run_time_vector(saved.trial, saved.model, temperature) if signs else {}
    return Measurement(
        "weights", f"{path} on {TASKS.name_of(task)}", "random", "conservative", None, notes, tuple(rows), vector
    )


def _rows(policy: str, thinking: int | None, scores: Scores, null: Scores) -> list[Row]:
    rows = []
    for i, power in enumerate(scores.bits.tolist()):
        own, utility, reference_utility = (float(x[i]) for x in (null.bits, scores.utility, null.utility))
        rows.append(
            Row(
                i, policy, thinking, power, power, power, power, own, utility, reference_utility, 1, None, None, "exact"
            )
        )
    return rows


def _uniform(task: AbstractAnswered, instances):
    """Equal chances everywhere, of the shape of the task's answers."""
    places = jax.eval_shape(task.observe, jax.tree.map(lambda leaf: leaf[0], instances)).shape[:-1]
    return np.zeros((len(jax.tree.leaves(instances)[0]), *places, task.num_actions))


def _answers(saved: _Saved, instances, thinking: int):
    return answer_all(saved.trial.task, thinking, saved.model, instances)


def _load(path: pathlib.Path) -> _Saved:
    arrays, metadata = _arrays(path)
    try:
        if (path.parent / "trial.json").is_file():
            return _of_store(path, arrays)
        return _of_level(path, arrays, metadata)
    except (KeyError, TypeError, IndexError, msgspec.MsgspecError, StoreError, ValueError) as error:
        reason = str(error) if isinstance(error, ValueError) else repr(error)
        raise ValueError(
            f"{path}: these are not weights that this version of mesascope can read ({reason}); give those of a "
            "trial's folder, or use the version that wrote them."
        ) from None


def _arrays(path: pathlib.Path):
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ValueError(f"{path}: there is no such file; give the weights.safetensors of a trial's folder.")
    if path.suffix != ".safetensors":
        raise ValueError(
            f"{path}: weights are read from .safetensors files only, since other formats may execute code; give a "
            "PyTorch or Stable-Baselines3 policy with --gym and --agent."
        )
    try:
        with safe_open(path, "np") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except (SafetensorError, OSError, TypeError) as error:
        raise ValueError(f"{path}: is not a safetensors file ({error}); it may be damaged, copy it anew.") from None


def _of_store(path: pathlib.Path, arrays) -> _Saved:
    trial = from_description(msgspec.json.decode((path.parent / "trial.json").read_bytes()))
    last = from_arrays(trial, arrays)[-1]
    about = "" if last.finite else " Its training diverged."
    return _Saved(trial, last.model, f"Weights after step {last.step} of trial {path.parent.name}.{about}")


def _of_level(path: pathlib.Path, arrays, metadata) -> _Saved:
    """Weights of a shallow network that ship with a reflex level: one network, without a step."""
    levels = sorted(path.parent.glob("*.json"))
    if not levels:
        raise ValueError("there is neither a trial.json nor a level beside it")
    for found in levels:
        level = msgspec.json.decode(found.read_bytes(), type=ReflexLevel)
        for depth in level.depths:
            if metadata.get("trial") in depth.trials:
                return _of_depth(level, depth, arrays)
    raise ValueError(f"its trial {metadata.get('trial')!r} is in no level beside it")


def _of_depth(level: ReflexLevel, depth, arrays) -> _Saved:
    base = {"name": "supervised", "steps": level.steps}
    plain = {"kind": "training", "task": level.task, "model": depth.model, "base": base, "num_instances": 1, "seed": 0}
    trial = from_description(plain)
    step = f"{level.steps:06d}"
    named = {f"{step}/{name}": array for name, array in arrays.items()}
    named |= {f"{step}/power_bits": jnp.zeros(1), f"{step}/finite": jnp.ones(1, bool)}
    about = f"Network of serial depth {depth.depth} of the reflex level {task_id(trial.task)}."
    return _Saved(trial, from_arrays(trial, named)[-1].model, about)
