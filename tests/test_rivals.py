"""The equation and its rivals on a grid, against searches and simulations written apart from them."""

import dataclasses

import numpy as np
import pytest

from mesascope.theory import (
    EXPLANATIONS,
    FLOOR,
    Curve,
    Curves,
    Grid,
    chosen,
    confusion,
    contest,
    fit,
    scored_cells,
    simulate,
)
from mesascope.theory._contest import _held_out
from mesascope.theory._rivals import candidate, num_candidates

STEPS = np.array([16.0, 32, 64, 128, 256, 512])
SIZES = np.array([4.0, 16, 64, 128, 256, 512, 1024, 4096])
VISITS = np.minimum(SIZES, 64)[:, None] * STEPS
CURVES = Curves(
    Curve(np.append(0, 64 * STEPS), np.array([0, 1, 2, 3.5, 8, 18, 23])),
    Curve(np.append(0, STEPS), np.array([0, 2, 10, 20, 24, 25, 25.5])),
    26.0,
)


def searched(visits, instances, need=26.0, slowness=1.0, visited=None):
    """The best division among many, and of those as good the one that stores most."""
    share = 1 / instances if visited is None else visited
    splits = np.linspace(0, visits, 200_001)
    novel = np.interp(splits / slowness, CURVES.run_time.visits, CURVES.run_time.bits)
    stored = np.interp((visits - splits) * share, CURVES.tuning.visits, CURVES.tuning.bits)
    total = np.minimum(need, novel + stored)
    best = np.flatnonzero(total >= total.max() - 1e-4)[0]
    return novel[best], min(max(need - novel[best], 0), stored[best])


def raced(visits, instances, end):
    """Small steps of time: both go on until the end of the race, then the winner alone."""
    times = np.linspace(0, visits, 400_001)
    found = np.interp(times, CURVES.run_time.visits, CURVES.run_time.bits)
    stored = np.interp(times / instances, CURVES.tuning.visits, CURVES.tuning.bits)
    over = np.flatnonzero(found + stored >= end * 26)
    if len(over) == 0:
        return found[-1], min(stored[-1], 26 - found[-1])
    at = over[0]
    novel, tuned = (found[at], stored[-1]) if stored[at] > found[at] else (found[-1], stored[at])
    return novel, min(tuned, 26 - novel)


ORACLES = [
    ("equation", {}, lambda t, n: searched(t, n)),
    ("saturating", {"solved": 0.6}, lambda t, n: searched(t, n, need=0.6 * 26)),
    ("shared policies", {"rho": 0.003}, lambda t, n: searched(t, n, visited=0.003 + 0.997 / n)),
    (
        "environment-dependent cost",
        {"alpha": 0.5, "base": 1024.0},
        lambda t, n: searched(t, n, slowness=(n / 1024) ** 0.5),
    ),
    ("kinetic", {"end": 0.7}, lambda t, n: raced(t, n, 0.7)),
]


@pytest.mark.parametrize("name, numbers, oracle", ORACLES, ids=[oracle[0] for oracle in ORACLES])
def test_explanations_say_what_searches_and_simulations_find(name, numbers, oracle):
    found = EXPLANATIONS[name](**numbers).predict(VISITS, SIZES[:, None], CURVES)
    for i, size in enumerate(SIZES):
        for j in range(len(STEPS)):
            novel, tuned = oracle(VISITS[i, j], size)
            # grids of 2e5 divisions, and 1e-4 bits as a tie, resolve hundredths of a bit
            assert found.novel[i, j] == pytest.approx(novel, abs=0.03), (size, STEPS[j])
            assert found.tuned[i, j] == pytest.approx(tuned, abs=0.03), (size, STEPS[j])


