"""What every registered base optimizer must do, and what some do besides."""

import functools
import math
import operator

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.stats import chisquare

from mesascope.base import BASES, Member, batch_rows, check_fits
from mesascope.base._base import episodes
from mesascope.models import MODELS, answer_after
from mesascope.outcomes import bits
from mesascope.tasks import AbstractAnswered
from mesascope.tasks.maze import Maze

TASK = Maze(3, 3, horizon=20, min_distance=2)
SETTINGS = {
    "policy-gradient": {"steps": 40, "learning_rate": 0.03, "batch": 4},
    "supervised": {"steps": 40, "learning_rate": 0.03, "batch": 4},
    "noisy-weights": {"steps": 40, "learning_rate": 0.03, "batch": 4, "width": 0.001},
    "rounded-weights": {"steps": 40, "learning_rate": 0.03, "batch": 4, "weight_bits": 6},
    "evolution": {"steps": 60, "batch": 4, "parents": 4, "offspring": 16, "mutation": 0.3},
}
ARCHITECTURE = MODELS.build("gridloop", {"channels": 6, "thinking": 4})


@pytest.fixture(scope="module")
def bank():
    return jax.vmap(TASK.draw)(jr.split(jr.key(0), 16))


@pytest.fixture(params=sorted(BASES))
def base(request):
    return BASES.build(request.param, SETTINGS[request.param])


def member(base, size=4, start=0, seed=0, fresh=False) -> Member:
    return Member(jr.key(seed), jnp.int32(start), jnp.int32(size), jnp.array(fresh), base.rates())


def begin(base, one: Member, bank, seed=1, architecture=ARCHITECTURE):
    model = architecture.init(jr.key(seed), jax.vmap(TASK.observe)(bank), 4)
    return base.init(model, one)


@functools.cache
def program(base, batch: int, thinking: int):
    return eqx.filter_jit(lambda s, b, m, u: base.advance(s, TASK, b, m, u, batch, thinking))


def advance(base, state, bank, one, until, batch=4, thinking=4):
    return program(base, batch, thinking)(state, bank, one, jnp.int32(until))


def power(model, bank, rows, thinking=4) -> float:
    def one(instance):
        answer = answer_after(model, TASK.observe(instance), thinking)
        return bits(TASK.outcomes(instance, answer), TASK.reference(instance, jnp.float32)).value

    return float(jnp.mean(jax.vmap(one)(jax.tree.map(lambda leaf: leaf[rows], bank))))


def same(one, other, atol=0.0) -> bool:
    pairs = zip(
        jax.tree.leaves(eqx.filter(one, eqx.is_inexact_array)), jax.tree.leaves(eqx.filter(other, eqx.is_inexact_array))
    )
    return all(np.allclose(a, b, rtol=0, atol=atol, equal_nan=True) for a, b in pairs)


def test_training_raises_the_bits_on_its_own_pool(base, bank):
    one = member(base)
    state = begin(base, one, bank)
    trained = advance(base, state, bank, one, base.steps)
    rows = np.arange(4)
    assert power(trained.model, bank, rows) > power(state.model, bank, rows) + 2
    assert int(trained.step) == base.steps and bool(trained.finite)


def test_training_in_two_stretches_is_training_at_once(base, bank):
    one = member(base)
    whole = advance(base, begin(base, one, bank), bank, one, 20)
    half = advance(base, begin(base, one, bank), bank, one, 9)
    assert same(advance(base, half, bank, one, 20), whole)


def test_the_same_member_gives_the_same_network_and_another_seed_another(base, bank):
    results = [
        advance(base, begin(base, m, bank), bank, m, 8)
        for m in (member(base), member(base), member(base, size=9, seed=5))
    ]
    assert same(results[0].model, results[1].model)
    assert not same(results[0].model, results[2].model)


def test_a_population_trains_as_its_members_do(base, bank):
    members = [member(base, seed=s, start=4 * s, size=4) for s in range(3)]
    states = [begin(base, m, bank, seed=s) for s, m in enumerate(members)]
    stacked_members = jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)
    dynamic = [eqx.filter(state, eqx.is_array) for state in states]
    static = eqx.filter(states[0], eqx.is_array, inverse=True)
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *dynamic)

    def one(state, m):
        return eqx.filter(base.advance(eqx.combine(state, static), TASK, bank, m, jnp.int32(6), 4, 4), eqx.is_array)

    together = jax.jit(jax.vmap(one))(stacked, stacked_members)
    for i, (state, m) in enumerate(zip(states, members)):
        alone = eqx.filter(advance(base, state, bank, m, 6), eqx.is_array)
        # batched products sum in another order: a few float32 roundings, amplified by six steps
        assert same(jax.tree.map(operator.itemgetter(i), together), alone, atol=2e-3)


def test_a_network_that_is_not_finite_is_kept_as_it_was(bank):
    for name in ("policy-gradient", "supervised"):
        base = BASES.build(name, SETTINGS[name] | {"learning_rate": 1e38})
        one = member(base)
        state = advance(base, begin(base, one, bank), bank, one, 20)
        assert not bool(state.finite) and int(state.step) == 20
        assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(eqx.filter(state.model, eqx.is_inexact_array)))


