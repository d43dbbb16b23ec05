"""Evolution of plasticity against exact Markov chains, drift, and the balance of mutation and selection."""

import collections
import dataclasses
import itertools
import math

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from mesascope.computations import COMPUTATIONS, Plasticity
from mesascope.theory import lost_beyond, right_share


def mean(plasticity: Plasticity, seeds, column: str) -> float:
    """Mean of a column over seeds and the last third of the windows."""
    return float(np.mean([plasticity.columns(seed)[column][-plasticity.windows // 3 :] for seed in seeds]))


def chances_right(genome, place: int, right, cue: float) -> float:
    acts = genome[1:]
    return cue * (acts[place] == right[place]) + (1 - cue) * float(np.mean([act == right[place] for act in acts]))


def payoffs(genome, place: int, right, p: Plasticity) -> list[tuple[float, float]]:
    """Payoffs of one locus with their probabilities."""
    if genome[0]:
        return [(1 - p.price, p.reliability), (-p.price, 1 - p.reliability)]
    chance = chances_right(genome, place, right, p.cue)
    return [(1.0, chance), (0.0, 1 - chance)]


def generations(state, right, p: Plasticity):
    """What a generation of one locus may live through, as tuples of payoffs, with the chance of each."""
    places = range(p.num_environments)
    # lives of one generation share a place, or have one each
    visits = [(place,) * len(state) for place in places] if p.lasts else itertools.product(places, repeat=len(state))
    for visited in visits:
        lives = [payoffs(genome, place, right, p) for genome, place in zip(state, visited, strict=True)]
        for results in itertools.product(*lives):
            chance = math.prod(q for _, q in results) / len(places) ** (1 if p.lasts else len(state))
            yield chance, np.array([payoff for payoff, _ in results])


def exact_law(p: Plasticity, after: int, right) -> dict[tuple[int, float], float]:
    """The law of the plastic genomes and the sum of payoffs of a generation, from the matrix of whole populations."""
    genomes = list(itertools.product((0, 1), repeat=1 + p.num_environments))
    rates = [p.switching] + [p.mutation] * p.num_environments
    mutated = np.array(
        [
            [math.prod(r if a != b else 1 - r for a, b, r in zip(old, new, rates, strict=True)) for new in genomes]
            for old in genomes
        ]
    )
    states = list(itertools.combinations_with_replacement(genomes, p.population))
    counts = np.array([[state.count(genome) for genome in genomes] for state in states])
    ways = np.array([math.factorial(p.population) / math.prod(map(math.factorial, row)) for row in counts])

    def births(children) -> np.ndarray:
        return ways * np.prod(children**counts, axis=1)

    def step(state) -> np.ndarray:
        drawn = mutated[[genomes.index(genome) for genome in state]]
        weights = ((chance, np.exp(p.strength * lived)) for chance, lived in generations(state, right, p))
        return sum(chance * births(weight / weight.sum() @ drawn) for chance, weight in weights)

    steps = np.array([step(state) for state in states])
    np.testing.assert_allclose(steps.sum(1), 1)
    law = births(np.full(len(genomes), 1 / len(genomes))) @ np.linalg.matrix_power(steps, after)
    found = collections.Counter()
    for state, share in zip(states, law, strict=True):
        for chance, lived in generations(state, right, p):
            found[sum(genome[0] for genome in state), round(float(lived.sum()), 6)] += chance * share
    return found


@pytest.mark.parametrize(
    "fields",
    [
        {"num_environments": 1, "population": 4, "price": 0.2},
        {"num_environments": 2, "population": 3, "cue": 0.4, "price": 0.1},
        {"num_environments": 2, "population": 3, "lasts": 1, "price": 0.4},
    ],
    ids=["one environment", "a place for each life", "a place for each generation"],
)
def test_small_populations_follow_their_markov_chain(fields):
    after, runs = 5, 800
    shared = {"loci": 1, "strength": 3, "mutation": 0.05, "switching": 0.1, "reliability": 0.9}
    p = Plasticity(generations=after + 1, windows=after + 1, **shared, **fields)
    # whether two environments want the same act is drawn once for a run
    wanted = [(0,) * p.num_environments, (0, 1)][: p.num_environments]
    laws = [exact_law(p, after, right) for right in wanted]
    exact = {what: np.mean([law[what] for law in laws]) for what in laws[0] | laws[-1]}
    assert math.isclose(sum(exact.values()), 1)
    columns = [p.columns(seed) for seed in range(1000, 1000 + runs)]
    lived = [(c["plastic"][after] * p.population, c["payoff"][after] * p.population) for c in columns]
    seen = collections.Counter((round(plastic), round(float(payoff), 6)) for plastic, payoff in lived)
    assert set(seen) <= set(exact)
    common = [what for what, share in exact.items() if runs * share >= 5]
    observed, expected = [[of[what] for what in common] for of in (seen, exact)]
    observed, expected = [*observed, runs - sum(observed)], runs * np.array([*expected, 1 - sum(expected)])
    assert scipy.stats.chisquare(observed, expected).pvalue > 0.01


@pytest.mark.parametrize("loci", [1, 9, 64])
def test_without_selection_shares_relax_by_mutation_alone(loci):
    p = Plasticity(
        num_environments=3, loci=loci, population=40, generations=30, windows=30, start="innate",
        strength=0, mutation=0.01, switching=0.03,
    )  # fmt: skip
    runs = [p.columns(seed) for seed in range(1000, 1060)]
    past = np.arange(30)
    expected = {"plastic": (1 - (1 - 2 * p.switching) ** past) / 2, "right": (1 + (1 - 2 * p.mutation) ** past) / 2}
    for name, values in expected.items():
        shares = np.array([run[name] for run in runs])
        error = shares[:, 1:].std(0, ddof=1) / math.sqrt(len(runs))
        assert np.all(np.abs(shares.mean(0) - values)[1:] < 4 * error), name
        np.testing.assert_allclose(shares[:, 0], values[0])


def test_where_linkage_is_weak_inherited_acts_are_as_right_as_the_balance_says():
    p = Plasticity(
        num_environments=4,
        loci=1,
        population=2000,
        generations=1500,
        windows=15,
        mutation=0.01,
        switching=0,
        start="innate",
    )
    columns = p.columns(1000)
    found = {name: float(columns[name][4:].mean()) for name in ("right", "selection", "plastic")}
    assert found["plastic"] == 0
    # one population strays by about 0.005
    assert abs(found["right"] - right_share(found["selection"] / 4, p.mutation)) < 0.02


def test_where_linkage_is_weak_plasticity_takes_over_near_the_predicted_number_of_environments():
    p = Plasticity(loci=1, population=600, generations=1200, mutation=0.03)
    # strength of selection is measured where nothing needs to be plastic
    fixed = Plasticity(
        num_environments=1, loci=1, population=1000, generations=150, windows=3, mutation=0.03, switching=0
    )
    predicted = lost_beyond(mean(fixed, [1000], "selection"), p.mutation, p.break_even)
    shares = {
        factor: mean(dataclasses.replace(p, num_environments=round(factor * predicted)), range(1000, 1003), "plastic")
        for factor in (0.5, 2)
    }
    assert 8 < predicted < 12 and shares[0.5] < 0.5 < shares[2], (predicted, shares)


def test_linkage_lowers_the_number_of_environments_that_genes_can_serve():
    p = Plasticity(population=100, generations=1800, mutation=0.01)
    predicted = lost_beyond(0.45, p.mutation, p.break_even)
    sizes = [round(predicted / 8), round(predicted)]
    few, many = (mean(dataclasses.replace(p, num_environments=n), range(1000, 1003), "plastic") for n in sizes)
    assert few < 0.5 < many, (sizes, few, many)


@pytest.mark.parametrize("fields", [{"price": 0.6}, {"feedback": False}], ids=["too dear", "no feedback"])
@pytest.mark.parametrize("size", [1, 64])
def test_plasticity_that_cannot_pay_is_lost_at_any_number_of_environments(fields, size):
    p = Plasticity(num_environments=size, generations=1200, population=100, **fields)
    assert p.break_even < 0.5
    assert mean(p, [1000, 1001], "plastic") < 0.1


def test_slow_environments_are_tracked_by_genes_and_unannounced_ones_met_by_plasticity():
    shares = {
        (lasts, cue): mean(Plasticity(lasts=lasts, cue=cue, generations=2400), [1000], "plastic")
        for lasts, cue in [(10, 0.5), (400, 0.5), (400, 0.0)]
    }
    assert shares[10, 0.5] > shares[400, 0.5] + 0.3 and shares[400, 0.0] > shares[400, 0.5] + 0.1, shares


def test_in_novel_environments_inherited_acts_are_guesses_and_plastic_ones_are_found():
    columns = [Plasticity(generations=600, population=100).columns(seed) for seed in range(1000, 1012)]
    innate, plastic = (
        np.nanmean([c[name] for c in columns], axis=1) for name in ("novel_innate_payoff", "novel_plastic_payoff")
    )
    assert abs(innate.mean() - 0.5) < 4 * innate.std(ddof=1) / math.sqrt(len(innate))
    assert abs(plastic.mean() - 0.7) < 0.01  # thousands of tries, found by 0.95 of them for a price of 0.25
    assert np.mean([c["innate_payoff"][-1] for c in columns]) > 0.6


def test_payoffs_of_all_loci_are_those_of_the_two_kinds():
    columns = Plasticity(generations=240, population=50).columns(1000)
    share = columns["plastic"]
    both = share * columns["plastic_payoff"] + (1 - share) * columns["innate_payoff"]
    np.testing.assert_allclose(columns["payoff"], both)
    assert columns["generation"].tolist() == list(range(20, 241, 20))


def test_the_balance_is_where_mutation_undoes_what_selection_does():
    for selection, mutation in [(0.4, 0.002), (0.01, 0.01), (1e-4, 0.03), (2.0, 1e-6)]:

        def change(wrong, selection=selection, mutation=mutation):
            return mutation * (1 - 2 * wrong) - selection * wrong * (1 - wrong)

        share = right_share(selection, mutation)
        assert math.isclose(1 - share, scipy.optimize.brentq(change, 0, 0.5, xtol=1e-15), rel_tol=1e-9)
        assert math.isclose(lost_beyond(7 * selection, mutation, share), 7, rel_tol=1e-6)
    assert lost_beyond(0.4, 0.002, 0.5) == lost_beyond(0.4, 0.002, 0.3) == math.inf


@pytest.mark.parametrize(
    "call", [lambda: right_share(0, 0.1), lambda: right_share(1, -1), lambda: lost_beyond(1, 0.1, 1)]
)
def test_impossible_balances_are_refused(call):
    with pytest.raises(ValueError, match=r"(right_share|lost_beyond)\("):
        call()


@pytest.mark.parametrize(
    "name, value",
    [
        *[("num_environments", 0), ("lasts", -1), ("cue", 1.1), ("cue", -0.1), ("cue", math.nan), ("loci", 0)],
        *[("loci", 65), ("population", 1), ("generations", 100), ("generations", 0), ("windows", 0), ("mutation", 1.5)],
        *[("switching", -1), ("price", -0.1), ("reliability", 2.0), ("strength", math.inf), ("start", "clever")],
    ],
)
def test_impossible_settings_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        COMPUTATIONS.build("plasticity", {name: value})
