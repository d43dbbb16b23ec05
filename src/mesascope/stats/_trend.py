"""Tests that use every level of a factor."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def jonckheere_statistic(levels: Sequence[Float[np.ndarray, " seeds"]]) -> float:
    """The Jonckheere-Terpstra statistic: pairs from different levels that are in ascending order, ties count 1/2.

    Args:
        levels: values of each level, the levels in the order of the trend.
    """
    return float(_statistics(_pooled(levels)[:, None], [len(level) for level in levels])[0])


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
    pooled, sizes = _pooled(levels), [len(level) for level in levels]
    generator = np.random.default_rng(seed)
    permuted = np.stack([generator.permutation(pooled) for _ in range(num_permutations)], axis=1)
    as_extreme = np.sum(_statistics(permuted, sizes) >= jonckheere_statistic(levels))
    return float((as_extreme + 1) / (num_permutations + 1))


def rank_correlation(ones: Float[np.ndarray, " units"], others: Float[np.ndarray, " units"]) -> tuple[float, float]:
    """Kendall's (1938) tau-b of two quantities over the same units, and its two-sided p-value."""
    from scipy.stats import kendalltau

    found = kendalltau(ones, others)
    return float(found.statistic), float(found.pvalue)


def _pooled(levels: Sequence[Float[np.ndarray, " seeds"]]) -> Float[np.ndarray, " values"]:
    return np.concatenate([np.asarray(level, float) for level in levels])


def _statistics(values: Float[np.ndarray, "values draws"], sizes: Sequence[int]) -> Float[np.ndarray, " draws"]:
    """The statistic of each column, whose values are those of the first level, of the second, and so on."""
    level = np.repeat(np.arange(len(sizes)), sizes)
    total = np.zeros(values.shape[1])
    for low, high in zip(*np.nonzero(level[:, None] < level)):
        total += (values[high] > values[low]) + 0.5 * (values[high] == values[low])
    return total
