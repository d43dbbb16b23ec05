"""Tails that are drawn or split, ties, and the split of bits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from mesascope.outcomes import Outcomes, bits, enumerated_tail
from mesascope.power import (
    AbstractSource,
    Paths,
    PlayedSource,
    leave_one_out,
    sampled_tail,
    split,
    split_tail,
)
from mesascope.tasks.maze import Maze, MazeInstance, MazeWalk, distances, read_mazes


def atoms(*utilities):
    count = len(utilities)
    return Outcomes(jnp.array(utilities, float), jnp.full(count, 1 / count))


class Climb(AbstractSource):
    """A walk of `steps` fair steps; utility is the highest point: known by the reflection principle.

    `score` is the height itself, or a coarse one with many ties.
    """

    def __init__(self, steps, coarse=1):
        self.steps, self.coarse = steps, coarse

    def draw(self, generator, count):
        return self._paths(generator.choice([-1, 1], (count, self.steps)))

    def branch(self, generator, paths, steps, level):
        fresh = generator.choice([-1, 1], paths.record.shape)
        return self._paths(np.where(np.arange(self.steps) < steps[:, None], paths.record, fresh))

    def _paths(self, moves):
        heights = np.pad(np.cumsum(moves, axis=1), ((0, 0), (1, 0)))
        return Paths(heights.max(axis=1).astype(float), (heights // self.coarse).astype(float), moves)


def test_limits_of_drawn_tails_are_those_of_clopper_and_pearson():
    tail = sampled_tail(np.arange(20.0))
    for asked, found in ((0.0, 20), (12.5, 7), (19.0, 1), (19.5, 0)):
        expected = scipy.stats.binomtest(found, 20).proportion_ci(0.95, method="exact")
        estimate = tail.log2_survival(np.array([asked]))
        assert np.exp2(float(estimate.low[0])) == pytest.approx(expected.low, abs=1e-7)
        assert np.exp2(float(estimate.high[0])) == pytest.approx(expected.high, abs=1e-7)
        assert np.exp2(float(estimate.value[0])) == pytest.approx(found / 20, abs=1e-7)


def test_an_unmatched_outcome_has_unlimited_bits_and_a_finite_lower_limit():
    estimate = bits(atoms(5.0), sampled_tail(np.zeros(1000)))
    assert float(estimate.value) == np.inf == float(estimate.high)
    # the exact upper limit of a probability of which nothing was seen is 1 - 0.025^(1/n)
    assert float(estimate.low) == pytest.approx(-np.log2(1 - 0.025 ** (1 / 1000)), abs=1e-4)


def test_a_tail_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one utility"):
        sampled_tail(np.array([]))
    with pytest.raises(ValueError, match="none of them nan"):
        sampled_tail(np.array([1.0, np.nan]))


def test_ties_count_whole_or_half():
    reference = enumerated_tail(Outcomes(jnp.array([0.0, 1.0, 2.0]), jnp.array([0.5, 0.25, 0.25])))
    assert float(bits(atoms(1.0), reference).value) == pytest.approx(1.0)
    assert float(bits(atoms(1.0), reference, ties="mid").value) == pytest.approx(-np.log2(0.25 + 0.125))
    assert float(bits(atoms(2.0), reference, ties="mid").value) == pytest.approx(3.0)
    assert float(bits(atoms(0.0, 2.0), reference, ties="mid").value) == pytest.approx((-np.log2(0.75) + 3) / 2)


@pytest.mark.parametrize("count", [1, 10])
def test_best_of_several_draws(goldens, count):
    generator = np.random.default_rng(0)
    tail = sampled_tail(generator.normal(size=200_000))
    best = generator.normal(size=(20_000, count)).max(axis=1)
    mean = float(bits(Outcomes(jnp.array(best), jnp.full(20_000, 1 / 20_000)), tail).value)
    # 20,000 atoms with a standard deviation below 2 bits
    assert mean == pytest.approx(goldens["best_of_n_bits"][str(count)], abs=0.06)


@pytest.mark.parametrize("height, steps", [(5, 20), (10, 40)])
@pytest.mark.parametrize("coarse", [1, 3])
def test_splitting_agrees_with_the_reflection_principle(goldens, height, steps, coarse):
    """Also where the score has ties in plenty."""
    tail = split_tail(Climb(steps, coarse), height // coarse, np.random.default_rng(1), 400, 20)
    estimate = tail.log2_survival(np.array([float(height)]))
    exact = np.log2(goldens["reflection_principle"][f"{height},{steps}"])
    assert float(estimate.value[0]) == pytest.approx(exact, abs=0.2)
    assert float(estimate.low[0]) - 0.1 <= exact <= float(estimate.high[0]) + 0.1


def test_splitting_is_unbiased_for_all_of_the_reference():
    """The weighted sample is the whole distribution, not the rare end alone; few particles show any bias."""
    steps, height = 12, 8
    walks = np.cumsum(2 * (np.arange(2**steps)[:, None] >> np.arange(steps) & 1) - 1, axis=1)
    highest = np.maximum(walks.max(axis=1), 0)
    tail = split_tail(Climb(steps), height, np.random.default_rng(2), particles=6, replicates=6000)
    np.testing.assert_allclose(np.sum(tail.weight, axis=1), 1)
    for u in (1, 4, 8):
        exact = np.mean(highest >= u)
        chances = np.sum(np.where(tail.utility >= u, tail.weight, 0), axis=1)
        error = np.std(chances) / np.sqrt(len(chances))
        # four standard errors: one false alarm in 16,000
        assert abs(np.mean(chances) - exact) < 4 * error


def test_splitting_with_an_uninformative_score_is_plain_sampling():
    class Blind(AbstractSource):
        def draw(self, generator, count):
            return Paths(generator.integers(0, 2, count) * 1.0, np.zeros((count, 2)), np.zeros(count))

        def branch(self, generator, paths, steps, level):
            raise AssertionError("nothing is above the level")

    tail = split_tail(Blind(), 1.0, np.random.default_rng(0), 1000, 10)
    assert float(tail.log2_survival(np.array([1.0])).value[0]) == pytest.approx(-1, abs=0.1)


def snake(columns):
    """A corridor, start at one end and goal at the other: the rarest way there is."""
    return next(iter(read_mazes("S" + "." * (columns - 2) + "G\n")))


def test_two_scores_agree_with_the_exact_bits_of_a_rare_event():
    (maze,) = [snake(16)]
    maze = MazeInstance(*(jnp.asarray(part) for part in maze))
    walk = MazeWalk(1, 16, min_distance=1, horizon=40)
    by = 15
    exact = walk.reference(maze, jnp.float32).log2_survival(jnp.array([-float(by)])).value[0]
    assert float(exact) == pytest.approx(-30)
    far = distances(maze.passages, maze.goal).reshape(-1)

    def nearness(episode, world):
        return jnp.where(world.moves + far[world.cell] <= by, -far[world.cell], -1000)

    def time_kept(episode, world):
        return jnp.where(world.moves + far[world.cell] <= by, world.moves, -1000)

    for score, target in ((nearness, 0), (time_kept, by)):
        tail = split_tail(PlayedSource(walk, maze, score), target, np.random.default_rng(3), 300, 10)
        estimate = tail.log2_survival(np.array([-float(by)]))
        assert float(estimate.value[0]) == pytest.approx(-30, abs=0.5)
        assert float(estimate.low[0]) - 0.2 <= -30 <= float(estimate.high[0]) + 0.2


def test_too_few_particles_are_refused():
    with pytest.raises(ValueError, match="at least 2 of each"):
        split_tail(Climb(3), 1, np.random.default_rng(0), particles=1)


def test_the_parts_of_bits_add_up_and_a_reflex_has_little_beyond_itself():
    task = Maze(5, 5, horizon=60)
    maze = task.draw(jax.random.key(0))
    reference = task.reference(maze, jnp.float32)
    # three reflexes: any open side, with small differences between them
    logits = [2 * maze.passages + 0.3 * jax.random.normal(jax.random.key(i), (5, 5, 4)) for i in range(3)]
    siblings = [task.outcomes(maze, each) for each in logits]
    null = leave_one_out(siblings, reference)
    best = task.optimum(maze, jnp.float32)
    reflex = enumerated_tail(siblings[0])
    parts = split(best, reference, reflex)
    assert float(parts.reflex.value + parts.beyond.value) == pytest.approx(float(bits(best, reference).value), abs=1e-4)
    assert np.all(null < 2.5) and float(parts.beyond.value) > np.max(null)


def test_a_split_needs_some_of_the_reference():
    with pytest.raises(ValueError, match="above 0"):
        split(atoms(1.0), sampled_tail(np.zeros(3)), sampled_tail(np.zeros(3)), share=0.0)
    with pytest.raises(ValueError, match="2 or more"):
        leave_one_out([atoms(1.0)], enumerated_tail(atoms(1.0, 2.0)))


def test_forty_bits_in_a_maze_of_fifteen_by_fifteen():
    """Twenty moves without a mistake, out of four each, held against the exact dynamic programme."""
    walk = MazeWalk(15, 15, style="depth-first", min_distance=20, horizon=200)
    found = (walk.draw(jax.random.key(seed)) for seed in range(200))
    maze = next(maze for maze in found if distances(maze.passages, maze.goal).reshape(-1)[maze.start] == 20)
    far = distances(maze.passages, maze.goal).reshape(-1)

    def nearness(episode, world):
        return jnp.where(world.moves + far[world.cell] <= 20, -far[world.cell], -1000)

    tail = split_tail(PlayedSource(walk, maze, nearness), 0, np.random.default_rng(4), 500, 10)
    asked = np.array([-20.0])
    exact = -float(walk.reference(maze, jnp.float32).log2_survival(jnp.asarray(asked)).value[0])
    assert exact == pytest.approx(40)
    assert -float(tail.log2_survival(asked).value[0]) == pytest.approx(exact, abs=1)
