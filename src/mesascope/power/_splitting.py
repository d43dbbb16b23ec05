"""Rare events: adaptive multilevel splitting."""

import abc
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from ..outcomes import AbstractTail, Estimate
from ._sampled import LEVEL

REPLICATES = 10
"""Independent repetitions, whose spread is the interval."""


class Paths(NamedTuple):
    """Trajectories of a reference.

    Fields:
        utility: `(paths,)` of the whole trajectory.
        scores: `(paths, steps + 1)` how near to a good outcome each step is; any function of the past will do.
        record: what the source needs to begin anew from any step, with a leading axis.
    """

    utility: Float[np.ndarray, " paths"]
    scores: Float[np.ndarray, "paths steps"]
    record: PyTree[Array]


class AbstractSource(abc.ABC):
    """Trajectories of a reference that can be begun anew from any of their steps."""

    @abc.abstractmethod
    def draw(self, generator: np.random.Generator, count: int) -> Paths:
        """Independent trajectories."""

    @abc.abstractmethod
    def branch(
        self, generator: np.random.Generator, paths: Paths, steps: Int[np.ndarray, " paths"], level: float
    ) -> Paths:
        """Trajectories that share each path up to and including its step, and are drawn afresh beyond.

        Args:
            generator: of random numbers.
            paths: whose best scores are above the level.
            steps: of each path, the first whose score is.
            level: what the best score of each must stay above; sharing the steps up to there sees to that.
        """


class SplitTail(AbstractTail):
    """The tail of a reference from replicates of a splitting run.

    Each replicate is a weighted sample of the reference; P_ref(U >= u) is unbiased in each, so that their mean is, and
    the limits are Student's over replicates, carried through the logarithm.

    Fields:
        utility: `(replicates, atoms)`.
        weight: `(replicates, atoms)`, summing to 1 in each replicate.
    """

    utility: Float[Array, "replicates atoms"]
    weight: Float[Array, "replicates atoms"]

    def log2_survival(self, utility: Float[Array, "*batch atoms"], strict: bool = False) -> Estimate:
        from scipy.stats import t as student

        asked = np.asarray(utility, float)
        chances = np.stack([_survival(u, w, asked, strict) for u, w in zip(self.utility, self.weight)])
        count = len(chances)
        mean = np.mean(chances, axis=0)
        margin = student.ppf((1 + LEVEL) / 2, count - 1) * np.std(chances, axis=0, ddof=1) / np.sqrt(count)
        with np.errstate(divide="ignore"):
            limits = (mean, np.maximum(mean - margin, 0), np.minimum(mean + margin, 1))
            return Estimate(*(jnp.asarray(np.log2(limit)) for limit in limits))


def tail_of_rows(rows: Mapping[str, np.ndarray]) -> SplitTail:
    """The tail from weighted samples in rows of a table.

    Args:
        rows: columns replicate, utility, weight; the weights of a replicate sum to 1.
    """
    numbers, counts = np.unique(rows["replicate"], return_counts=True)
    shape = len(numbers), np.max(counts)
    # weightless atoms fill up the shorter replicates
    utility, weight = np.full(shape, -np.inf), np.zeros(shape)
    for row, number in enumerate(numbers):
        chosen = rows["replicate"] == number
        utility[row, : counts[row]], weight[row, : counts[row]] = rows["utility"][chosen], rows["weight"][chosen]
    return SplitTail(utility, weight)


