"""Instances of unequal weight: where the mean (footnote 2) and the minimum part."""

import dataclasses
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ._model import ToyModel
from ._problem import TIE, Problem
from ._solver import candidates, search_grid


@dataclasses.dataclass(frozen=True)
class WeightedAllocation:
    """How power is divided over instances that occur with unequal frequency.

    Fields:
        x: performed at run time, in bits; the smallest best one where several are.
        tuned: `instances`: stored about each, in bits.
        mean: total over instances by weight, in bits.
        minimum: total of the instance that has least, in bits.
    """

    x: float
    tuned: Float[np.ndarray, " instances"]
    mean: float
    minimum: float


def allocate_weighted(
    model: ToyModel, power: float, weights: ArrayLike, guarantee: Literal["mean", "minimum"] = "mean"
) -> WeightedAllocation:
    """The best allocation where an instance i occurs with frequency weights[i].

    For the minimum the weights do not matter: tuning is spread evenly, as in `ToyModel.solve`. For the mean a base bit
    goes where it counts most: without `need` the whole tuning goes to the most frequent instance, and the model is the
    original one with N replaced by 1 / max(weights), however many rare instances there are; with `need` instances
    are filled in the order of their weights. Equal weights give the same x either way.

    The mean is a maximum over the stretches of x in which the same number of instances is full; exact for convex and
    concave costs, and no worse than the search grid for others.

    Args:
        model: without sharing and penalties, whose meaning is not defined for unequal weights.
        power: P in base bits, 0 or more.
        weights: frequencies of the instances, 0 or more; only their proportions count.
        guarantee: what the base optimizer selects for.

    Raises:
        ValueError: weights that are negative, not finite or all 0; a model with sharing or penalties.

    Example:
        >>> allocate_weighted(ToyModel(Linear(a=3)), 12, [0.5, 0.25, 0.25]).tuned.tolist()
        [12.0, 0.0, 0.0]
    """
    weights = _frequencies(weights)
    if model.shared or model.time_penalty or model.length_penalty:
        raise ValueError(f"allocate_weighted({model}): shared, time_penalty and length_penalty must be 0 here.")
    if guarantee not in ("mean", "minimum"):
        raise ValueError(f"allocate_weighted(guarantee={guarantee!r}): guarantee is 'mean' or 'minimum'.")
    if guarantee == "minimum":
        even = model.solve(power, len(weights))
        x, tuned = float(even.x), np.full(len(weights), float(even.tuned))
    else:
        model.solve(power, len(weights))  # refuses what cannot be solved
        x, tuned = _for_the_mean(model, float(power), weights)
    supplied = min(model.hard_coded, model.need)
    return WeightedAllocation(x, tuned, float(weights @ tuned) + x + supplied, float(tuned.min()) + x + supplied)


def _frequencies(weights: ArrayLike) -> Float[np.ndarray, " instances"]:
    weights = np.asarray(weights, float)
    if weights.ndim != 1 or not np.all(np.isfinite(weights) & (weights >= 0)) or not weights.sum() > 0:
        raise ValueError(
            f"allocate_weighted(weights={weights}): a list of frequencies, finite, 0 or more, not all 0; give counts."
        )
    return weights / weights.sum()


def _for_the_mean(model: ToyModel, power: float, weights: Float[np.ndarray, " instances"]):
    order = np.argsort(-weights, kind="stable")
    scale = float(len(weights)) ** model.growth
    tries = _tries(model, power / scale, weights[order], scale)
    tuned = _greedy(model, power - scale * model.cost.value(tries), tries, len(weights))
    means = tries + tuned @ weights[order]
    best = int(np.argmax(means >= means.max() - TIE * (np.abs(means.max()) + power)))
    found = np.empty(len(weights))
    found[order] = tuned[best]
    return float(tries[best]), found


def _tries(model: ToyModel, power: float, weights, scale: float) -> Float[np.ndarray, " tries"]:
    """Every x that can be best, ascending: peaks while j instances are full, x at which j just are, the grid."""
    full = np.arange(len(weights))
    above = np.append(0.0, np.cumsum(weights)[:-1])
    worth = weights * scale
    gain = np.maximum(1 - above + weights * full, 0.0)
    count = len(weights)
    limit = np.full(count, float(model.limit(power * scale, count)))
    problem = Problem(model.cost, (full + 1.0) / scale, gain, worth, full, np.full(count, power), limit, model.missing)
    grid = search_grid(model.cost, limit)
    return np.unique(np.concatenate([grid, *candidates(problem, grid)]))


def _greedy(model: ToyModel, left, x, count: int) -> Float[np.ndarray, "tries instances"]:
    """Tuning of each instance when `left` base bits fill one after the other, each up to what it still needs."""
    if np.isinf(model.missing):
        first = np.arange(count) == 0
        return np.maximum(left, 0.0)[:, None] * first
    room = (model.missing - x)[:, None]
    return np.clip(left[:, None] - np.arange(count) * room, 0.0, room)
