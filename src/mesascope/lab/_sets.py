"""The sets of instances on which every network is measured, each drawn once with its reference tails."""

import functools
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, PyTree

from ..outcomes import AbstractTail
from ..power import references
from ..tasks import NUM_NOVEL, AbstractAnswered, novel, overlaps, pool, pool_up_to, tempering
from .trials import Trial

READING_SEED = 1_000_000
"""The stream of the instances on which read-outs are fitted."""


class Set(NamedTuple):
    """Instances to measure on, with their reference tails.

    Fields:
        instances: repeated up to `NUM_NOVEL` rows, so that all sets share compiled programs.
        tails: of those rows.
        size: rows that count.
    """

    instances: PyTree[Array]
    tails: AbstractTail
    size: int


def own_set(trial: Trial) -> Set:
    """The first instances of a trial's own pool."""
    return pool_set(trial.task, trial.stream, min(trial.pool_size, NUM_NOVEL))


@functools.lru_cache(maxsize=16)
def novel_set(task: AbstractAnswered) -> Set:
    """The evaluation set of a task."""
    return _with_tails(task, novel(task))


@functools.lru_cache(maxsize=64)
def pool_set(task: AbstractAnswered, seed: int, size: int) -> Set:
    """The first instances of a seed's pool."""
    return _with_tails(task, pool(task, seed, size))


@functools.lru_cache(maxsize=16)
def tempering_set(task: AbstractAnswered) -> Set:
    """The instances on which temperatures are chosen, none of which is scored afterwards."""
    return _with_tails(task, tempering(task))


@functools.lru_cache(maxsize=16)
def reading_instances(task: AbstractAnswered, number: int) -> PyTree[Array]:
    """The instances on which read-outs are fitted, fewer ones the first of more; all of a task that has fewer."""
    return pool_up_to(task, READING_SEED, number)


@functools.lru_cache(maxsize=16)
def shared_with_own(task: AbstractAnswered, seed: int, size: int, siblings: tuple[int, ...]) -> dict[int, np.ndarray]:
    """Which rows of each sibling's set are in the pool of a seed, too; that pool is drawn once for all of them."""
    sets = [pool(task, sibling, min(size, NUM_NOVEL)) for sibling in siblings]
    return dict(zip(siblings, overlaps(task, sets, pool(task, seed, size))))


def _with_tails(task: AbstractAnswered, instances: PyTree[Array]) -> Set:
    size = len(jax.tree.leaves(instances)[0])
    rows = jax.tree.map(lambda leaf: np.resize(leaf, (NUM_NOVEL, *leaf.shape[1:])), instances)
    return Set(rows, references(task, rows), size)