def split_tail(
    source: AbstractSource,
    target: float,
    generator: np.random.Generator,
    particles: int = 1000,
    replicates: int = REPLICATES,
) -> SplitTail:
    """The tail of a reference far beyond what plain draws reach, by adaptive multilevel splitting.

    Again and again the trajectories whose best score is lowest are dropped, and as many are begun anew from survivors,
    at the first step with a higher score. Dropped ones keep their weight, so that the result is a weighted sample of
    the whole reference. Unbiased for every score, ties among scores included, since all that tie at the level are
    dropped together; a good score makes it precise. The relative variance of a probability p is about -ln p /
    particles for the ideal score.

    Args:
        source: trajectories of the reference.
        target: splitting ends when every path's best score is at least this.
        generator: of random numbers.
        particles: trajectories kept at once, at least 2.
        replicates: independent runs, at least 2.

    References:
        Cerou & Guyader (2007), Adaptive multilevel splitting for rare event analysis. Brehier et al. (2016),
        Unbiasedness of some generalized adaptive multilevel splitting algorithms.
    """
    if particles < 2 or replicates < 2:
        raise ValueError(
            f"split_tail(particles={particles}, replicates={replicates}): at least 2 of each, and 10 replicates for an "
            "interval that means something."
        )
    runs = [_one_run(source, target, generator, particles) for _ in range(replicates)]
    atoms = max(len(utility) for utility, _ in runs)
    # weightless atoms fill up the shorter runs
    utility = np.stack([np.pad(u, (0, atoms - len(u)), constant_values=-np.inf) for u, _ in runs])
    weight = np.stack([np.pad(w, (0, atoms - len(w))) for _, w in runs])
    return SplitTail(utility, weight)


def _one_run(source: AbstractSource, target: float, generator: np.random.Generator, particles: int):
    """Weighted utilities of one replicate."""
    paths = source.draw(generator, particles)
    share, utilities, weights = 1.0, [], []
    while True:
        best = np.max(paths.scores, axis=1)
        level = _level(best, target, max(particles // 4, 1))
        dropped = best <= level
        if not np.any(dropped) or np.all(dropped):
            break
        utilities.append(paths.utility[dropped])
        weights.append(np.full(np.sum(dropped), share / particles))
        paths = _renewed(source, generator, paths, dropped, level)
        share *= 1 - np.mean(dropped)
    utilities.append(paths.utility)
    weights.append(np.full(particles, share / particles))
    return np.concatenate(utilities), np.concatenate(weights)


def _level(best: np.ndarray, target: float, least: int) -> float:
    """The score up to which paths are dropped: the `least`-th lowest, below the target; -inf where none is."""
    below = np.sort(best[best < target])
    return below[min(least, len(below)) - 1] if len(below) else -np.inf


def _renewed(source, generator, paths: Paths, dropped: np.ndarray, level: float) -> Paths:
    """The paths with those dropped begun anew from survivors, at the first step above the level."""
    parents = generator.choice(np.flatnonzero(~dropped), np.sum(dropped))
    chosen = Paths(*(_rows(part, parents) for part in paths))
    steps = np.argmax(chosen.scores > level, axis=1)
    children = source.branch(generator, chosen, steps, level)
    kept = Paths(*(_rows(part, np.flatnonzero(~dropped)) for part in paths))
    steps = max(kept.scores.shape[1], children.scores.shape[1])
    return Paths(*(_joined(old, new) for old, new in zip(_widened(kept, steps), _widened(children, steps))))


def _widened(paths: Paths, steps: int) -> Paths:
    """The paths with scores of so many steps; no score beyond the end of a path is above any level."""
    missing = steps - paths.scores.shape[1]
    if not missing:
        return paths
    return paths._replace(scores=np.pad(paths.scores, ((0, 0), (0, missing)), constant_values=-np.inf))


def _rows(tree, rows):
    return jax.tree.map(lambda leaf: leaf[rows], tree)


def _joined(first, second):
    return jax.tree.map(lambda a, b: np.concatenate([a, b]), first, second)


def _survival(utility, weight, asked: np.ndarray, strict: bool) -> np.ndarray:
    order = np.argsort(utility)
    tail = np.append(np.cumsum(np.asarray(weight)[order][::-1])[::-1], 0.0)
    return tail[np.searchsorted(np.asarray(utility)[order], asked, side="right" if strict else "left")]
