"""The prediction without a free parameter, where the toy model has closed forms."""

import numpy as np
import pytest

from mesascope.theory import Curve, Curves, Power, ToyModel, predict

FAR = np.linspace(0, 1000, 4001)
NO_CEILING = 1e9


@pytest.mark.parametrize("instances", [1, 5, 20, 44, 60, 500])
def test_a_square_root_of_visits_is_the_quadratic_cost(instances):
    """X(t) = sqrt(t / a) is the inverse of f = a x^2, and g(u) = u the model's own tuning: the solver agrees."""
    model = ToyModel(Power(a=0.5, k=2.0)).solve(1000, instances)
    found = predict(1000, instances, Curves(Curve(FAR, np.sqrt(FAR / 0.5)), Curve(FAR, FAR), NO_CEILING))
    # curves of 4000 straight pieces
    assert found.novel == pytest.approx(float(model.x), abs=0.3)
    assert found.novel + found.tuned == pytest.approx(float(model.total), rel=1e-3)
    assert not found.at_ceiling


@pytest.mark.parametrize("instances, run_time", [(7, 0.0), (9, 125.0)])
def test_straight_lines_jump_at_their_slope(instances, run_time):
    """X(t) = t / 8 and g(u) = u: all or nothing, at N = 8."""
    found = predict(1000, instances, Curves(Curve(FAR, FAR / 8), Curve(FAR, FAR), NO_CEILING))
    assert found.novel == pytest.approx(run_time)


def test_at_the_ceiling_many_divisions_are_as_good():
    found = predict(1000, 2, Curves(Curve(FAR, FAR / 8), Curve(FAR, FAR), 60.0))
    assert found.at_ceiling and found.novel_low == 0 and found.novel_high > 50
    assert found.novel + found.tuned == pytest.approx(60)


def test_what_was_learned_once_stays_and_what_was_not_measured_is_marked():
    falling = Curve(np.array([0.0, 10.0, 20.0]), np.array([0.0, 8.0, 2.0]))
    still = Curve(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    found = predict(20, 100, Curves(falling, still, NO_CEILING))
    assert found.novel == 8 and not found.extrapolated
    assert predict(21, 100, Curves(falling, still, NO_CEILING)).extrapolated


@pytest.mark.parametrize("call", [(-1, 1), (1, 0.5), (float("nan"), 1)])
def test_budgets_that_make_no_sense_are_refused(call):
    curve = Curve(FAR, FAR)
    with pytest.raises(ValueError, match="at least"):
        predict(*call, Curves(curve, curve, 1.0))
    with pytest.raises(ValueError, match="begin at 0"):
        predict(1, 1, Curves(Curve(FAR + 1, FAR), curve, 1.0))
