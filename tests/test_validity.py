"""The measures against numbers from elsewhere; the table of them is made by `examples/validity.py`."""

import csv
import importlib.util
import itertools
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mesascope.base import PolicyGradient
from mesascope.lab import Training
from mesascope.models import Gridloop
from mesascope.power import enumerate_play
from mesascope.tasks import Maze, novel

ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="module")
def validity():
    spec = importlib.util.spec_from_file_location("validity", ROOT / "examples" / "validity.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("pulls", ["2", "5", "10"])
def test_the_best_plan_for_two_arms_is_worth_the_published_value_when_it_is_played(validity, goldens, pulls):
    # utilities are float32
    assert validity.bandit_value(int(pulls)) == pytest.approx(goldens["bandit_two_arm_bayes"][pulls], rel=1e-6)


def test_no_plan_for_two_arms_is_worth_more(validity, goldens):
    """Every plan for two pulls, by what the first one paid: the published value is the best of them."""
    values = []
    for first, won, lost in itertools.product((0, 1), repeat=3):
        table = np.full((4,) * 4, first)
        for arm in (0, 1):
            after = np.zeros((2, 4), int)
            after[0, 2 * arm] = after[1, 2 * arm + 1] = 1
            table[tuple(after[0])], table[tuple(after[1])] = won, lost
        played = enumerate_play(validity.TwoArms(2), validity.Planned(jnp.array(table)), jnp.int32(0))
        values.append(float(np.sum(played.weight * played.utility)))
    assert max(values) == pytest.approx(goldens["bandit_two_arm_bayes"]["2"], rel=1e-6) and min(values) < 1


def test_one_step_of_descent_has_the_published_loss(validity, goldens):
    expected = goldens["linear_attention"]["uniform_d10_N10"]
    rate, loss = validity.one_step_loss(60_000)
    # 60,000 draws of an error whose spread is some 2.6
    assert rate == pytest.approx(expected["eta"], rel=0.02) and loss == pytest.approx(expected["mse"], abs=0.035)


def test_one_step_of_descent_has_the_loss_of_the_moments(goldens):
    """By hand: E|w.q|^2 = d s; step = eta/n sum_i (w.x_i)(x_i.q), s = 1/3 and fourth moment 1/5 of uniform inputs."""
    d, n, s, fourth = 10, 10, 1 / 3, 1 / 5
    along = s * s * d
    # E[(w.x)^2 (x.q)^2 summed over w, q] of one example: s E|x|^4
    one = s * (d * fourth + d * (d - 1) * s * s)
    square = (n * one + n * (n - 1) * d * s**3) / n**2
    rate = along / square
    expected = goldens["linear_attention"]["uniform_d10_N10"]
    assert rate == pytest.approx(expected["eta"]) and d * s - rate * along == pytest.approx(expected["mse"])


def test_bits_of_random_perceptrons_follow_mingards_theorem(validity):
    """The number of ones of a perceptron without bias is uniform over 0 to 2^n - 1."""
    ones = (8, 16, 24, 31)
    found = validity.perceptron_bits(ones, inputs=5, particles=300)
    assert found == pytest.approx([5 - np.log2(32 - count) for count in ones], abs=0.25)


def test_small_circuits_are_those_of_brute_force(validity):
    """Functions of up to two gates, by trying all of them on tuples of bits."""
    columns = list(zip(*itertools.product((0, 1), repeat=4)))
    base = {*columns, (0,) * 16, (1,) * 16} | {tuple(1 - bit for bit in column) for column in columns}
    tables = list(itertools.product((0, 1), repeat=4))

    def made(a, b):
        return {tuple(table[2 * x + y] for x, y in zip(a, b)) for table in tables}

    one = {gate for a, b in itertools.combinations(columns, 2) for gate in made(a, b)}
    two = {gate for first in one for other in columns for gate in made(first, other)}
    # two gates side by side need a third above them, so that chains are all
    sizes = [len(base), len(one - base), len(two - one - base)]
    assert sizes == validity.circuit_sizes(2)


def test_the_least_circuits_are_as_many_as_published(validity, goldens):
    assert validity.circuit_sizes() == [functions for _, functions in goldens["circuits_4_inputs_size"]]


def test_words_of_a_text_are_those_of_lempel_and_ziv(validity):
    # the example of the paper: 0 . 001 . 10 . 100 . 1000 . 101
    assert validity._words("0001101001000101") == 6
    assert validity._words("0" * 40) == 2 and validity.lempel_ziv("1" * 16) == 4.0


def test_random_networks_prefer_simple_functions(validity):
    slope, bound, correlation = validity.simplicity(20_000)
    assert slope > 0 and correlation < -0.3 and 0.5 < bound < 1.2


def test_axes_change_one_thing_each(validity):
    task = Maze(rows=5, columns=5, style="depth-first", horizon=60)
    found = validity.axes(task)
    open_ends = {}
    for name, (other, where) in found.items():
        instances = jax.tree.map(lambda leaf: leaf[:32], novel(other))
        degrees = np.asarray(instances.passages).sum(axis=-1).reshape(32, -1)
        open_ends[name] = np.sum(degrees == 1)
        if where == "dead end":
            starts = validity.dead_ends(other, instances)
            assert np.all(degrees[np.arange(32), starts] == 1) and np.all(starts != np.asarray(instances.goal))
    names = list(found)
    assert open_ends[names[0]] > open_ends[names[2]] > open_ends[names[3]] and "7 x 7" in names[4]
    larger = found["7 x 7"][0]
    assert (larger.style, larger.min_distance, larger.braid) == (task.style, task.min_distance, 0.0)


def test_a_network_without_training_reaches_little_of_the_ceiling(validity):
    trial = Training(Maze(4, 4, horizon=40), Gridloop(channels=4, thinking=2), PolicyGradient(steps=0), 1, 0)
    share, success = validity.share_on(trial.task, "dead end", validity.train(trial).checkpoints[-1].model, 2)
    assert 0 < share < 0.35 and 0 < success < 1


def test_the_table_says_the_published_numbers(goldens):
    with open(ROOT / "results" / "validity" / "tables" / "validity.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    circuits = [int(row["theirs"]) for row in rows if row["check"].startswith("functions of 4 inputs")]
    assert circuits == [functions for _, functions in goldens["circuits_4_inputs_size"]]
    for row in rows:
        if row["theirs"]:
            assert float(row["difference"]) == pytest.approx(float(row["ours"]) - float(row["theirs"]), abs=1e-5)
