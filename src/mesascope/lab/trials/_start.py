"""How a training begins with the network of another one."""

from typing import TYPE_CHECKING

import equinox as eqx
import jax

from ...models import AbstractModel
from ._shapes import has_rows, network_shapes

if TYPE_CHECKING:
    from ._training import Training


def continued(fresh: AbstractModel, old: AbstractModel, new_readout: bool) -> AbstractModel:
    """A network with the arrays of another one, but for its read-out where that is new."""
    arrays, static = eqx.partition(fresh, eqx.is_array)
    old_leaves = jax.tree.leaves(eqx.filter(old, eqx.is_array))
    paths = [_path(path) for path, _ in jax.tree_util.tree_leaves_with_path(arrays)]
    leaves = [
        mine if new_readout and "readout" in path else theirs
        for path, mine, theirs in zip(paths, jax.tree.leaves(arrays), old_leaves)
    ]
    return eqx.combine(jax.tree.unflatten(jax.tree.structure(arrays), leaves), static)


def check_start(trial: "Training") -> None:
    """Raises a ValueError where a training cannot begin from its start, or nothing of it can be thawed."""
    rows = has_rows(trial.task, trial.model) if trial.start or trial.thaw != "all" else False
    if rows and trial.thaw != "all":
        raise ValueError(f"Training(thaw={trial.thaw!r}): a table is one part; thaw all of it, or train a network.")
    if trial.start is None:
        if trial.fresh_readout:
            raise ValueError("Training(fresh_readout=True): without a start all weights are fresh; leave it out.")
        return
    if rows and (trial.start.task, trial.start.stream, trial.start.pool_size) != (
        trial.task,
        trial.stream,
        trial.pool_size,
    ):
        raise ValueError(
            "Training(start=...): a table has rows for the instances of its own pool; start from one of the same task, "
            "N and pool_seed, or from a network."
        )
    mine, theirs = _sizes(trial), _sizes(trial.start)
    for path in mine | theirs:
        if "readout" in path and trial.renews_readout:
            continue
        if mine.get(path) != theirs.get(path):
            raise ValueError(
                f"Training(start=...): {'.'.join(path)} has the shape {mine.get(path)} and that of the start "
                f"{theirs.get(path)}; start from an architecture of the same sizes on a task of the same observations."
            )


def _path(path) -> tuple[str, ...]:
    return tuple(jax.tree_util.keystr(path, simple=True, separator=".").split("."))


def _sizes(trial: "Training") -> dict[tuple[str, ...], tuple[int, ...]]:
    """The shape of each array of a network, by its path."""
    network = network_shapes(trial.task, trial.model, trial.pool_size if has_rows(trial.task, trial.model) else 1)
    return {_path(path): leaf.shape for path, leaf in jax.tree_util.tree_leaves_with_path(network)}
