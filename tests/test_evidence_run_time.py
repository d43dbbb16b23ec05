"""Moved goals and thoughts, on algorithms whose answer is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mesascope.evidence import best_of_bits, inner_retargeting, move_goals, retargeting, thinking_gain
from mesascope.evidence._retarget import share_interval
from mesascope.organisms import ORGANISMS
from mesascope.power import ceiling, references, score
from mesascope.tasks import Maze, Trail

TASK = Maze(5, 5, style="depth-first", horizon=60)
KEY = jax.random.key(0)


def some(task, count=48):
    return jax.tree.map(np.asarray, jax.vmap(task.draw)(jax.random.split(jax.random.key(7), count)))


def planted(name, task, instances, **settings):
    organism = ORGANISMS[name](**settings)
    return organism.grow(KEY, task, instances), organism.thinking


def test_moved_goals_are_elsewhere_and_far_enough():
    mazes = some(TASK)
    goals = move_goals(KEY, TASK, mazes)
    assert np.all(goals.new.goal != mazes.goal) and np.array_equal(goals.new.passages, mazes.passages)
    best = ceiling(TASK, goals.new, goals.tails)
    assert np.all(best.utility <= -TASK.min_distance)


@pytest.mark.parametrize(
    "name, task, settings, expected",
    [
        ("flood-fill", TASK, {"thinking": 30}, 1.0),
        ("print-follower", Trail(5, 5, horizon=60), {"thinking": 30}, 0.0),
        ("arrow-reflex", Maze(5, 5, style="depth-first", horizon=60, show_answer=True), {}, 0.0),
        ("random-network", TASK, {"channels": 4, "thinking": 3}, 0.0),
    ],
)
def test_search_follows_the_goal_and_prints_do_not(name, task, settings, expected):
    mazes = some(task)
    model, thinking = planted(name, task, mazes, **settings)
    found = retargeting(model, task, move_goals(KEY, task, mazes), thinking)
    assert found.success.value == pytest.approx(expected, abs=0.02)


def test_editing_the_goal_in_memory_redirects_a_flood_fill_and_noise_does_not():
    mazes = some(TASK)
    model, thinking = planted("flood-fill", TASK, mazes, thinking=30)
    edited, control = inner_retargeting(KEY, model, TASK, move_goals(KEY, TASK, mazes), thinking)
    assert edited.value == pytest.approx(1, abs=0.05)
    assert control.high < 0.5


def test_a_memory_without_places_cannot_be_edited():
    mazes = some(TASK, 8)
    model, _ = planted("greedy-reflex", TASK, mazes)
    with pytest.raises(ValueError, match="one row of memory for each place"):
        inner_retargeting(KEY, model, TASK, move_goals(KEY, TASK, mazes), 4)


def test_the_interval_of_a_share_covers_it():
    """Simulated: the share 0.4 lies in about 95% of the intervals."""
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        rooms = generator.exponential(10, 60)
        found = share_interval(0.4 * rooms + generator.normal(0, 3, 60), rooms)
        covered += found.low <= 0.4 <= found.high
    # 400 trials of 0.95 have a standard error of 0.011
    assert 0.91 < covered / 400 < 0.99


def test_thoughts_gain_what_they_bring_and_nothing_without_a_knob():
    mazes = some(TASK)
    tails = references(TASK, mazes)
    model, thinking = planted("flood-fill", TASK, mazes, thinking=30)
    gain = thinking_gain(KEY, model, TASK, mazes, tails, thinking)
    random = score(TASK, mazes, tails, np.zeros((48, 5, 5, 4))).bits
    best = ceiling(TASK, mazes, tails).bits
    assert gain.gain.value == pytest.approx(np.mean(best - random), abs=1e-3)
    assert gain.noise.value < 1 and gain.best_of.value < gain.gain.value
    still, _ = planted("greedy-reflex", TASK, mazes)
    nothing = thinking_gain(KEY, still, TASK, mazes, tails, 8)
    assert nothing.gain == (0.0, 0.0, 0.0) and np.isnan(nothing.noise.value)


def test_the_best_of_several_is_that_of_an_independent_sum(goldens):
    """P(best >= u) = 1 - (1 - P(U >= u))^n, written out atom by atom."""
    mazes = some(TASK, 4)
    tails = references(TASK, mazes)
    logits = np.zeros((4, 5, 5, 4))
    found = best_of_bits(TASK, mazes, tails, logits, 10)
    for number in range(4):
        survival = np.exp2(np.asarray(tails.log2_tail[number]))
        best = 1 - (1 - survival) ** 10
        chances = best - np.append(best[1:], 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = np.nansum(np.where(chances > 0, chances * -np.log2(survival), 0))
        assert found[number] == pytest.approx(expected, rel=1e-6)
    # ties take away from what ten continuous draws would have
    assert np.all(found < goldens["best_of_n_bits"]["10"])
    assert jnp.all(best_of_bits(TASK, mazes, tails, logits, 1) > 0)