def test_without_a_trade_off_diversity_changes_what_is_stored_and_nothing_else():
    found = EXPLANATIONS["no trade-off"]().predict(VISITS, SIZES[:, None], CURVES)
    np.testing.assert_allclose(found.novel, np.interp(VISITS, CURVES.run_time.visits, CURVES.run_time.bits))
    stored = np.interp(VISITS / SIZES[:, None], CURVES.tuning.visits, CURVES.tuning.bits)
    np.testing.assert_allclose(found.tuned, np.minimum(stored, 26 - found.novel))


@pytest.mark.parametrize("name", sorted(EXPLANATIONS))
def test_all_candidates_at_once_are_each_alone(name):
    many = EXPLANATIONS[name].candidates()
    found = many.predict(VISITS, SIZES[:, None], CURVES)
    for number in range(0, num_candidates(many), 7):
        alone = candidate(many, number).predict(VISITS, SIZES[:, None], CURVES)
        for together, one in zip(found, alone):
            np.testing.assert_array_equal(together.reshape(-1, *VISITS.shape)[number], one)


def test_without_a_run_time_part_diversity_costs_and_never_gives():
    storing = EXPLANATIONS["no run-time part"](rho=0.002)
    found = storing.predict(VISITS, SIZES[:, None], CURVES)
    same_power = storing.predict(8000.0, SIZES, CURVES)
    assert np.ptp(same_power.novel) == 0 and np.all(np.diff(same_power.tuned) <= 0)
    assert np.all(found.novel + found.tuned <= 26)
    assert found.novel[-1, -1] == pytest.approx(np.interp(0.002 * 32768, CURVES.tuning.visits, CURVES.tuning.bits))
    assert not np.any(EXPLANATIONS["no run-time part"](rho=0.0).predict(VISITS, SIZES[:, None], CURVES).novel)


def test_rivals_contain_the_equation_where_their_numbers_say_so():
    plain = EXPLANATIONS["equation"]().predict(VISITS, SIZES[:, None], CURVES)
    for name, numbers in (
        ("saturating", {"solved": 1.0}),
        ("shared policies", {"rho": 0.0}),
        ("environment-dependent cost", {"alpha": 0.0, "base": 7.0}),
    ):
        other = EXPLANATIONS[name](**numbers).predict(VISITS, SIZES[:, None], CURVES)
        np.testing.assert_allclose(other.novel, plain.novel, atol=1e-9)
        np.testing.assert_allclose(other.tuned, plain.tuned, atol=1e-9)


def grid(noise: float, seeds: int = 4) -> Grid:
    random = np.random.default_rng(5)

    def around(bits):
        return bits[1:] + noise * random.normal(size=(seeds, len(STEPS)))

    nothing = np.zeros((seeds, len(SIZES), len(STEPS)))
    equation = EXPLANATIONS["equation"]().predict(VISITS, SIZES[:, None], CURVES)
    return Grid(
        instances=SIZES,
        visits=VISITS,
        novel=nothing,
        tuned=nothing,
        scored=scored_cells(0 * VISITS, equation),
        run_visits=64 * STEPS,
        run_time=around(CURVES.run_time.bits),
        tuning_visits=STEPS,
        tuning=around(CURVES.tuning.bits),
        ceiling=26.0,
    )


TRUTHS = [
    ("equation", {}),
    ("saturating", {"solved": 0.6}),
    ("shared policies", {"rho": 0.01}),
    ("environment-dependent cost", {"alpha": 0.7, "base": 1024.0}),
    ("kinetic", {"end": 0.4}),
    ("no trade-off", {}),
    ("no run-time part", {"rho": 0.001}),
]


@pytest.mark.parametrize("name, numbers", TRUTHS, ids=[truth[0] for truth in TRUTHS])
def test_what_is_true_is_chosen_its_numbers_are_found_and_its_error_is_noise(name, numbers):
    truth = EXPLANATIONS[name](**numbers)
    made = simulate(grid(0.2), truth, np.random.default_rng(1))
    scores = contest(made)
    assert chosen(scores) == name
    assert np.mean(scores[name].all - scores[FLOOR].all) < 0.1
    for field, value in dataclasses.asdict(fit(made, type(truth))).items():
        assert value == pytest.approx(numbers[field], rel=0.5), field
    wrong = [np.mean(score.all) for other, score in scores.items() if other not in (name, FLOOR)]
    # a rival that contains the truth may fit noise by a hundredth of a bit
    assert min(wrong) > np.mean(scores[name].all) - 0.01


