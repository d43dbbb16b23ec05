"""Compression: computations as trials, descriptions of weights, random labels, and the rule of the verdict."""

import dataclasses
import json
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from mesascope.conditions.compression._programs import Cell, crossover
from scipy.integrate import quad
from scipy.stats import norm

from mesascope.base import BASES, Member
from mesascope.base._noisy import Noisy, description_bits
from mesascope.cli import main
from mesascope.computations import COMPUTATIONS
from mesascope.conditions import CONDITIONS, settings
from mesascope.lab import Computation, Store, describe, from_description, listing, novel, remeasure, run, trial_id
from mesascope.models import MODELS
from mesascope.power import ceiling, references, score
from mesascope.tasks import TASKS, Labels, Maze

SMALL = {
    "robot-programs": {"size": 4, "num_mazes": 3, "num_others": 5, "max_bits": 12},
    "neutral-tail": {"side": 3, "min_distance": 2, "instances": 2, "channels": 2, "thinking": 2, "progress": 0.5}
    | {"particles": 8, "replicates": 2},
    "plasticity": {"num_environments": 3, "population": 20, "generations": 12, "windows": 4},
    "hash-search": {"turns": 3},
    "hash-value": {"turns": 3, "ones": 3},
}


@pytest.fixture(params=sorted(COMPUTATIONS))
def computation(request):
    return COMPUTATIONS.build(request.param, SMALL[request.param])


def test_computations_give_the_same_columns_of_equal_length(computation):
    found = [computation.columns(seed) for seed in (5, 5, 6)]
    assert len({len(values) for values in found[0].values()}) == 1
    for name, values in found[0].items():
        np.testing.assert_array_equal(values, found[1][name])
    # a search plays on the evaluation set, which no seed changes
    drawn = not isinstance(computation, COMPUTATIONS["hash-search"])
    assert drawn == any(not np.array_equal(values, found[2][name]) for name, values in found[0].items())
    assert computation.cost > 0


def test_a_computation_is_a_trial_that_is_kept_listed_and_done_once(computation, tmp_path):
    store, trial = Store(tmp_path / "runs"), Computation(computation, 1000)
    assert from_description(json.loads(json.dumps(describe(trial)))) == trial
    assert trial_id(trial) != trial_id(Computation(computation, 1001))
    record = run(trial, store)
    assert not record.failed and record.values["parameters"] == 0
    for name, values in computation.columns(1000).items():
        np.testing.assert_array_equal(record.metrics()[name], values)
    written = (record.folder / "record.json").stat().st_mtime_ns
    assert (run(trial, store).folder / "record.json").stat().st_mtime_ns == written
    assert store.all_trials() == [trial] and not remeasure(trial, store)
    columns = listing(store).columns
    assert columns["kind"].tolist() == ["computation"]
    assert json.loads(columns["computation"][0])["name"] == describe(trial)["computation"]["name"]


def test_what_a_program_does_on_others_is_counted_without_the_maze_itself():
    few = dataclasses.replace(COMPUTATIONS.build("robot-programs", SMALL["robot-programs"]), size=2, path=0.5)
    from mesascope.organisms.robot import INSTRUCTION_SETS, shortest_programs, solves

    columns = dataclasses.replace(few, num_others=40).columns(1000)
    others = few._mazes(1_000_000, 40)
    for number, maze in enumerate(few._mazes(1000, 3)):
        found = shortest_programs(maze, INSTRUCTION_SETS["with a frontier"], 12)
        rest = [other for other in others if other != maze]
        shares = [sum(solves(other, program) for other in rest) / len(rest) for program in found.programs]
        assert columns["general"][number] == pytest.approx(sum(shares) / len(shares))
        assert columns["bits"][number] == found.bits and columns["program"][number] == " ".join(found.programs[0])


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


def cell(size: int, **columns) -> Cell:
    trial = Computation(COMPUTATIONS.build("robot-programs", {"size": size}), 0)
    found = columns.get("general", [])
    columns = {"bits": [math.nan if share != share else 20.0 for share in found]} | columns
    return Cell(trial, {name: np.array(values) for name, values in columns.items()})


