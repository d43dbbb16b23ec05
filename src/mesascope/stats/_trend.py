"""Tests that use every level of a factor."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def jonckheere_statistic(levels: Sequence[Float[np.ndarray, " seeds"]]) -> float:
    """The Jonckheere-Terpstra statistic: pairs from different levels that are in ascending order, ties count 1/2.

    Args:
        levels: values of each level, the levels in the order of the trend.
    """
    total = 0.0
    for i, lower in enumerate(levels):
        for upper in levels[i + 1 :]:
            difference = np.subtract.outer(np.asarray(upper, float), np.asarray(lower, float))
            total += np.sum(difference > 0) + 0.5 * np.sum(difference == 0)
    return float(total)


def trend_p_value(
    levels: Sequence[Float[np.ndarray, " seeds"]], num_permutations: int = 20_000, seed: int = 0
) -> float:
    """One-sided p-value of an increasing trend, by random permutations of the values over the levels.

    Args:
        levels: values of each level, the levels in the order of the trend.
        num_permutations: how many are drawn; the p-value is at least 1 / (num_permutations + 1).
        seed: of the draws.

    References:
        Jonckheere (1954); Phipson & Smyth (2010) for the added one.
    """
    observed = jonckheere_statistic(levels)
    sizes = np.cumsum([len(level) for level in levels])[:-1]
    pooled = np.concatenate([np.asarray(level, float) for level in levels])
    generator = np.random.default_rng(seed)
    as_extreme = sum(
        jonckheere_statistic(np.split(generator.permutation(pooled), sizes)) >= observed
        for _ in range(num_permutations)
    )
    return (as_extreme + 1) / (num_permutations + 1)
