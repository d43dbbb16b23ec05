"""The frame of all claims: effects by seed, rules, controls, chances."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from invented import Invented, planted
from scipy.stats import false_discovery_control, ttest_1samp

from mesascope.base import PolicyGradient
from mesascope.conditions import CONDITIONS, settings
from mesascope.conditions.frame import (
    INTERNAL,
    At,
    Beyond,
    Cell,
    Cells,
    Control,
    Fall,
    Least,
    Threshold,
    Trend,
    certified,
    estimate,
    grid,
    interval,
    trend_test,
)
from mesascope.lab import Training
from mesascope.models import Gridloop
from mesascope.outcomes import Estimate
from mesascope.stats import holm, mean_p_value, trend_p_value, verdict
from mesascope.tasks import Maze

LEVELS = (1, 4, 16)


def trial(arm: str, level: int, seed: int) -> Training:
    return Training(
        Maze(4, 4, horizon=40), Gridloop(channels={"loop": 4, "twin": 5}[arm]), PolicyGradient(), level, seed
    )


def cells_of(bits: dict[tuple[str, int, int], float]) -> Cells:
    """Cells of invented records with so many internal bits by arm, level and seed; what is left out is not finished."""
    plan = grid(sorted({arm for arm, _, _ in bits}), LEVELS, 3, trial)
    return Cells(Invented({trial(*key): value for key, value in bits.items()}), plan)


def table(arm: str, *seeds: list[float]) -> dict[tuple[str, int, int], float]:
    return {(arm, level, s): v for s, values in enumerate(seeds) for level, v in zip(LEVELS, values)}


def test_a_trend_is_the_difference_between_the_ends_or_a_slope_on_octaves_times_the_range():
    cells = cells_of(table("loop", [1.0, 3.0, 5.0], [2.0, 2.0, 2.0], [0.0, 6.0, 6.0]))
    assert Trend("loop", INTERNAL, LEVELS).by_unit(cells) == pytest.approx({0: 4.0, 1: 0.0, 2: 6.0})
    steep = cells_of(table("loop", [1.0, 3.0, 5.0], [2.0, 2.0, 2.0]) | {("loop", 1, 2): 0.0, ("loop", 4, 2): 6.0})
    assert Trend("loop", INTERNAL, LEVELS, "slope").by_unit(steep) == pytest.approx({0: 4.0, 1: 0.0})


def test_a_slope_overstates_a_step_of_four_levels():
    levels = (1, 2, 4, 8)
    plan = grid(["loop"], levels, 1, trial)
    step = dict(zip((trial("loop", level, 0) for level in levels), (0.0, 0.0, 10.0, 10.0)))
    found = [Trend("loop", INTERNAL, levels, of).by_unit(Cells(Invented(step), plan))[0] for of in ("ends", "slope")]
    # least squares on -3, -1, 1, 3: (1 + 3) * 10 / 20 an octave of two, three octaves
    assert found == pytest.approx([10.0, 12.0])


def test_the_trend_test_takes_the_levels_between_the_ends_too():
    seeds = table("loop", [1.0, 3.0, 5.0], [2.0, 2.5, 5.0], [1.0, 3.5, 6.0])
    flat = table("twin", [1.0, 3.0, 5.0], [1.0, 3.5, 5.0], [0.0, 3.5, 5.0])
    cells = cells_of(seeds | flat)
    loop, twin = (Trend(arm, INTERNAL, LEVELS) for arm in ("loop", "twin"))
    by_level = [np.array([curve[k] for curve in loop.curves(cells).values()]) for k in range(3)]
    assert trend_test(loop, cells) == trend_p_value(by_level) < 0.01
    # what the twin does as well is no trend of the difference
    assert trend_test(loop - twin, cells) > 0.2
    assert (
        trend_test(loop - At("twin", INTERNAL, 1), cells) is None and trend_test(At("loop", INTERNAL, 1), cells) is None
    )
    assert trend_test(loop, cells_of({("loop", 1, 0): 1.0})) is None


def test_a_fall_is_the_first_level_less_the_mean_of_the_others():
    cells = cells_of(table("loop", [9.0, 3.0, 5.0], [2.0, 2.0, 5.0]))
    assert Fall("loop", INTERNAL, LEVELS).by_unit(cells) == pytest.approx({0: 5.0, 1: -1.5})


def test_differences_and_the_least_are_paired_by_seed_and_leave_out_what_is_not_finished():
    bits = table("loop", [9.0, 3.0, 5.0], [2.0, 2.0, 5.0], [1.0, 1.0, 1.0]) | table(
        "twin", [1.0, 1.0, 1.0], [1.0, 0.0, 1.0]
    )
    del bits["loop", 4, 0]
    cells = cells_of(bits)
    gap = At("loop", INTERNAL, 1) - At("twin", INTERNAL, 1)
    assert gap.by_unit(cells) == pytest.approx({0: 8.0, 1: 1.0})
    assert Least([gap, At("loop", INTERNAL, 16)]).by_unit(cells) == pytest.approx({0: 5.0, 1: 1.0})
    assert Trend("loop", INTERNAL, LEVELS).by_unit(cells).keys() == {1, 2}
    assert not cells["loop", 4].complete and cells["nobody", 1].by == {} and ("loop", 4) in cells


def test_a_seed_of_several_trials_counts_when_all_are_finished():
    plan = {Cell("loop"): {seed: [trial("loop", level, seed) for level in LEVELS] for seed in (0, 1)}}
    bits = {t: float(t.num_instances) for by_seed in plan.values() for trials in by_seed.values() for t in trials}
    assert Cells(Invented(bits), plan)["loop", None].by_seed(INTERNAL) == pytest.approx({0: 7.0, 1: 7.0})
    del bits[trial("loop", 16, 1)]
    cells = Cells(Invented(bits), plan)
    assert cells["loop", None].by_seed(INTERNAL) == pytest.approx({0: 7.0}) and not cells["loop", None].complete


class Rows(Invented):
    """Invented records with rows by instance of read-outs, which differ between instances alike for all networks."""

    instances = np.arange(40)

    def metrics(self, trial):
        found = [row for row in self.values(trial)["summary"] if row["view"] == "readout"]
        # harder mazes are worth more, to every network that gets beyond stage 5
        gap = np.sin(self.instances + 1.0) * 15
        gap -= gap.mean()
        parts = [
            (np.full(40, row["step"]), np.full(40, row["index"]), row["bits"] + (row["index"] > 5) * gap)
            for row in found
        ]
        step, index, bits = map(np.concatenate, zip(*parts))
        view, instance = np.full(len(step), "readout", object), np.tile(self.instances, len(parts))
        return {"view": view, "step": step, "index": index, "instance": instance, "bits": bits}


ROWS = table("loop", [1.0, 3.0, 5.0], [2.0, 2.0, 5.0], [1.0, 2.5, 6.0]) | table("twin", *[[1.0, 1.0, 1.0]] * 3)


def cells_with_rows(*views: str) -> Cells:
    return Cells(
        Rows({trial(*key): value for key, value in ROWS.items()}), grid(("loop", "twin"), LEVELS, 3, trial), views=views
    )


EFFECTS = {
    "at": At("loop", INTERNAL, 16),
    "trend": Trend("loop", INTERNAL, LEVELS),
    "slope": Trend("loop", INTERNAL, LEVELS, "slope"),
    "fall": Fall("loop", INTERNAL, LEVELS),
    "difference": Trend("loop", INTERNAL, LEVELS) - Fall("twin", INTERNAL, LEVELS),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_is_the_sum_of_its_terms_at_every_seed(name):
    cells, effect = cells_with_rows(), EFFECTS[name]
    summed = {seed: sum(weight * part.by_unit(cells)[seed] for weight, part in effect.terms()) for seed in (0, 1, 2)}
    assert effect.by_unit(cells) == pytest.approx(summed)
    assert Least([effect]).terms() is None and (Least([effect]) - effect).terms() is None


def test_with_rows_by_instance_an_interval_is_over_seeds_and_instances():
    effect, cells = At("loop", INTERNAL, 16), cells_with_rows("readout")
    found, alone = effect.estimate(cells), effect.estimate(cells_with_rows())
    assert found.value == pytest.approx(16 / 3) == pytest.approx(alone.value)
    assert "over 3 seeds and 40 instances" in effect.about(cells)
    assert "over seeds alone" in effect.about(cells_with_rows())
    # what is the same of every network, rows or not, leaves a difference with the error over seeds alone
    plain = effect - At("loop", INTERNAL, 4)
    both, less = plain.estimate(cells), plain.estimate(cells_with_rows())
    assert both == pytest.approx(less, rel=0.05)
    assert plain.p_value(cells, 2.0, True) == pytest.approx(plain.p_value(cells_with_rows(), 2.0, True), rel=0.1)
    assert found.high - found.low > 1.3 * (alone.high - alone.low)
    assert effect.p_value(cells, 2.0, True) != pytest.approx(effect.p_value(cells_with_rows(), 2.0, True), rel=0.1)


class Level:
    """A reflex level of which the limit alone is asked."""

    def __init__(self, limit: float):
        self.limit = limit

    def upper(self, boundary: int) -> float:
        return self.limit


@pytest.mark.parametrize("limit", [1.0, 3.5, 6.5])
@pytest.mark.parametrize("measure", [lambda limit: INTERNAL, lambda limit: certified(Level(limit))])
def test_a_measure_is_the_mean_of_its_rows_by_instance(measure, limit):
    measure, cells = measure(limit), cells_with_rows("readout")
    for runs in cells:
        by_instance = {seed: float(np.mean([*rows.values()])) for seed, rows in runs.by_instance(measure).items()}
        assert runs.by_seed(measure) == pytest.approx(by_instance, abs=1e-9)


@pytest.mark.parametrize("odd", [lambda t: t.seed == 1, lambda t: t.num_instances == 4])
def test_networks_that_were_read_on_different_instances_leave_the_interval_over_seeds(odd):
    class Other(Rows):
        def metrics(self, trial):
            columns = Rows.metrics(self, trial)
            return columns | {"instance": columns["instance"] + odd(trial)}

    records = Other({trial(*key): value for key, value in ROWS.items()})
    cells = Cells(records, grid(("loop", "twin"), LEVELS, 3, trial), views=["readout"])
    effect = Fall("loop", INTERNAL, LEVELS)
    assert effect.estimate(cells) == effect.estimate(cells_with_rows()) != effect.estimate(cells_with_rows("readout"))


class Diverged(Invented):
    """Invented records of which every training diverged."""

    def values(self, trial):
        return Invented.values(self, trial) | {"status": "diverged"}


def test_a_training_that_diverged_counts_once_though_cells_share_it():
    shared = {0: [trial("loop", 1, 0)]}
    plan = {Cell("loop", 1): shared, Cell("start"): shared}
    assert Cells(Diverged({shared[0][0]: 1.0}), plan).num_diverged == 1


def test_one_seed_is_no_estimate_and_an_interval_says_nothing_of_its_spread():
    assert estimate({0: 1.0}) is None and interval({0: 1.0}) == "1.0" and interval({}) is None
    assert interval({0: 0.0, 1: -0.0001}) == "0.0 [0.0, 0.0]"


def test_a_verdict_must_hold_wherever_reflexes_end():
    far, near = Estimate(5.0, 4.0, 6.0), Estimate(1.0, 0.5, 1.5)
    assert Beyond(2.0).judge({2: far, 3: far, 5: far}).verdict == "supported"
    said = Beyond(2.0).judge({2: far, 3: far, 5: near})
    assert said.verdict == "inconclusive" and "no effect at depth 5" in said.reason
    assert Beyond(2.0).judge({b: Estimate(-5.0, -6.0, -4.0) for b in (2, 3, 5)}).verdict == "contradicted"


@pytest.mark.parametrize("side, low, high, found", [
    ("above", 0.91, 1.0, "supported"), ("above", 0.1, 0.89, "contradicted"), ("above", 0.8, 1.0, "inconclusive"),
    ("below", 0.91, 1.0, "contradicted"), ("below", 0.1, 0.89, "supported"), ("below", 0.8, 1.0, "inconclusive"),
])  # fmt: skip
def test_a_threshold_has_a_side(side, low, high, found):
    rule = Threshold(0.9, "of the way", lambda effect: "Because.", side)
    assert rule.judge({3: Estimate((low + high) / 2, low, high)}).verdict == found
    assert f"lies {side} 0.9" in rule.words


def test_a_control_names_what_falls_short_and_a_missing_number_does():
    assert Control("The share", 0.95, least=0.9).obstacle() is None
    assert Control("The share", 0.85, least=0.9).obstacle() == "The share is 0.85, where at least 0.9 is needed."
    assert Control("The null", 0.3, most=0.1).obstacle() == "The null is 0.30, where at most 0.1 is needed."
    lost = float("nan")
    assert Control("The share", lost, least=0.9).obstacle() == "The share is not known, where at least 0.9 is needed."
    assert Control("The null", lost, most=0.1).obstacle() == "The null is not known, where at most 0.1 is needed."


NUMBERS = st.lists(st.floats(-5, 5), min_size=3, max_size=8).filter(lambda values: np.std(values) > 1e-3)


@given(NUMBERS, st.floats(-2, 2), st.booleans())
def test_the_p_value_of_a_mean_is_students(values, threshold, above):
    other = ttest_1samp(values, threshold, alternative="greater" if above else "less").pvalue
    assert mean_p_value(np.array(values), threshold, above) == pytest.approx(other, abs=1e-12)


def test_values_that_do_not_vary_leave_no_doubt():
    assert mean_p_value(np.ones(4), 0.5, True) == 0.0 and mean_p_value(np.ones(4), 0.5, False) == 1.0


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=12))
def test_holm_rejects_what_stepping_down_rejects(p_values):
    """The procedure itself: from the least p on, each is held against level / (number left)."""
    adjusted = holm(p_values)
    for level in (0.01, 0.05, 0.2):
        rejected, left = set(), len(p_values)
        for index in np.argsort(p_values, kind="stable"):
            if p_values[index] > level / left:
                break
            rejected.add(int(index))
            left -= 1
        near = {i for i, p in enumerate(adjusted) if abs(p - level) < 1e-12}
        assert {i for i, p in enumerate(adjusted) if p <= level} - near == rejected - near


def test_holm_is_stricter_than_a_rate_of_false_discoveries():
    p_values = [0.001, 0.02, 0.03, 0.2]
    assert all(a >= b for a, b in zip(holm(p_values), false_discovery_control(p_values)))
    assert holm(p_values) == pytest.approx([0.004, 0.06, 0.06, 0.2])


def test_cells_of_an_arm_come_in_the_order_of_the_plan():
    cells = cells_of(table("loop", [1.0, 2.0, 3.0]) | table("twin", [1.0, 2.0, 3.0]))
    assert [runs.cell for runs in cells.of("twin")] == [Cell("twin", level) for level in LEVELS]
    assert [runs.arm for runs in cells] == ["loop"] * 3 + ["twin"] * 3


def test_rules_know_where_support_lies():
    assert Beyond(2.0).predicted == (2.0, True)
    assert Threshold(0.9, "", side="below").predicted == (0.9, False) and Threshold(0.9, "").predicted == (0.9, True)
    assert CONDITIONS["simple-rules"].rule.predicted == (0.1, False)


def test_a_finding_says_how_small_an_effect_it_would_have_found():
    claim, generator = settings(CONDITIONS["diversity"], "standard", {}), np.random.default_rng(0)
    finding = claim.analyse(planted(claim, 9.0, 1.2, generator))
    # experiments with that truth, and with the spread over seeds that was planted
    samples = generator.normal(finding.detectable, 1.2, (4000, claim.seeds))
    found = [verdict(estimate(dict(enumerate(values))), 2.0) == "supported" for values in samples]
    assert np.mean(found) == pytest.approx(0.8, abs=0.02) and finding.detectable < 5
    # however large the effect, the design is as good
    again = claim.analyse(planted(claim, 3.0, 1.2, generator))
    assert again.detectable == pytest.approx(finding.detectable, rel=1e-6)
