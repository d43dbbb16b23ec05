"""Which instances are trained on, and which never are."""

import functools
import operator
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, PyTree

from ._base import AbstractTask

NUM_NOVEL = 256
"""Instances of the evaluation set, and as many again for the choice of temperatures."""

CHUNK = 512
"""Candidates drawn at once; of no influence on what is drawn."""

GENERATOR = "threefry2x32"
"""Named, so that no setting of JAX changes what a seed stands for."""

ROOT_SEED = 2019
"""Separates this project's streams of random numbers from those of seeds that a user may choose."""


def novel(task: AbstractTask) -> PyTree[Array]:
    """The evaluation set: never trained on, the same for all trials of a task, `(NUM_NOVEL, ...)` leaves."""
    return jax.tree.map(lambda leaf: leaf[:NUM_NOVEL], _held_out(task))


def tempering(task: AbstractTask) -> PyTree[Array]:
    """The set on which temperatures are chosen: disjoint from the evaluation set and from every pool."""
    return jax.tree.map(lambda leaf: leaf[NUM_NOVEL:], _held_out(task))


def pool(task: AbstractTask, seed: int, size: int) -> PyTree[Array]:
    """The first `size` distinct instances of a seed's stream, none of them held out.

    Prefix-stable: candidate i depends on the task, the seed and i only, and duplicates are skipped in order.

    Args:
        task: what is learned.
        seed: of the stream; pools of different seeds are disjoint up to chance, which `overlaps` tells.
        size: N, at least 1.

    Returns:
        Instances as NumPy arrays with a leading axis of length `size`.

    Raises:
        ValueError: the task has fewer instances than that.
    """
    if size < 1:
        raise ValueError(f"pool(size={size}): a pool has at least one instance.")
    taken = set(_identities(task, _held_out(task)))
    return _distinct(task, 1 + seed, size, taken)


def pool_up_to(task: AbstractTask, seed: int, size: int) -> PyTree[Array]:
    """The first `size` distinct instances of a seed's stream, as `pool` has them; all that are found of a smaller task.

    Args:
        task: what is learned.
        seed: of the stream.
        size: the most instances, at least 1.
    """
    return _distinct(task, 1 + seed, size, set(_identities(task, _held_out(task))), at_most=True)


def overlaps(task: AbstractTask, sets: Sequence[PyTree[Array]], others: PyTree[Array]) -> list[np.ndarray]:
    """`(instances,)` bool of each set: which of its instances are also among the others, by exact comparison."""
    known = set(_identities(task, others))
    return [np.array([identity in known for identity in _identities(task, rows)], bool) for rows in sets]


@functools.lru_cache(maxsize=16)
def _held_out(task: AbstractTask) -> PyTree[Array]:
    return _distinct(task, 0, 2 * NUM_NOVEL, set())


def _distinct(task: AbstractTask, stream: int, size: int, taken: set[bytes], at_most: bool = False) -> PyTree[Array]:
    """The first `size` candidates of a stream, neither taken nor repeated; as many as there are if `at_most` is set."""
    chunks, found, start, barren = [], 0, 0, 0
    while found < size:
        candidates, identities = _candidates(task, stream, start)
        over = len(identities) < CHUNK
        fresh = []
        for i, identity in enumerate(map(bytes, identities)):
            if identity not in taken and found + len(fresh) < size:
                taken.add(identity)
                fresh.append(i)
        chunks.append(jax.tree.map(operator.itemgetter(np.array(fresh, int)), candidates))
        found += len(fresh)
        start += CHUNK
        barren = 0 if fresh else barren + CHUNK
        if barren >= 64 * CHUNK or (over and found < size):
            if at_most and found:
                break
            rest = "its bank has no more" if over else f"none among the next {barren} candidates"
            raise ValueError(
                f"{task}: {found} distinct instances were found beyond those held out for evaluation, and {rest}, but "
                f"{size} are asked for; ask for fewer instances or a larger task."
            )
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *chunks)


@functools.lru_cache(maxsize=64)
def _candidates(task: AbstractTask, stream: int, start: int):
    """A chunk of a stream; remembered, since a trial asks for its own and its siblings' pools several times."""
    instances = task.candidates(stream, start, CHUNK)
    if instances is not None:
        return jax.tree.map(np.asarray, instances), np.asarray(_identity_rows(task, instances))
    key = jr.fold_in(jr.key(ROOT_SEED, impl=GENERATOR), stream)
    instances, identities = _draw_chunk(task, key, jnp.uint32(start))
    return jax.tree.map(np.asarray, instances), np.asarray(identities)


@functools.partial(jax.jit, static_argnums=0)
def _draw_chunk(task: AbstractTask, key, start):
    keys = jax.vmap(lambda i: jr.fold_in(key, i))(start + jnp.arange(CHUNK, dtype=jnp.uint32))
    instances = jax.vmap(task.draw)(keys)
    return instances, jax.vmap(task.identity)(instances)


def _identities(task: AbstractTask, instances: PyTree[Array]) -> list[bytes]:
    size = len(jax.tree.leaves(instances)[0])
    found: list[bytes] = []
    for start in range(0, size, CHUNK):
        # filled up to a whole chunk, so that pools of all sizes share one compiled program
        rows = np.resize(np.arange(start, min(start + CHUNK, size)), CHUNK)
        chunk = jax.tree.map(operator.itemgetter(rows), instances)
        found += map(bytes, np.asarray(_identity_rows(task, chunk)))
    return found[:size]


@functools.partial(jax.jit, static_argnums=0)
def _identity_rows(task: AbstractTask, instances: PyTree[Array]):
    return jax.vmap(task.identity)(instances)
