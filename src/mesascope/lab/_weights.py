"""Networks as named arrays, and back."""

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array

from ..models import AbstractModel
from .trials import Checkpoint, Trial, describe


def to_arrays(checkpoints: list[Checkpoint]) -> dict[str, np.ndarray]:
    """The arrays of a trial's networks by name: `<step>/<path of the leaf>`."""
    arrays = {}
    for checkpoint in checkpoints:
        for path, leaf in _leaves(checkpoint.model):
            arrays[f"{checkpoint.step:06d}/{path}"] = np.asarray(leaf)
        arrays[f"{checkpoint.step:06d}/power_bits"] = np.float32([checkpoint.power_bits])
        arrays[f"{checkpoint.step:06d}/finite"] = np.array([checkpoint.finite])
    return arrays


def from_arrays(trial: Trial, arrays: dict[str, Array]) -> list[Checkpoint]:
    """The networks of a trial from its named arrays.

    Raises:
        ValueError: an array is missing or of another shape than the trial's architecture has.
    """
    skeleton = trial.skeleton()
    checkpoints = []
    for step in sorted({int(name.partition("/")[0]) for name in arrays}):
        model = _filled(trial, skeleton, arrays, f"{step:06d}")
        power_bits, finite = (arrays[f"{step:06d}/{name}"][0] for name in ("power_bits", "finite"))
        checkpoints.append(Checkpoint(step, model, float(power_bits), bool(finite)))
    return checkpoints


def _filled(trial: Trial, skeleton: AbstractModel, arrays: dict[str, Array], step: str) -> AbstractModel:
    leaves = []
    for path, leaf in _leaves(skeleton):
        name = f"{step}/{path}"
        if name not in arrays or arrays[name].shape != leaf.shape:
            found = arrays[name].shape if name in arrays else "nothing"
            raise ValueError(
                f"from_arrays({describe(trial)}): {name} should have shape {leaf.shape}, found {found}; the "
                "weights are of another architecture or version."
            )
        leaves.append(jax.numpy.asarray(arrays[name]))
    dynamic, static = eqx.partition(skeleton, _is_array)
    return eqx.combine(jax.tree.unflatten(jax.tree.structure(dynamic), leaves), static)


def _leaves(model: AbstractModel):
    dynamic = eqx.filter(model, _is_array)
    return [
        (jax.tree_util.keystr(path, simple=True, separator="."), leaf)
        for path, leaf in jax.tree_util.tree_leaves_with_path(dynamic)
    ]


def _is_array(leaf) -> bool:
    return eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct)
