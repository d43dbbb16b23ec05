"""Pressure for a short description of the weights, and the labels and mazes on which it is tried."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from mesascope.base import BASES, Member
from mesascope.base._noisy import Noisy, description_bits
from mesascope.lab import novel
from mesascope.models import MODELS
from mesascope.power import ceiling, references, score
from mesascope.tasks import TASKS, Labels, Maze


def test_the_description_of_weights_is_the_divergence_of_their_distributions():
    generator = np.random.default_rng(0)
    means, first, widths = generator.normal(size=(3, 5)) * 0.1
    widths = np.exp(widths) * 0.05

    def nats(mean, start, width):
        def integrand(x):
            return norm.pdf(x, mean, width) * (norm.logpdf(x, mean, width) - norm.logpdf(x, start, 0.1))

        return quad(integrand, mean - 12 * width, mean + 12 * width)[0]

    expected = sum(map(nats, means, first, widths)) / math.log(2)
    noisy = Noisy({"w": jnp.asarray(means)}, {"w": jnp.log(jnp.asarray(widths))})
    # float32
    assert float(description_bits(noisy, {"w": jnp.asarray(first)}, 0.1)) == pytest.approx(expected, rel=1e-4)


TASK = Labels(length=4)


def trained(name, rates=({},), **fields):
    """The state before training, and after it at each of some rates."""
    base = BASES.build(name, {"steps": 60, "batch": 1, "learning_rate": 0.03, **fields})
    member = Member(jr.key(0), jnp.int32(0), jnp.int32(1), jnp.array(False), base.rates())
    bank = jax.vmap(TASK.draw)(jr.split(jr.key(0), 1))
    shape = {"kind": "perceptron", "depth": 1, "channels": 5}
    model = MODELS.build("feedforward", shape).init(jr.key(1), jax.vmap(TASK.observe)(bank), TASK.num_actions)
    advance = eqx.filter_jit(base.advance)
    members = [eqx.tree_at(lambda m: m.rates, member, member.rates | changed) for changed in rates]
    state = base.init(model, member)
    return state, *(advance(state, TASK, bank, one, jnp.int32(60), 1, 0) for one in members)


def test_a_price_on_the_description_shortens_it():
    prices = [{"price": jnp.float32(price)} for price in (0.0, 10.0)]
    first, cheap, dear = trained("noisy-weights", prices)
    # widths a fifth of the prior's, means where they were
    leaves = jax.tree.leaves(eqx.filter(first.model, eqx.is_inexact_array))
    a_weight = (math.log(5) + (0.2**2 - 1) / 2) / math.log(2)
    assert float(first.power_bits) == pytest.approx(sum(leaf.size for leaf in leaves) * a_weight, rel=1e-4)
    assert float(dear.power_bits) < 0.5 * float(first.power_bits) < 0.5 * float(cheap.power_bits)


@pytest.mark.parametrize("weight_bits", [1, 3])
def test_rounded_weights_take_so_many_values_and_no_more(weight_bits):
    _, after = trained("rounded-weights", weight_bits=weight_bits, span=0.5)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(eqx.filter(after.model, eqx.is_inexact_array))]
    allowed = np.linspace(-0.5, 0.5, 2**weight_bits)
    for leaf in leaves:
        assert np.max(np.min(np.abs(leaf.reshape(-1, 1) - allowed), axis=1)) < 1e-6
    assert float(after.power_bits) == weight_bits * sum(leaf.size for leaf in leaves)


@pytest.mark.parametrize("fields", [{"width": 0.2}, {"width": 0.0}])
def test_widths_beyond_the_priors_are_refused(fields):
    with pytest.raises(ValueError, match="widths begin above 0 and not above the prior's"):
        BASES.build("noisy-weights", fields)


@pytest.mark.parametrize("fields", [{"weight_bits": 0}, {"span": 0.0}])
def test_impossible_roundings_are_refused(fields):
    with pytest.raises(ValueError, match="1 to 16 bits a weight"):
        BASES.build("rounded-weights", fields)


def test_labels_are_worth_what_naming_them_by_chance_says():
    task = Labels(length=20, num_labels=5)
    instances = novel(task)
    assert len({bytes(row) for row in instances.seen}) == 256
    answers = np.random.default_rng(0).normal(size=(256, 1, 1, 5))
    tails = references(task, instances)
    found, best = score(task, instances, tails, answers), ceiling(task, instances, tails)
    chance = np.exp(answers[:, 0, 0]) / np.exp(answers[:, 0, 0]).sum(1, keepdims=True)
    label = instances.label[:, 0, 0]
    right = chance[np.arange(256), label]
    np.testing.assert_allclose(found.success, right, rtol=1e-9)
    np.testing.assert_allclose(found.bits, right * math.log2(5), rtol=1e-9)
    np.testing.assert_allclose(best.bits, math.log2(5), rtol=1e-12)
    # a label says nothing of any bit: 100 standard correlations of 256 stay below five standard errors
    centred = instances.seen[:, 0, 0] - 0.5
    onehot = np.eye(5)[label] - 0.2
    assert np.max(np.abs(centred.T @ onehot)) < 5 * math.sqrt(256 * 0.25 * 0.16)


@pytest.mark.parametrize("fields", [{"length": 0}, {"num_labels": 1}])
def test_impossible_labels_are_refused(fields):
    with pytest.raises(ValueError, match="1 to 4096 bits, and 2 labels or more"):
        Labels(**fields)


def test_cells_are_told_their_place_if_that_is_asked_for():
    plain, placed = Maze(3, 4, min_distance=2), Maze(3, 4, min_distance=2, show_position=True)
    one = plain.draw(jr.key(0))
    seen = np.asarray(placed.observe(one))
    np.testing.assert_array_equal(seen[..., :6], plain.observe(one))
    assert seen.shape == (3, 4, 13) and seen.dtype == np.float32
    for row, column in np.ndindex(3, 4):
        assert np.flatnonzero(seen[row, column, 6:]).tolist() == [row, 3 + column]
    assert "show_position" in TASKS.describe(placed)
