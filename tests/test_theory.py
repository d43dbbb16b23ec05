"""The toy model: closed forms, search, SymPy and brute force held against each other."""

import math
import time

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings, strategies as st

from mesascope.theory import (
    Custom,
    Exponential,
    FixedPlusLinear,
    Interpolated,
    Linear,
    Power,
    ToyModel,
    allocate_weighted,
    parse_cost,
    transition,
)

QUICK = settings(max_examples=50, deadline=None, derandomize=True)
FORMULAS = [
    Linear(8), FixedPlusLinear(100, 3), Power(0.5, 2), Power(2, 1.2), Power(2, 1), Power(30, 0.5), Exponential(2, 0.3)
]  # fmt: skip
CONVEX = [Linear(8), Power(0.5, 2), Power(2, 1.2), Exponential(2, 0.3), Interpolated((2, 5, 9), (3, 12, 60))]
WAVY = Custom(lambda x: 2 * x + 2 * np.sin(x))
SIGMOID = Interpolated((1, 4, 10, 30, 60), (40, 80, 95, 200, 900), "pchip")
ALL = [*FORMULAS, *CONVEX[-1:], WAVY, SIGMOID]
POWERS, NUMBERS = np.geomspace(0.5, 1e5, 40)[:, None], np.geomspace(1, 1e4, 61)
P, N, x = sp.symbols("P N x", positive=True)

powers = st.floats(0, 1e5)
numbers = st.floats(1, 1e5)


def names(cost) -> str:
    return type(cost).__name__ + str(getattr(cost, "k", ""))


def same(one, other, unit) -> None:
    """Equal to 1e-9; bits that are the difference of larger ones may be off by rounding of the latter."""
    for name in ("x", "tuned", "total", "share"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12 * unit, err_msg=name)


def objective(model: ToyModel, power, instances, x, tuned):
    """The equation in ToyModel's docstring."""
    divisor = 1 / (model.shared + (1 - model.shared) / instances)
    got = np.minimum(model.need, tuned + x + model.hard_coded)
    return got - model.length_penalty * divisor * tuned - model.time_penalty * x


def most_tuned(model: ToyModel, power, instances, x):
    left = power - instances**model.growth * model.cost.value(x)
    return left * (model.shared + (1 - model.shared) / instances)


@pytest.mark.parametrize("cost", FORMULAS, ids=names)
def test_closed_forms_agree_with_the_search(cost):
    for model in (ToyModel(cost), ToyModel(cost, cap=7, shared=0.01, growth=0.5), ToyModel(cost, length_penalty=0.01)):
        closed, numeric = (model.solve(POWERS, NUMBERS, method) for method in ("closed", "numeric"))
        same(closed, numeric, 1.0)
    assert not closed.extrapolated.any()


@pytest.mark.parametrize("method", ["closed", "numeric"])
def test_the_goldens_come_out(goldens, method):
    golden = goldens["toy_model"]["power"]
    model = ToyModel(Power(golden["a"], golden["k"]))
    for instances, total in golden["T"].items():
        assert float(model.solve(golden["P"], float(instances), method).total) == pytest.approx(total, rel=1e-9)
    found = transition(model, golden["P"], method)
    assert float(found.saturation) == pytest.approx(golden["N_sat"], rel=1e-9)
    assert float(found.half) == pytest.approx(golden["N_half"], rel=1e-9)
    assert np.isnan(found.onset)
    golden = goldens["toy_model"]["linear"]
    model = ToyModel(Linear(golden["a"]))
    assert float(transition(model, golden["P"], method).onset) == pytest.approx(golden["N_c"], rel=1e-9)
    at, past = model.solve(golden["P"], np.array([golden["N_c"], golden["N_c"] + 1e-6]), method).x
    assert (at, past) == (0.0, pytest.approx(golden["x"], rel=1e-9))


