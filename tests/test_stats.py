"""Statistics against SciPy, enumeration and published numbers."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats

from mesascope.outcomes import Estimate
from mesascope.stats import crossover, jonckheere_statistic, mean_interval, trend_p_value, verdict


def test_the_interval_of_a_mean_is_scipys():
    values = np.array([1.0, 4.0, 2.5, 7.0, 3.0])
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    estimate = mean_interval(values)
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_intervals_cover_as_often_as_they_say():
    generator = np.random.default_rng(0)
    samples = generator.normal(3.0, 2.0, (4000, 5))
    covered = [e.low <= 3.0 <= e.high for e in map(mean_interval, samples)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_one_seed_says_nothing_of_the_spread():
    estimate = mean_interval(np.array([2.0]))
    assert (estimate.value, estimate.low, estimate.high) == (2.0, -np.inf, np.inf)


@pytest.mark.parametrize("values", [[], [1.0, np.nan]])
def test_missing_values_are_refused(values):
    with pytest.raises(ValueError, match="mean_interval"):
        mean_interval(np.array(values))


def test_jonckheere_of_two_levels_is_mann_whitneys_u():
    generator = np.random.default_rng(1)
    low, high = generator.integers(0, 6, 7), generator.integers(1, 8, 5)
    expected = scipy.stats.mannwhitneyu(high, low).statistic
    assert jonckheere_statistic([low, high]) == expected


def test_the_trend_p_value_agrees_with_all_permutations():
    levels = [np.array([0.3, 1.0]), np.array([0.9, 2.0]), np.array([1.5, 0.2])]
    observed = jonckheere_statistic(levels)
    pooled = np.concatenate(levels)
    every = [jonckheere_statistic(np.split(np.array(p), [2, 4])) for p in itertools.permutations(pooled)]
    exact = np.mean(np.array(every) >= observed)
    assert trend_p_value(levels, num_permutations=20_000) == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize("seeds", ["3", "4", "5", "6"])
def test_two_perfectly_separated_arms_reach_the_smallest_p(goldens, seeds):
    n = int(seeds)
    one_sided = trend_p_value([np.arange(n), np.arange(n) + 10.0], num_permutations=20_000)
    assert 2 * one_sided == pytest.approx(goldens["permutation_min_p"][seeds], rel=0.25)


@pytest.mark.parametrize(
    "low, high, expected",
    [
        (2.1, 5, "supported"),
        (1.9, 5, "inconclusive"),
        (-5, -2.1, "contradicted"),
        (-1.9, 1.9, "no effect"),
        (-2.1, 1.0, "inconclusive"),
        (-np.inf, np.inf, "inconclusive"),
    ],
)
def test_the_rule_of_the_verdict(low, high, expected):
    assert verdict(Estimate(0.5 * (low + high), low, high), 2.0) == expected
    mirrored = verdict(Estimate(0.0, -high, -low), 2.0, sign=-1)
    assert mirrored == expected


def test_a_smallest_effect_of_zero_is_refused():
    with pytest.raises(ValueError, match="smallest effect"):
        verdict(Estimate(1.0, 0.5, 2.0), 0.0)


def test_a_crossover_is_where_the_median_stays_above():
    lengths = {3: [5.0] * 9, 5: [25.0] * 9, 7: [15.0] * 9, 9: [30.0] * 9, 11: [40.0] * 9}
    measured = [np.array(values) for values in lengths.values()]
    assert crossover([*lengths], measured, 20) == (9, 9, 9)
    assert crossover([*lengths], measured, 4) == (3, 3, 3)
    assert crossover([*lengths], measured, 50) == (math.inf, math.inf, math.inf)
    mixed = [np.array(values) for values in ([1.0] * 9, [30.0] * 5 + [10.0] * 4, [30.0] * 9)]
    assert crossover([3, 5, 7], mixed, 20) == (5, 5, 7)
    assert crossover([], [], 20) is None
