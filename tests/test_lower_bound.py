"""Selection against its neutral tail: planted runs within the bound and beyond it."""

import math

import numpy as np
import pytest

from mesascope.conditions._bound import Held, deciding, share_p_value, split_bits
from mesascope.conditions._race import Race
from mesascope.conditions.lower_bound import LowerBound
from mesascope.lab import BOUNDARY
from mesascope.power import progress_tail


def test_the_best_of_n_tables_is_as_rare_as_it_should_be():
    """The best of n reference draws scores H_n / ln 2 bits on continuous outcomes; ties leave less."""
    generator = np.random.default_rng(0)
    lengths, draws = np.full(16, 9.0), 4000
    made = np.minimum(generator.geometric(0.75, (draws, 64, 16)) - 1, 9).sum(axis=2).max(axis=1)
    reached = -progress_tail(tuple(lengths))[made]
    held = Held("tables", 6.0, reached, 0.95)
    assert 5.5 < np.mean(reached) < sum(1 / k for k in range(1, 65)) / math.log(2)
    for bits_beyond in (1, 2):
        # as a p-value over 64 draws: at most 1 - (1 - 2^-(6 + t))^64 of the runs, and not far from it
        allowed = 1 - (1 - 2.0 ** -(6 + bits_beyond)) ** 64
        assert 0.3 * allowed < held.exceeding(bits_beyond) / draws < 1.1 * allowed
        assert held.excess(bits_beyond).high < 0.1


def test_a_broken_bound_is_seen():
    """Runs that are credited with fewer bits than their selection took."""
    broken = Held("tables", 6.0, np.full(40, 10.0), 0.99)
    excess = broken.excess(2)
    assert excess.value == 2.0 and 1.0 < excess.low < excess.high <= 2.0


def test_few_runs_do_not_hide_a_breach():
    """Where runs are few the upper limit is high, and says nothing."""
    broken = Held("tables", 6.0, np.repeat([10.0, 0.0], [30, 10]), 0.99)
    few = Held("networks", 6.0, np.array([6.0, 8.5, 8.5]), 0.99)
    assert deciding([few, broken], 1.0) == broken.excess(2) and 1.0 < broken.excess(2).low
    assert deciding([few, broken], 1.9) == few.excess(2)


@pytest.mark.parametrize("beyond, verdict", [(0, "supported"), (12, "inconclusive"), (40, "contradicted")])
def test_the_verdict_hangs_on_the_runs_beyond(beyond, verdict):
    """Of forty runs so many beyond P + 2, where ten are allowed and twenty are the limit."""
    held = [Held("tables", 6.0, np.repeat([8.0, 0.0], [beyond, 40 - beyond]), 0.99)]
    assert LowerBound.rule.judge({BOUNDARY: deciding(held, 1.0)}).verdict == verdict


def test_the_chance_of_so_many_runs_beyond_is_binomial():
    """Ten runs, three of them beyond P + 1 and P + 2, where the threshold of one bit allows all and half of them."""
    held = [Held("tables", 6.0, np.array([9.0] * 3 + [5.0] * 7), 0.95)]
    at_most = sum(math.comb(10, k) for k in range(4)) / 2**10
    at_least = sum(math.comb(10, k) for k in range(3, 11)) / 2**10
    assert share_p_value(held, 1.0, above=False) == pytest.approx(at_most)
    assert share_p_value(held, 1.0, above=True) == pytest.approx(min(2 * at_least, 1))
    # beyond P + 1 by a share of 1/2 allowed, beyond P + 2 by 1/4
    seen = sum(math.comb(10, k) * 3 ** (10 - k) for k in range(3, 11)) / 4**10
    assert share_p_value(held, 0.0, above=True) == pytest.approx(2 * seen)


def test_splitting_replicates_become_bits():
    columns = {
        "replicate": np.array([0, 0, 1, 1]),
        "utility": np.array([0.0, 5.0, 0.0, 5.0]),
        "weight": np.array([0.75, 0.25, 0.75, 0.25]),
    }
    found, margin, beyond = split_bits(columns, np.array([0.0, 3.0, 9.0]))
    assert found.tolist() == [0.0, 2.0, math.inf] and margin == 0 and beyond == 1


def test_the_price_of_a_goal_lies_between_checkpoints():
    moves = np.array([[1.0, 3.0], [2.0, 2.0], [0.0, 1.0]])
    race = Race("table", 1, np.array([8.0, 32.0]), np.zeros((3, 2)), moves, np.zeros(3), np.full(3, 4.0))
    assert race.needed(2.0) == [pytest.approx(16.0), 8.0, None]
