"""Neutral tails: exact laws against enumeration and closed forms."""

import itertools
import math

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.stats import norm

from mesascope.base import Evolution
from mesascope.lab import Training, describe, from_description, pool, trial_id
from mesascope.models import MODELS
from mesascope.outcomes import bits
from mesascope.power import NormalSource, best_draw_bits, progress_tail, split_tail, sum_tail
from mesascope.tasks import TASKS
from mesascope.tasks.maze import MOVES


def _walked(passages, start, goal, moves_of) -> int:
    """Moves of the shortest path that a deterministic policy makes, by walking it in plain Python."""
    rows, columns, _ = passages.shape

    def neighbours(cell):
        for move, (down, right) in enumerate(MOVES):
            if passages[cell // columns, cell % columns, move]:
                yield move, cell + down * columns + right

    path, seen = [(start, [])], {start}
    for cell, made in path:
        if cell == goal:
            break
        for move, other in neighbours(cell):
            if other not in seen:
                seen.add(other)
                path.append((other, [*made, (cell, move)]))
    made = 0
    for here, move in next(course for cell, course in path if cell == goal):
        if moves_of[here] != move:
            break
        made += 1
    return made


def test_progress_is_that_of_a_walk_in_plain_python():
    task = TASKS.build("maze-progress", {"rows": 4, "columns": 4})
    mazes = pool(task, 0, 24)
    answers = np.asarray(jr.normal(jr.key(3), (24, 4, 4, 4)))
    # half of the cells answer rightly, else hardly a walk goes beyond its first moves
    right = np.asarray(jax.vmap(lambda m: task.maze().demonstrate(m.maze))(mazes))
    answers = np.where(np.random.default_rng(0).random((24, 4, 4, 1)) < 0.8, 9 * right, answers)
    made = []
    for i in range(24):
        outcome = task.outcomes(jax.tree.map(lambda leaf, i=i: leaf[i], mazes), jnp.asarray(answers[i]))
        start, goal = int(mazes.start[i]), int(mazes.goal[i])
        length = int(mazes.far[i].reshape(-1)[start])
        made.append(_walked(mazes.passages[i], start, goal, np.argmax(answers[i].reshape(16, 4), axis=1)))
        assert float(outcome.utility[0]) == made[-1] - length
    assert len(set(made)) > 4


def test_a_move_of_progress_is_two_bits_and_the_goal_the_most():
    task = TASKS.build("maze-progress", {"rows": 4, "columns": 4})
    maze = jax.tree.map(lambda leaf: leaf[0], pool(task, 0, 1))
    length = int(maze.far.reshape(-1)[maze.start])
    best = bits(task.optimum(maze, jnp.float32), task.reference(maze, jnp.float32)).value
    assert float(best) == 2 * length
    share = [float(task.reference(maze, jnp.float32).log2_survival(jnp.array([-m])).value[0]) for m in range(length)]
    assert share == [-2.0 * (length - m) for m in range(length)]


def test_the_joint_tail_is_that_of_all_tables():
    """Every policy of two short paths, one by one."""
    lengths = (2, 3)
    counts = np.zeros(sum(lengths) + 1)
    for policy in itertools.product(range(4), repeat=sum(lengths)):
        made, at = 0, 0
        for length in lengths:
            right = [move == 0 for move in policy[at : at + length]]
            made += right.index(False) if False in right else length
            at += length
        counts[made] += 1
    expected = np.log2(np.cumsum(counts[::-1])[::-1] / 4 ** sum(lengths))
    # float64 over 1024 policies
    assert progress_tail(lengths) == pytest.approx(expected, abs=1e-12)


def test_the_joint_tail_reaches_beyond_what_floating_point_holds():
    tail = progress_tail((20.0,) * 200)
    assert (
        tail[-1] == pytest.approx(-2 * 20 * 200)
        and tail[0] == pytest.approx(0, abs=1e-9)
        and np.all(np.diff(tail) <= 0)
    )


def test_sums_of_coins_are_binomial():
    from scipy.stats import binom

    tail = sum_tail([np.log2([0.75, 0.25])] * 9)
    assert tail == pytest.approx(np.log2(binom.sf(np.arange(10) - 1, 9, 0.25)), abs=1e-9)


def test_splitting_finds_the_tail_of_a_normal_law():
    direction = np.array([0.5, -1.0, 2.0, 0.3])
    source = NormalSource(lambda key: jr.normal(key, (4,)), lambda x: jnp.dot(jnp.asarray(direction, jnp.float32), x))
    length = np.linalg.norm(direction)
    tail = split_tail(source, 4 * length, np.random.default_rng(0), particles=128, replicates=10)
    for far in (1.0, 2.5, 4.0):
        found = tail.log2_survival(jnp.array([far * length]))
        # ten replicates of 128 particles err by about sqrt(-ln p / 128 / 10) of p, 0.15 bits at p = 2^-15
        assert float(found.value[0]) == pytest.approx(norm.logsf(far) / math.log(2), abs=0.6)


def test_the_split_neutral_tail_of_a_table_is_its_exact_one():
    """Tables mutated from zero are uniformly random policies: the same law by two ways."""
    task = TASKS.build("maze-progress", {"rows": 3, "columns": 3, "min_distance": 2})
    mazes = pool(task, 0, 3)
    lengths = mazes.far.reshape(3, -1)[np.arange(3), mazes.start]

    def joint(logits):
        return jnp.sum(jax.vmap(lambda maze, row: task.outcomes(maze, row).utility[0])(mazes, logits))

    source = NormalSource(lambda key: jr.normal(key, (3, 3, 3, 4)), joint)
    target = 5 - float(np.sum(lengths))
    tail = split_tail(source, target, np.random.default_rng(0), particles=128, replicates=6)
    exact = progress_tail(tuple(lengths.tolist()))
    for made in (1, 3, 5):
        found = float(tail.log2_survival(jnp.array([made - float(np.sum(lengths))])).value[0])
        assert found == pytest.approx(exact[made], abs=0.7)


def test_neutral_noise_is_that_of_a_line_of_descent():
    base = Evolution(steps=5, mutation=0.3)
    widths = [0.3 * (1 - 0.9 * step / 5) for step in range(5)]
    assert base.neutral_width == pytest.approx(math.sqrt(sum(width**2 for width in widths)))


def test_the_best_of_n_has_harmonic_bits(goldens):
    for count, expected in goldens["best_of_n_bits"].items():
        if not count.startswith("_"):
            assert best_draw_bits(math.log2(int(count))) == pytest.approx(expected)


def test_trainings_that_share_a_pool_have_ids_of_their_own():
    parts = TASKS.build("maze-progress", {}), MODELS.build("tabular", {}), Evolution(steps=1)
    trials = [Training(*parts, 4, 1), Training(*parts, 4, 1, pool_seed=2), Training(*parts, 4, 2)]
    assert len({trial_id(trial) for trial in trials}) == 3
    assert [from_description(describe(trial)) for trial in trials] == trials
    assert [trial.stream for trial in trials] == [1, 2, 2]
