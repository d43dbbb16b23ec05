"""Bits of outcomes against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mesascope.outcomes import EnumeratedTail, Outcomes, bits, enumerated_tail


def uniform_outcomes(count: int) -> Outcomes:
    return Outcomes(jnp.arange(count, dtype=jnp.float64), jnp.full(count, 1 / count, jnp.float64))


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def test_the_reference_scores_nearly_log2_e_on_itself():
    reference = uniform_outcomes(4000)
    tail = EnumeratedTail(reference.utility, jnp.log2(1 - jnp.arange(4000) / 4000))
    # ties of 4000 atoms cost about log2(4000) / 8000 bits
    assert float(bits(reference, tail).value) == pytest.approx(1 / np.log(2), abs=3e-3)


@pytest.mark.parametrize("draws", ["1", "10"])
def test_the_best_of_n_draws_scores_the_published_bits(goldens, draws):
    n, atoms = int(draws), 4000
    reference = uniform_outcomes(atoms)
    rank = np.arange(atoms + 1) / atoms
    best = Outcomes(reference.utility, jnp.asarray(np.diff(rank**n)))
    tail = enumerated_tail(reference)
    assert float(bits(best, tail).value) == pytest.approx(goldens["best_of_n_bits"][draws], abs=2e-2)


def test_ties_are_inside():
    reference = Outcomes(jnp.array([0.0, 0.0, 1.0, 1.0]), jnp.full(4, 0.25))
    tail = enumerated_tail(reference)
    assert np.asarray(tail.log2_survival(jnp.array([0.0, 0.5, 1.0, 2.0])).value).tolist() == [0, -1, -1, -np.inf]


def test_atoms_without_weight_count_nothing_even_where_the_reference_never_goes():
    tail = enumerated_tail(Outcomes(jnp.array([0.0, 1.0]), jnp.array([0.5, 0.5])))
    outcomes = Outcomes(jnp.array([1.0, 9.0]), jnp.array([1.0, 0.0]))
    assert float(bits(outcomes, tail).value) == 1
    gradient = jax.grad(lambda w: bits(Outcomes(outcomes.utility, w), tail).value)(outcomes.weight)
    assert np.all(np.isfinite(np.asarray(gradient)))


def test_bits_do_not_change_under_rising_transformations_of_utility():
    generator = np.random.default_rng(0)
    utility, weight = generator.normal(size=20), generator.dirichlet(np.ones(20))
    atoms = Outcomes(jnp.asarray(utility[:7]), jnp.asarray(weight[:7] / weight[:7].sum()))
    stretched = Outcomes(jnp.exp(atoms.utility), atoms.weight)
    plain = enumerated_tail(Outcomes(jnp.asarray(utility), jnp.asarray(weight)))
    mapped = enumerated_tail(Outcomes(jnp.exp(jnp.asarray(utility)), jnp.asarray(weight)))
    assert float(bits(atoms, plain).value) == pytest.approx(float(bits(stretched, mapped).value), rel=1e-12)