def test_a_seed_has_no_part_in_its_own_prediction():
    """Its error grows as that of a fixed prediction does, by c^2 - 2 c times the mean error, for any shift c."""
    made = simulate(grid(0.2), EXPLANATIONS["kinetic"](0.4), np.random.default_rng(1))

    def squares(shift):
        moved = {name: getattr(made, name).copy() for name in ("novel", "tuned", "run_time", "tuning")}
        for values in moved.values():
            values[0] += shift
        found = contest(dataclasses.replace(made, **moved), seeds=[0])
        return {name: score.all[0] ** 2 for name, score in found.items()}

    none, once, twice = squares(0.0), squares(3.0), squares(6.0)
    for name in none:
        mean_error = (none[name] + 9 - once[name]) / 6
        assert twice[name] == pytest.approx(none[name] - 12 * mean_error + 36, rel=1e-9), name


@pytest.mark.parametrize("name", ["saturating", "shared policies", "kinetic", "no run-time part"])
def test_what_is_held_out_has_no_part_in_the_fit(name):
    made = simulate(grid(0.2), EXPLANATIONS["kinetic"](0.4), np.random.default_rng(1))
    curves, known = made.curves([1, 2, 3]), made.measured([1, 2, 3])

    def held_out(spoiled):
        return _held_out(made, EXPLANATIONS[name], curves, spoiled)

    row, top = known.copy(), known.copy()
    row[0, 6], top[0, :, -2:] = 26.0, 26.0
    by_size, by_power = held_out(known)
    np.testing.assert_array_equal(held_out(row)[0][:, 6], by_size[:, 6])
    np.testing.assert_array_equal(held_out(top)[1], by_power)
    # nonsense in what is known does move the fit
    assert np.any(held_out(np.full_like(known, 26.0))[0] != by_size)


def test_nothing_is_held_out_where_nothing_is_left_to_fit():
    made = simulate(grid(0.2), EXPLANATIONS["kinetic"](0.4), np.random.default_rng(1))
    top = np.zeros_like(made.scored)
    top[2:5, -2:] = True
    scores = contest(dataclasses.replace(made, scored=top), {"kinetic": EXPLANATIONS["kinetic"]})
    assert np.all(np.isnan(scores["kinetic"].by_power)) and np.all(np.isfinite(scores["kinetic"].all))
    one = np.zeros_like(made.scored)
    one[2, 1] = True
    scores = contest(dataclasses.replace(made, scored=one), {"kinetic": EXPLANATIONS["kinetic"]})
    assert np.all(np.isnan(scores["kinetic"].all))


def test_a_grid_of_solved_pools_tells_nothing_apart():
    steps = np.array([256.0, 512.0])
    small = dataclasses.replace(
        grid(1.0),
        instances=np.array([2.0, 4.0]),
        visits=np.array([[512.0, 1024], [1024, 2048]]),
        scored=np.ones((2, 2), bool),
        novel=np.zeros((4, 2, 2)),
        tuned=np.zeros((4, 2, 2)),
        run_visits=64 * steps,
        tuning_visits=steps,
        run_time=np.full((4, 2), 20.0) + np.arange(4)[:, None],
        tuning=np.full((4, 2), 25.0) + 0.1 * np.arange(4)[:, None],
    )
    found = confusion(small, draws=8)
    np.testing.assert_allclose(found.rates.sum(axis=1), 1)
    # small pools are solved by all that store, and none of the two steps was held out
    assert found.together("equation") and "equation" in found.together(found.together("equation")[0])


def test_one_seed_is_not_enough():
    with pytest.raises(ValueError, match="two or more"):
        contest(grid(0.2, seeds=1))
