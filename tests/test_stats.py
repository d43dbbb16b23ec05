"""Statistics against SciPy, enumeration and published numbers."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats

from mesascope.outcomes import Estimate
from mesascope.stats import (
    Spread,
    crossed_bootstrap,
    crossover,
    detectable,
    jonckheere_statistic,
    mean_interval,
    trend_p_value,
    verdict,
)


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


def table(generator, of_seeds: float, of_instances: float, of_both: float, seeds: int, instances: int) -> np.ndarray:
    """Seeds by instances around 0, with a standard deviation for each part."""
    rows, columns = generator.normal(size=(seeds, 1)), generator.normal(size=(1, instances))
    return of_seeds * rows + of_instances * columns + of_both * generator.normal(size=(seeds, instances))


def components(values: np.ndarray) -> tuple[float, float, float]:
    """Squared standard errors over seeds, over instances, and of what is left, by two-way analysis of variance."""
    seeds, instances = values.shape
    rows = instances * np.var(values.mean(axis=1), ddof=1)
    columns = seeds * np.var(values.mean(axis=0), ddof=1)
    total = np.sum((values - values.mean()) ** 2)
    left = (total - (seeds - 1) * rows - (instances - 1) * columns) / ((seeds - 1) * (instances - 1))
    return tuple(mean_square / values.size for mean_square in (rows, columns, left))


@pytest.mark.parametrize("parts", [(1, 0, 1), (0.2, 12, 4), (3, 12, 8), (0, 0, 5)])
def test_the_crossed_bootstrap_is_an_analysis_of_variance_by_draws(parts):
    values = table(np.random.default_rng(0), *parts, 4, 12) + 7.0
    found = crossed_bootstrap([values], num_resamples=40_000)
    a, b, e = components(values)
    variance = max(a, e) + max(b, e) - e
    # the draws leave an error of 1 / sqrt(2 * 40,000) in each part
    assert found.error**2 == pytest.approx(variance, rel=0.03) and found.value == pytest.approx(values.mean())
    spread = max(a, e) ** 2 / 3 + max(b, e) ** 2 / 11 + e**2 / (3 * 11)
    assert found.freedom == pytest.approx(variance**2 / spread, rel=0.06)


def test_seeds_without_instances_leave_students_interval():
    values = np.array([1.0, 4.0, 2.5, 7.0, 3.0])
    found = crossed_bootstrap([np.tile(values[:, None], (1, 30))], num_resamples=40_000).interval()
    assert found == pytest.approx(mean_interval(values), rel=0.02)


@pytest.mark.parametrize("seeds, of_seeds, of_instances, of_both", [(3, 1, 0, 0), (3, 1, 12, 4), (5, 2, 10, 3)])
def test_crossed_intervals_cover_as_often_as_they_say(seeds, of_seeds, of_instances, of_both):
    generator, covered, alone = np.random.default_rng(1), [], []
    for _ in range(400):
        values = table(generator, of_seeds, of_instances, of_both, seeds, 64)
        found = crossed_bootstrap([values], num_resamples=400).interval()
        covered.append(found.low <= 0 <= found.high)
        over_seeds = mean_interval(values.mean(axis=1))
        alone.append(over_seeds.low <= 0 <= over_seeds.high)
    # 400 draws of 0.95 spread by 0.011
    assert np.mean(covered) == pytest.approx(0.95, abs=0.035)
    if of_instances > 0:
        assert np.mean(alone) < 0.9


def test_a_difference_of_arms_on_the_same_instances_has_none_of_what_they_share():
    generator = np.random.default_rng(2)
    shared = table(generator, 0, 12, 0, 1, 200)
    ones, others = (shared + table(generator, 1, 0, 1, 5, 200) + plus for plus in (4.0, 1.0))
    for paired in (True, False):
        found = crossed_bootstrap([ones, others], [1, -1], paired)
        assert found.value == pytest.approx(np.mean(ones) - np.mean(others))
        # over seeds sqrt(1/5 + 1/5); the shared part alone would be 12 / sqrt(200) = 0.85
        assert 0.25 < found.error < 0.75
    assert crossed_bootstrap([ones]).error > 0.8
    few = others[:3]
    assert np.isfinite(crossed_bootstrap([ones, few], [1, -1], paired=False).error)
    with pytest.raises(ValueError, match=r"crossed_bootstrap\(cells of .*\(3, 200\).*and the same seeds"):
        crossed_bootstrap([ones, few], [1, -1])
    with pytest.raises(ValueError, match="two seeds and two instances or more"):
        crossed_bootstrap([ones[:1]])


def test_unpaired_seeds_leave_the_error_of_welch():
    generator = np.random.default_rng(3)
    ones, others = generator.normal(0, 1, 5), generator.normal(0, 4, 4)
    tables = [np.tile(values[:, None], (1, 10)) for values in (ones, others)]
    found = crossed_bootstrap(tables, [1, -1], paired=False, num_resamples=40_000).interval()
    welch = scipy.stats.ttest_ind(ones, others, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((welch.low, welch.high), rel=0.03)


def test_the_same_seed_draws_the_same_and_a_spread_knows_its_p():
    values = table(np.random.default_rng(4), 1, 2, 1, 4, 50)
    assert crossed_bootstrap([values]) == crossed_bootstrap([values])
    assert crossed_bootstrap([values]).error != crossed_bootstrap([values], seed=1).error
    five = np.array([1.0, 4.0, 2.5, 7.0, 3.0])
    spread = Spread(five.mean(), five.std(ddof=1) / 5**0.5, 4)
    for alternative, above in (("greater", True), ("less", False)):
        other = scipy.stats.ttest_1samp(five, 2.0, alternative=alternative).pvalue
        assert spread.p_value(2.0, above) == pytest.approx(other)
    assert spread.interval() == pytest.approx(mean_interval(five))
    assert Spread(1.0, 0.0, 4).p_value(0.5, True) == 0.0 and Spread(1.0, 0.0, 4).p_value(0.5, False) == 1.0


@pytest.mark.parametrize("seeds", [3, 5, 40])
@pytest.mark.parametrize("above", [True, False])
def test_an_effect_as_small_as_is_detectable_is_found_in_four_of_five_experiments(seeds, above):
    generator, spread, limit = np.random.default_rng(0), 1.5, 2.0
    sign = 1 if above else -1
    truth = detectable(limit * sign, spread / seeds**0.5, seeds - 1, above)
    samples = generator.normal(truth, spread, (4000, seeds))
    found = [verdict(mean_interval(values), limit, sign) == "supported" for values in samples]
    # 4,000 experiments at 0.8 spread by 0.006
    assert np.mean(found) == pytest.approx(0.8, abs=0.02)
    # with less, less often
    less = [
        verdict(mean_interval(values - sign * spread / seeds**0.5), limit, sign) == "supported" for values in samples
    ]
    assert np.mean(less) < 0.7


def test_many_degrees_of_freedom_are_as_good_as_a_known_error():
    assert detectable(1.0, 2.0, np.inf) == pytest.approx(1 + 2 * (1.959964 + 0.841621), rel=1e-6)
    assert detectable(1.0, 2.0, 999.0) == pytest.approx(detectable(1.0, 2.0, np.inf), rel=2e-3)
    assert detectable(1.0, 2.0, np.inf, power=0.5) == pytest.approx(1 + 2 * 1.959964, rel=1e-6)