def test_a_crossover_is_where_the_median_stays_above():
    lengths = {3: [5.0] * 9, 5: [25.0] * 9, 7: [15.0] * 9, 9: [30.0] * 9, 11: [40.0] * 9}
    cells = [cell(size, literal=values) for size, values in lengths.items()]
    assert crossover(cells, "literal", 20) == (9, 9, 9)
    assert crossover(cells, "literal", 4) == (3, 3, 3)
    assert crossover(cells, "literal", 50) == (math.inf, math.inf, math.inf)
    mixed = [cell(3, literal=[1.0] * 9), cell(5, literal=[30.0] * 5 + [10.0] * 4), cell(7, literal=[30.0] * 9)]
    assert crossover(mixed, "literal", 20) == (5, 5, 7)


CONDITION = settings(CONDITIONS["compression"], "standard", {}, "compression")


def judged(found, blind, by_hand=1.0, reflex=(1.0, 1.0)):
    columns = {"breadth-first search": [by_hand] * len(found)}
    arms = {
        "with a frontier": cell(101, general=found, blind=blind, **columns),
        "perfect mazes, no limit": cell(101, general=[reflex[0]] * 4, blind=[reflex[1]] * 4),
    }
    from mesascope.stats import mean_interval

    return CONDITION._judge(arms, mean_interval(arms["with a frontier"].searched))[0]


def test_a_verdict_needs_search_that_is_general_and_controls_that_hold():
    ones, zeros = [1.0, 1.0, 0.9, 1.0], [0.0] * 4
    assert judged(ones, zeros) == "supported"
    assert judged(ones, ones) == "no effect"
    assert judged([1.0, 1.0, 0.0, 0.0], zeros) == "inconclusive"
    assert judged(ones, zeros, by_hand=0.5) == "inconclusive"
    assert judged(ones, zeros, reflex=(0.5, 0.5)) == "inconclusive"
    assert judged(ones, zeros, reflex=(1.0, 0.0)) == "inconclusive"


def test_mazes_without_a_program_are_unknown_and_give_no_verdict():
    some = cell(101, general=[1.0, math.nan], blind=[0.25, math.nan])
    assert not some.whole and some.found.tolist() == [1.0] and some.searched.tolist() == [0.75]
    assert CONDITION._judge({"with a frontier": some}, None)[0] is None


@pytest.mark.parametrize(
    "overrides, message",
    [
        ({"path": "-3"}, "give a number above 0"),
        ({"path": "inf"}, "give a number above 0"),
        ({"limit": "nan"}, "a limit is 1 or more"),
        ({"path": "4"}, r"Maze\(min_distance=12\): start and goal of a 3 x 3 maze are at least 1 and at most 8 moves"),
        ({"sizes": "1,3"}, "a maze needs at least two cells"),
        ({"sizes": "5,3"}, r"sizes=\(5, 3\) should be one or more different numbers, rising"),
        ({"trained_sizes": ""}, "trained_sizes=.. should be"),
        ({"max_bits": "19"}, "a search has 20 bits"),
        ({"limit": "0.5"}, "a limit is 1 or more"),
        ({"seeds": "0"}, "one seed at least"),
        ({"labels": "16,512"}, "the first 256 are measured"),
        ({"pressures": "nose"}, "compression|pressures"),
    ],
)
def test_bad_settings_are_refused_by_name(overrides, message):
    with pytest.raises(ValueError, match=message):
        settings(CONDITIONS["compression"], "quick", overrides, "compression")


def test_a_path_that_no_drawn_maze_has_is_refused():
    asked = COMPUTATIONS.build("robot-programs", {"size": 3, "path": 2.6, "num_mazes": 1, "num_others": 1})
    with pytest.raises(ValueError, match="a path of 8 moves is asked for, and in 1000 mazes drawn of 3 x 3 none"):
        asked.columns(1000)


def test_the_smoke_profile_shows_the_path_and_gives_no_verdict(tmp_path, capsys):
    out = tmp_path / "runs"
    assert main(["run", "compression", "--profile", "smoke", "--workers", "1", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] is None and found["trials"] == 5 and found["failed"] == 0
    tables = out / "reports" / "compression" / "tables"
    crossovers = (tables / "crossovers.csv").read_text()
    assert "breadth-first search,take spread follow,with a frontier,20,1.0," in crossovers
    assert main(["list", "records", "--out", str(out)]) == 0
    assert "robot-programs" in capsys.readouterr().out
