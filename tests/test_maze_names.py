"""A maze's name: arbitrary, always the same, and of use to a network that only looks up."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mesascope.base import BASES
from mesascope.lab import Training, describe, from_description, train, trial_id
from mesascope.models import MODELS
from mesascope.power import answer_all, ceiling, references, score
from mesascope.tasks import TASKS, Maze, novel, pool

PLAIN = Maze(4, 4, horizon=40)
NAMED = Maze(4, 4, horizon=40, show_name=32)
SEEN = 6
"""Features of a plain observation."""


def names(task, instances) -> np.ndarray:
    return np.asarray(jax.vmap(task.observe)(instances))[..., SEEN:]


def test_a_name_is_added_to_what_is_seen_and_is_the_same_in_every_cell():
    mazes = novel(NAMED)
    seen = np.asarray(jax.vmap(NAMED.observe)(mazes))
    np.testing.assert_array_equal(seen[..., :SEEN], jax.vmap(PLAIN.observe)(mazes))
    assert set(np.unique(seen[..., SEEN:])) == {-1.0, 1.0}
    assert np.all(seen[..., SEEN:] == seen[:, :1, :1, SEEN:])


def test_mazes_have_one_name_each_whatever_their_start():
    mazes = pool(NAMED, 0, 2000)
    found = names(NAMED, mazes)[:, 0, 0]
    assert len(np.unique(found, axis=0)) == 2000
    # neither signs nor pairs of them lean to a side: five standard deviations
    agreement = found.T @ found / 2000 - np.eye(32)
    assert np.abs(found.mean(0)).max() < 5 / 2000**0.5 and np.abs(agreement).max() < 5 / 2000**0.5
    moved = mazes._replace(start=(mazes.start + 1) % 16)
    np.testing.assert_array_equal(names(NAMED, moved)[:, 0, 0], found)
    retargeted = mazes._replace(goal=(mazes.goal + 1) % 16)
    assert np.mean(names(NAMED, retargeted)[:, 0, 0] == found) == pytest.approx(0.5, abs=0.02)


def test_a_maze_without_a_name_is_what_it_was():
    assert TASKS.describe(PLAIN)["show_name"] == 0
    parts = MODELS.build("gridloop", {"channels": 8}), BASES.build("policy-gradient", {"steps": 24})
    # an id that stands in published stores
    assert trial_id(Training(PLAIN, *parts, 16, 0)) == "2155a69c7f94f68b709c"
    named = Training(NAMED, *parts, 16, 0)
    assert trial_id(named) != trial_id(Training(PLAIN, *parts, 16, 0)) and from_description(describe(named)) == named
    for one, other in zip(jax.tree.leaves(pool(PLAIN, 3, 20)), jax.tree.leaves(pool(NAMED, 3, 20))):
        np.testing.assert_array_equal(one, other)


def test_hiding_a_maze_hides_its_name():
    mazes = novel(NAMED)
    model = MODELS.build("gridloop", {"channels": 4, "thinking": 2}).init(
        jax.random.key(0), jax.vmap(NAMED.observe)(mazes), 4
    )
    shown, hidden = (answer_all(NAMED, 2, model, mazes, hide) for hide in (False, True))
    assert np.ptp(shown, axis=0).max() > 0.1 and np.ptp(hidden, axis=0).max() == 0


def test_a_network_that_sees_one_cell_at_a_time_stores_by_name():
    """A table of (name, cell) needs depth 1; without the name a cell cannot tell in which maze it is."""
    base = BASES.build("supervised", {"steps": 400, "learning_rate": 0.02, "batch": 16})
    model = MODELS.build("feedforward", {"depth": 1, "width": 1, "channels": 64})
    stored = []
    for signs in (0, 32):
        task = Maze(4, 4, horizon=40, show_position=True, show_name=signs)
        network = train(Training(task, model, base, 16, 0)).checkpoints[-1].model
        own = jax.tree.map(jnp.asarray, pool(task, 0, 16))
        tails = references(task, own)
        power = score(task, own, tails, answer_all(task, 0, network, own)).bits
        stored.append(np.mean(power) / np.mean(ceiling(task, own, tails).bits))
    assert stored[0] < 0.6 and stored[1] > 0.9


def test_a_name_of_fewer_than_no_signs_is_refused():
    with pytest.raises(ValueError, match=r"Maze\(show_name=-1\)"):
        Maze(show_name=-1)