def test_only_rows_that_a_batch_visits_move_in_a_table(bank):
    base = BASES.build("policy-gradient", SETTINGS["policy-gradient"] | {"batch": 1})
    one = member(base, size=16)
    architecture = MODELS.build("tabular", {})
    state = begin(base, one, bank, architecture=architecture)
    for step in range(1, 6):
        after = advance(base, state, bank, one, step, batch=1, thinking=0)
        moved = np.flatnonzero(np.any(np.asarray(after.model.table.rows != state.model.table.rows), axis=(1, 2, 3)))
        assert moved.tolist() == np.asarray(batch_rows(one, jnp.int32(step - 1), 1)).tolist()
        state = after


def test_batches_are_uniform_subsets_without_repetition():
    base = BASES.build("policy-gradient", {})
    one = member(base, size=7, start=5)
    drawn = np.asarray(jax.vmap(lambda step: batch_rows(one, step, 3))(jnp.arange(7000)))
    assert np.all(np.sort(drawn, 1)[:, 1:] > np.sort(drawn, 1)[:, :-1])
    assert drawn.min() == 5 and drawn.max() == 11
    subsets, counts = np.unique(np.sort(drawn, 1), axis=0, return_counts=True)
    assert len(subsets) == math.comb(7, 3)
    assert chisquare(counts).pvalue > 1e-3


def test_fresh_rows_come_in_order_and_each_once():
    base = BASES.build("policy-gradient", {})
    one = member(base, size=12, fresh=True)
    drawn = np.concatenate([np.asarray(batch_rows(one, jnp.int32(step), 4)) for step in range(3)])
    assert drawn.tolist() == list(range(12))


def test_the_whole_pool_is_a_batch_where_it_is_no_larger():
    base = BASES.build("policy-gradient", {})
    drawn = np.asarray(batch_rows(member(base, size=6), jnp.int32(3), 6))
    assert sorted(drawn.tolist()) == list(range(6))


def test_evolution_counts_the_bits_of_its_selections(bank):
    base = BASES.build("evolution", SETTINGS["evolution"])
    one = member(base)
    state = advance(base, begin(base, one, bank), bank, one, 10)
    assert float(state.power_bits) == pytest.approx(math.log2(4) + 10 * math.log2(math.comb(16, 4)), rel=1e-6)


def test_the_logarithm_leaves_the_plateau_of_a_sure_failure(bank):
    """A table that is sure of walking into walls: without the logarithm it stays there."""
    architecture = MODELS.build("tabular", {})
    results = {}
    for lift in (0.0, 2.0):
        base = BASES.build("policy-gradient", {"steps": 60, "batch": 1, "learning_rate": 0.5, "lift": lift})
        one = member(base, size=1)
        state = begin(base, one, bank, architecture=architecture)
        walls = jnp.where(bank.passages, 0.0, 15.0).astype(jnp.float32)
        state = eqx.tree_at(lambda s: s.model.table.rows, state, walls)
        state = advance(base, state, bank, one, 60, batch=1, thinking=0)
        results[lift] = power(state.model, bank, np.arange(1), thinking=0)
    assert results[0.0] < 0.01
    assert results[2.0] > 3


def test_a_base_optimizer_refuses_a_task_that_lacks_what_it_needs():
    class Untaught(AbstractAnswered):
        version = 1
        num_actions = 2
        draw = identity = episode = reference = optimum = observe = outcomes = succeeded = None

    with pytest.raises(ValueError, match="Supervised cannot train on Untaught: the task is not Taught"):
        check_fits(BASES.build("supervised", {}), Untaught())


def test_training_sees_an_episode_of_each_instance(base, bank):
    """Where each episode is the same other instance, training is as if that were in the bank."""
    other = jax.tree.map(lambda leaf: leaf[7], bank)

    class Swapped(Maze):
        def episode(self, key, instance):
            return jax.tree.map(lambda leaf, as_is: jnp.where(jr.bits(key) >= 0, leaf, as_is), other, instance)

    task, one = Swapped(3, 3, horizon=20, min_distance=2), member(base)
    swapped = base.advance(begin(base, one, bank), task, bank, one, jnp.int32(3), 4, 4)
    others = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (16, *leaf.shape)), other)
    as_others = base.advance(begin(base, one, bank), TASK, others, one, jnp.int32(3), 4, 4)
    as_they_are = base.advance(begin(base, one, bank), TASK, bank, one, jnp.int32(3), 4, 4)
    # the same sums in programs of their own, which may round differently
    assert same(swapped, as_others, atol=1e-5) and not same(swapped, as_they_are, atol=1e-3)


def test_episodes_differ_by_step_and_instance():
    class Keyed(Maze):
        def episode(self, key, instance):
            return jr.bits(key)

    one, numbers = member(BASES.build("supervised", {})), jnp.arange(5)
    drawn = [np.asarray(episodes(Keyed(3, 3), numbers, one, jnp.int32(step), 5)) for step in (0, 1, 1)]
    assert len({*drawn[0].tolist(), *drawn[1].tolist()}) == 10 and np.array_equal(drawn[1], drawn[2])
    assert episodes(TASK, numbers, one, jnp.int32(0), 5) is numbers
