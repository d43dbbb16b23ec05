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
    assert min(wrong) > np.mean(scores[name].all)


def test_held_out_cells_have_no_part_in_their_prediction():
    """Nonsense in one seed changes that seed's error and no prediction of it."""
    made = simulate(grid(0.2), EXPLANATIONS["kinetic"](0.4), np.random.default_rng(1))
    spoiled = dataclasses.replace(made, novel=made.novel.copy())
    spoiled.novel[0, 3, 2] += 5.0
    plain, other = (contest(g, seeds=[0]) for g in (made, spoiled))
    cells = made.scored.sum() + made.scored[:, -2:].sum()
    for name in plain:
        # errors e and e + 5 or e - 5 in one cell of the mean: e follows, and must be small
        change = (other[name].all[0] ** 2 - plain[name].all[0] ** 2) * 2 * cells
        assert abs((change - 25) / 10) < 5 and other[name].tuned[0] == plain[name].tuned[0]


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
    assert sorted(name for names in found.classes for name in names) == sorted(EXPLANATIONS)
    assert len(found.classes) < len(EXPLANATIONS)


def test_one_seed_is_not_enough():
    with pytest.raises(ValueError, match="two or more"):
        contest(grid(0.2, seeds=1))
