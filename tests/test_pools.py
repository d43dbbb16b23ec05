"""Which instances are trained on, and which never are."""

import jax
import numpy as np
import pytest

from mesascope.lab import novel, pool
from mesascope.tasks import overlaps, pool_up_to, tempering
from mesascope.tasks.maze import Maze

SMALL = Maze(3, 3, horizon=20, min_distance=2)
"""192 trees times 9 goals: small enough that chance repeats instances all the time."""


def identities(task, instances) -> list[bytes]:
    return [bytes(row) for row in np.asarray(jax.vmap(task.identity)(instances))]


def test_pools_hold_distinct_instances_that_are_not_held_out():
    rows = identities(SMALL, pool(SMALL, 0, 700))
    held_out = identities(SMALL, novel(SMALL)) + identities(SMALL, tempering(SMALL))
    assert len(set(rows)) == 700 and len(set(held_out)) == 512
    assert not set(rows) & set(held_out)


def test_pools_are_stable_under_prefixes():
    large, small = pool(SMALL, 3, 600), pool(SMALL, 3, 37)
    assert all(np.array_equal(a[:37], b) for a, b in zip(large, small))


def test_another_seed_is_another_pool_and_the_same_seed_the_same():
    one, again, other = (identities(SMALL, pool(SMALL, seed, 64)) for seed in (1, 1, 2))
    assert one == again and one != other


def test_overlap_is_exact():
    one, other = pool(SMALL, 1, 300), pool(SMALL, 2, 300)
    expected = [identity in set(identities(SMALL, other)) for identity in identities(SMALL, one)]
    both = overlaps(SMALL, [one, other], other)
    assert both[0].tolist() == expected and all(both[1])
    assert 0 < sum(expected) < 300


def test_a_task_with_too_few_instances_is_refused():
    with pytest.raises(ValueError, match=r"1200 distinct|distinct instances were found"):
        pool(SMALL, 0, 5000)


class Listed(Maze):
    """Mazes in an order of its own: those of the second pool of small mazes, each offered twice."""

    def candidates(self, stream, start, count):
        rows = np.repeat(np.arange(600), 2)[start : start + count] + stream
        return jax.tree.map(lambda leaf: leaf[rows % 600], pool(SMALL, 1, 600))


def test_a_task_may_hand_over_its_bank():
    listed, offered = Listed(3, 3, horizon=20, min_distance=2), identities(SMALL, pool(SMALL, 1, 600))
    # the evaluation set comes first, from stream 0; a pool of seed 4 from stream 5
    assert identities(listed, novel(listed)) + identities(listed, tempering(listed)) == offered[:512]
    assert identities(listed, pool(listed, 4, 88)) == offered[512:]
    with pytest.raises(ValueError, match="88 distinct instances were found.*its bank has no more, but 89"):
        pool(listed, 4, 89)


def test_a_task_with_fewer_instances_gives_all_of_them():
    """192 spanning trees times 9 goals, less the 512 that are held out."""
    few, many = pool_up_to(SMALL, 7, 200), pool_up_to(SMALL, 7, 8192)
    assert len(few.start) == 200 and len(many.start) == 192 * 9 - 512
    for a, b in zip(few, many):
        np.testing.assert_array_equal(a, b[:200])
    held_out = identities(SMALL, novel(SMALL)) + identities(SMALL, tempering(SMALL))
    assert len(set(identities(SMALL, many)) - set(held_out)) == 192 * 9 - 512
    with pytest.raises(ValueError, match="1216 distinct instances were found"):
        pool(SMALL, 7, 8192)
