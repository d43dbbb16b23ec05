"""Shapes of instances and of networks, for which nothing is computed."""

import functools

import equinox as eqx
import jax
import jax.random as jr
from jaxtyping import Array, PyTree

from ...models import AbstractArchitecture, AbstractModel
from ...tasks import AbstractTask


def shapes(task: AbstractTask, size: int) -> PyTree[Array]:
    """The shapes of a number of instances."""
    return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((size, *leaf.shape), leaf.dtype), shape(task))


@functools.lru_cache(maxsize=256)
def shape(task: AbstractTask) -> PyTree[Array]:
    """The shape of one instance."""
    # to trace a draw takes up to a second where instances are hashed
    return jax.eval_shape(task.draw, jr.key(0))


@functools.lru_cache(maxsize=256)
def network_shapes(task: AbstractTask, model: AbstractArchitecture, rows: int) -> AbstractModel:
    """A network with shapes in place of arrays, for a pool of so many instances."""
    return eqx.filter_eval_shape(
        lambda pool: model.init(jr.key(0), jax.vmap(task.observe)(pool), task.num_actions), shapes(task, rows)
    )


@functools.lru_cache(maxsize=256)
def has_rows(task: AbstractTask, model: AbstractArchitecture) -> bool:
    """Whether the network's shape depends on the pool, as that of a table does."""
    one, two = (sum(leaf.size for leaf in jax.tree.leaves(network_shapes(task, model, rows))) for rows in (1, 2))
    return one != two