@pytest.mark.parametrize("cost", FORMULAS, ids=names)
def test_closed_transitions_agree_with_the_search(cost):
    power = np.array([0.0, 3.0, 99.0, 101.0, 2500.0])
    closed, numeric = (transition(ToyModel(cost), power, method) for method in ("closed", "numeric"))
    for name in ("onset", "half", "saturation"):
        np.testing.assert_allclose(getattr(closed, name), getattr(numeric, name), rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("k", [sp.Rational(3, 2), sp.Integer(2), sp.Integer(3)])
def test_sympy_derives_the_power_law(k):
    a = sp.Rational(1, 2)
    best = sp.solve(sp.diff((P - a * x**k) / N + x, x), x)[0]
    saturation = sp.solve(sp.Eq((a * best**k).subs(N, 1) * N ** (k / (k - 1)), P), N)[0]
    half = sp.solve(sp.Eq((a * best**k + N * best).subs(N, 1) * N ** (k / (k - 1)), P), N)[0]
    model = ToyModel(Power(0.5, float(k)))
    assert float(model.solve(900, 3).x) == pytest.approx(float(best.subs(N, 3)), rel=1e-9)
    found = transition(model, 900)
    assert float(found.saturation) == pytest.approx(float(saturation.subs(P, 900)), rel=1e-9)
    assert float(found.half) == pytest.approx(float(half.subs(P, 900)), rel=1e-9)


def test_sympy_derives_the_exponential():
    a, b, power = sp.Integer(2), sp.Rational(3, 10), 500
    cost = a * (sp.exp(b * x) - 1)
    best = sp.solve(sp.diff((P - cost) / N + x, x), x)[0]
    onset = sp.solve(best, N)[0]
    saturation = sp.solve(sp.Eq(best, sp.solve(sp.Eq(cost, P), x)[0]), N)[0]
    half = sp.nsolve(((P - cost.subs(x, best)) / N - best).subs(P, power), N, 50)
    found = transition(ToyModel(Exponential(2, 0.3)), power)
    expected = [float(onset), float(half), float(saturation.subs(P, power))]
    assert [float(found.onset), float(found.half), float(found.saturation)] == pytest.approx(expected, rel=1e-9)
    at = float(ToyModel(Exponential(2, 0.3)).solve(power, 20).x)
    assert at == pytest.approx(float(best.subs(N, 20)), rel=1e-9)


@pytest.mark.parametrize(
    "cost, formula",
    [(Linear(8), 8 * x), (FixedPlusLinear(100, 3), 100 + 3 * x), (Power(30, 0.5), 30 * sp.sqrt(x))],
    ids=["linear", "fixed", "concave"],
)
def test_sympy_derives_the_jumps(cost, formula):
    all_in = sp.solve(sp.Eq(formula, P), x)[0]
    jump = sp.solve(sp.Eq(P / N, all_in), N)[0]
    powers = [150, 1000, 40000]
    np.testing.assert_allclose(transition(ToyModel(cost), powers).onset, [float(jump.subs(P, p)) for p in powers], 1e-9)


@QUICK
@given(a=st.floats(0.1, 50), power=st.floats(0.1, 1e5), k=st.floats(0.2, 0.95), c=st.floats(0, 50))
def test_jumps_stand_where_the_formulas_say(a, power, k, c):
    assert float(transition(ToyModel(Linear(a)), power, "numeric").onset) == pytest.approx(a, rel=1e-9)
    fixed = transition(ToyModel(FixedPlusLinear(c, a)), power + c + 1).half
    assert float(fixed) == pytest.approx(a * (power + c + 1) / (power + 1), rel=1e-9)
    jump = a ** (1 / k) * power ** (1 - 1 / k)
    assert float(transition(ToyModel(Power(a, k)), power).saturation) == pytest.approx(jump, rel=1e-9)
    below, above = ToyModel(Power(a, k)).solve_anywhere(power, np.array([0.999, 1.001]) * jump, "numeric").x
    assert below == 0 < above == pytest.approx((power / a) ** (1 / k), rel=1e-9)


@QUICK
@given(a=st.floats(0.1, 50), power=st.floats(1, 1e5), k=st.floats(1.1, 4))
def test_power_laws_saturate_and_halve_where_the_formulas_say(a, power, k):
    saturation = k * a ** (1 / k) * power ** ((k - 1) / k)
    found = transition(ToyModel(Power(a, k)), power)
    assert float(found.saturation) == pytest.approx(saturation, rel=1e-9)
    assert float(found.half) == pytest.approx(saturation * (k + 1) ** (-(k - 1) / k), rel=1e-9)


@QUICK
@given(cost=st.sampled_from(ALL), power=powers, instances=numbers, factor=st.floats(1, 50))
def test_more_instances_never_help_and_the_power_is_kept(cost, power, instances, factor):
    found = ToyModel(cost).solve(power, np.array([instances, instances * factor]), "numeric")
    assert np.all(cost.value(found.x) <= power * (1 + 1e-12))
    assert found.x[1] >= found.x[0] * (1 - 1e-12)
    assert found.total[1] <= found.total[0] * (1 + 1e-12)
    np.testing.assert_allclose(found.total, found.tuned + found.x, rtol=1e-12)
    np.testing.assert_allclose(found.share * found.total, found.x, rtol=1e-12)


@QUICK
@given(
    cost=st.sampled_from(ALL),
    power=powers,
    instances=numbers,
    cap=st.sampled_from([math.inf, 3.0]),
    need=st.sampled_from([math.inf, 12.0, 25.0]),
    shared=st.sampled_from([0.0, 0.05]),
    growth=st.sampled_from([0.0, 0.4, 1.5]),
    penalties=st.sampled_from([(0.0, 0.0), (0.3, 0.0), (0.0, 0.02), (0.5, 0.5), (1.5, 0.0)]),
    hard_coded=st.sampled_from([0.0, 10.0, 20.0]),
)
def test_no_allocation_on_a_grid_is_better(cost, power, instances, cap, need, shared, growth, penalties, hard_coded):
    model = ToyModel(cost, cap, need, hard_coded, shared, growth, *penalties)
    found = model.solve(power, instances)
    most = float(model.limit(power, instances))
    xs = np.append(np.linspace(0, most, 700), most * np.geomspace(1e-6, 1, 100))[:, None]
    tuned = np.maximum(most_tuned(model, power, instances, xs), 0) * np.linspace(0, 1, 21)
    tuned = np.hstack([tuned, np.clip(need - hard_coded - xs, 0, tuned[:, -1:])])
    value = objective(model, power, instances, float(found.x), float(found.tuned))
    scale = 1 + power
    assert objective(model, power, instances, xs, tuned).max() <= value + 1e-12 * scale
    assert 0 <= found.x <= min(cap, most) and 0 <= found.tuned
    assert found.tuned <= most_tuned(model, power, instances, float(found.x)) + 1e-12 * scale


def test_of_equally_good_x_the_smallest_is_taken_and_the_tie_is_marked():
    for method in ("closed", "numeric"):
        found = ToyModel(Linear(8)).solve(1000, np.array([7.0, 8.0, 9.0]), method)
        assert found.x.tolist() == [0.0, 0.0, 125.0] and found.tied.tolist() == [False, True, False]
        found = ToyModel(FixedPlusLinear(100, 3)).solve(400, 4, method)
        assert (float(found.x), bool(found.tied)) == (0.0, True)
    straight = ToyModel(Interpolated((2, 5, 9), (2, 14, 60))).solve(1000, 4)
    assert (float(straight.x), bool(straight.tied)) == (pytest.approx(2), True)


def test_enough_is_enough():
    model = ToyModel(Linear(8), need=30)
    seen = model.solve(1000, np.array([20.0, 1000 / 30, 50.0, 200.0]))
    assert seen.x[:2].tolist() == [0.0, 0.0]
    # the least x that completes what tuning leaves open: (N B - P) / (N - a)
    np.testing.assert_allclose(seen.x[2:], [500 / 42, 5000 / 192], rtol=1e-9)
    np.testing.assert_allclose(seen.total, 30, rtol=1e-9)
    assert seen.tied[0] and np.isnan(transition(model, 1000).saturation)
    power = np.array([60.0, 240.0, 1000.0, 4000.0])
    turns = transition(model, power)
    np.testing.assert_allclose(turns.onset, np.maximum(8, power / 30), rtol=1e-9)
    np.testing.assert_allclose(turns.half[2:], 2 * power[2:] / 30 - 8, rtol=1e-9)


def test_hard_coded_bits_matter_only_where_enough_is_enough():
    for hard_coded in (0.0, 10.0):
        assert float(ToyModel(Power(0.5, 2), hard_coded=hard_coded).solve(1000, 20).x) == pytest.approx(20, rel=1e-9)
    less, more = (float(ToyModel(Power(0.5, 2), need=60, hard_coded=h).solve(1000, 40).x) for h in (0.0, 20.0))
    assert less == pytest.approx(40, rel=1e-9) and more == pytest.approx(20, rel=1e-9)
    assert float(ToyModel(Linear(2), need=60, hard_coded=20).solve(1000, 5).total) == pytest.approx(60)


def test_a_cap_ends_the_rise_of_x():
    found = ToyModel(Linear(8), cap=50).solve(1000, np.array([7.0, 9.0, 100.0]))
    np.testing.assert_allclose(found.x, [0, 50, 50])
    np.testing.assert_allclose(found.tuned, [1000 / 7, 600 / 9, 6])
    turns = transition(ToyModel(Linear(8), cap=50), 1000)
    assert [float(turns.onset), float(turns.half), float(turns.saturation)] == pytest.approx([8, 12, 8], rel=1e-9)


def test_shared_policies_move_transitions_and_may_end_them():
    shared = transition(ToyModel(Linear(8), shared=0.1), [100.0, 1000.0]).onset
    np.testing.assert_allclose(shared, 0.9 * 8 / (1 - 0.1 * 8), rtol=1e-9)
    assert np.isnan(transition(ToyModel(Linear(8), shared=0.2), 1000).onset)


def test_a_cost_that_grows_with_instances_moves_the_jump():
    jump = transition(ToyModel(Linear(8), growth=0.5), [100.0, 1000.0])
    np.testing.assert_allclose([jump.onset, jump.saturation], 64, rtol=1e-9)
    assert np.isnan(transition(ToyModel(Linear(8), growth=1.0), 1000).onset)


def test_penalties_move_x_as_the_post_conjectures():
    def optimum(**penalty):
        return float(ToyModel(Power(0.5, 2), **penalty).solve(1000, 20).x)

    assert optimum(time_penalty=0.25) == pytest.approx(20 * 0.75, rel=1e-9)
    assert optimum(length_penalty=0.02) == pytest.approx(20 / (1 - 0.02 * 20), rel=1e-9)
    # one maze alone: search is as good as storing its path, and shorter
    alone = [ToyModel(Linear(8), need=30, length_penalty=m).solve(1000, 1) for m in (0.0, 0.1)]
    assert [(float(a.x), float(a.tuned)) for a in alone] == [(0, 30), (30, 0)]


def test_the_mean_counts_the_most_frequent_instance_and_the_minimum_all():
    weights, model = [4, 2, 1, 1], ToyModel(Power(0.5, 2))
    mean = allocate_weighted(model, 1000, weights)
    assert mean.x == pytest.approx(float(model.solve(1000, 2).x), rel=1e-9)
    assert mean.tuned.tolist() == [pytest.approx(998), 0, 0, 0] and mean.minimum == pytest.approx(2)
    least = allocate_weighted(model, 1000, weights, "minimum")
    assert (least.x, least.minimum) == (pytest.approx(4), pytest.approx(4 + 992 / 4))
    for guarantee in ("mean", "minimum"):
        assert allocate_weighted(model, 1000, [1] * 6, guarantee).x == pytest.approx(6, rel=1e-9)
    # with enough for the first, x is worth 1 - 0.5 + 0.3 and the second's tuning 0.3; between, the first is just full
    limited = ToyModel(Power(0.5, 2), need=30)
    assert allocate_weighted(limited, 40, [5, 3, 2]).x == pytest.approx(0.8 / 0.3, rel=1e-9)
    assert allocate_weighted(limited, 30 - 2.3 + 0.5 * 2.3**2, [5, 3, 2]).x == pytest.approx(2.3, rel=1e-9)


@QUICK
@given(
    cost=st.sampled_from([*FORMULAS, CONVEX[-1]]),
    power=st.floats(1, 400),
    weights=st.lists(st.floats(0.01, 1), min_size=1, max_size=5),
    need=st.sampled_from([math.inf, 15.0]),
)
def test_no_greedy_filling_on_a_grid_has_a_better_mean(cost, power, weights, need):
    model = ToyModel(cost, need=need, growth=0.2)
    found = allocate_weighted(model, power, weights)
    share = np.sort(np.array(weights) / np.sum(weights))[::-1]
    best = 0.0
    for at in np.linspace(0, float(model.limit(power, len(weights))), 400):
        left, mean = power - len(weights) ** 0.2 * float(cost.value(at)), at
        for part in share:
            filled = max(min(left, need - at), 0.0)
            left, mean = left - filled, mean + part * filled
        best = max(best, mean)
    assert best <= found.mean * (1 + 1e-9)
    assert sum(found.tuned) + len(weights) ** 0.2 * float(cost.value(found.x)) <= power * (1 + 1e-9)


@pytest.mark.parametrize("shape", ["linear", "pchip"])
def test_interpolated_costs_pass_their_points_and_mark_what_was_not_measured(shape):
    cost = Interpolated((2, 5, 9, 12), (3, 12, 12, 60), shape)
    np.testing.assert_allclose(cost.value([0, 2, 5, 9, 12, 14]), [0, 3, 12, 12, 60, 92], rtol=1e-12)
    # f' is 0 at 9, so that its inverse has half the digits there
    np.testing.assert_allclose(cost.inverse([0, 3, 12, 60, 92]), [0, 2, 9, 12, 14], rtol=1e-7)
    assert cost.extrapolates([0, 1, 2, 7, 12, 12.1]).tolist() == [False, True, False, False, False, True]
    assert ToyModel(cost).solve([10.0, 1000.0], 1e4).extrapolated.tolist() == [False, True]
    inside = np.linspace(0.1, 14, 50)
    np.testing.assert_allclose(cost.value(cost.inverse(cost.value(inside))), cost.value(inside), rtol=1e-9, atol=1e-12)
    middle = inside[(np.abs(inside[:, None] - np.array(cost.x)) > 0.01).all(axis=1)]
    difference = (cost.value(middle + 1e-6) - cost.value(middle - 1e-6)) / 2e-6
    np.testing.assert_allclose(cost.slope(middle), difference, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("cost", FORMULAS, ids=names)
def test_a_callable_gives_what_the_formula_gives(cost):
    same(ToyModel(Custom(cost.value)).solve(POWERS, NUMBERS), ToyModel(cost).solve(POWERS, NUMBERS), 1e5)
    with_slope = Custom(cost.value, cost.slope)
    same(ToyModel(with_slope).solve(POWERS, NUMBERS), ToyModel(cost).solve(POWERS, NUMBERS), 1e5)


def test_a_staircase_is_climbed_to_the_last_digit_before_a_step_or_nearly():
    found = ToyModel(Custom(lambda x: 10.0 * np.floor(x))).solve(100, np.array([4.0, 12.0]))
    assert found.x.tolist() == [pytest.approx(1, rel=0.03), pytest.approx(11, rel=1e-9)]


@pytest.mark.parametrize("cost", [*FORMULAS, SIGMOID], ids=names)
@pytest.mark.parametrize("method", ["auto", "numeric"])
def test_a_phase_diagram_of_500_by_500_takes_less_than_a_second(cost, method):
    power, instances = np.geomspace(1, 1e5, 500)[:, None], np.geomspace(1, 1e5, 500)
    started = time.process_time()
    assert ToyModel(cost).solve(power, instances, method).x.shape == (500, 500)
    # 0.02 to 0.5 s of one core; the bound leaves room for a slow one
    assert time.process_time() - started < 3


@pytest.mark.parametrize("text, cost", [
    ("linear:a=8", Linear(8)), ("fixed:a=2,c=1e2", FixedPlusLinear(100, 2)),
    ("power:a=0.5, k=2", Power(0.5, 2)), ("exponential:b=.5,a=3", Exponential(3, 0.5)),
])  # fmt: skip
def test_costs_are_read_from_text(text, cost):
    assert parse_cost(text) == cost


@pytest.mark.parametrize("text, culprit", [
    ("pwer:a=1", "'pwer' is no form. Did you mean 'power'.*linear:a=, fixed:c=,a="), ("power:a=1", "k is missing"),
    ("power:a=1,k=two", "k='two' is no number"), ("linear:b=2", "no setting 'b'.*linear:a="),
    ("linear:a=1,a=2", "given twice"), ("linear:a=-1", "a is a finite number above 0"), ("", "'' is no form"),
    ("power:a=nan,k=2", "finite number above 0"), ("fixed:c=inf,a=1", "c is a number of 0 or more"),
])  # fmt: skip
def test_texts_that_name_no_cost_are_refused_by_culprit(text, culprit):
    with pytest.raises(ValueError, match=culprit):
        parse_cost(text)


@pytest.mark.parametrize("call, reason", [
    (lambda: ToyModel(Linear(1)).solve(-1, 2), "power=-1.*0 or more"),
    (lambda: ToyModel(Linear(1)).solve(1, 0.5), "instances=0.5.*1 or more"),
    (lambda: ToyModel(Linear(1)).solve(math.nan, 2), "power=nan"),
    (lambda: transition(ToyModel(Linear(1)), -3), "power=-3"),
    (lambda: transition(ToyModel(Linear(1), cap=2), 3, "closed"), "without extensions"),
    (lambda: transition(ToyModel(Linear(1)), 3, "exact"), "'auto', 'closed' or 'numeric'"),
    (lambda: ToyModel(Linear(1)).solve(3, 3, "exact"), "'auto', 'closed' or 'numeric'"),
    (lambda: ToyModel(Linear(1), shared=1.5), "shared=1.5.*from 0 to 1"),
    (lambda: ToyModel(Linear(1), cap=math.nan), "cap=nan"),
    (lambda: ToyModel(lambda x: x), "Custom"),
    (lambda: ToyModel(SIGMOID).solve(1, 2, "closed"), "no closed form for Interpolated"),
    (lambda: ToyModel(Custom(lambda x: x / (1 + x))).solve(5, 2), "give the model a cap"),
    (lambda: Custom(lambda x: x + 1), "f\\(0\\) is 0.*it is 1"),
    (lambda: Custom(lambda x: -1 + x), "0 or more; f\\(0\\) = -1"),
    (lambda: ToyModel(Custom(lambda x: x * (x - 3) ** 2)).solve(50, 2), "f never falls"),
    (lambda: ToyModel(Custom(lambda x: np.where(x > 3, np.inf, x))).solve(50, 2), "f is finite"),
    (lambda: Custom(lambda x: 0.0), "keeps the shape"),
    (lambda: Interpolated((1, 2), (3, 2)), "cost never falls.*isotonic"),
    (lambda: Interpolated((2, 1), (3, 4)), "x ascends"),
    (lambda: Interpolated((0, 1), (3, 4)), "f\\(0\\) is 0"),
    (lambda: Interpolated((1, 2), (3, 3)), "last piece is flat"),
    (lambda: Interpolated((1, 2), (3, math.nan)), "finite"),
    (lambda: Interpolated((1,), (3, 4)), "as many costs"),
    (lambda: Interpolated((1,), (3,), "cubic"), "'linear' or 'pchip'"),
    (lambda: allocate_weighted(ToyModel(Linear(1)), 5, [1, -1]), "frequencies"),
    (lambda: allocate_weighted(ToyModel(Linear(1), shared=0.1), 5, [1, 1]), "must be 0"),
])  # fmt: skip
def test_bad_input_is_refused_with_the_reason(call, reason):
    with pytest.raises(ValueError, match=reason):
        call()
