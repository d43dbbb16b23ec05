"""Probes and interventions on representations whose content is planted."""

import doctest

import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.optimize import minimize

from mesascope.evidence import (
    LinearProbe,
    _probes,
    fit_probe,
    intervene,
    other_moves,
    plan_probe,
    split_instances,
    value_probe,
)
from mesascope.evidence._interventions import _least_change, _random_directions
from mesascope.models import MODELS, AbstractModel

INSTANCES, PLACES = 120, (3, 4)


def one_hot(labels, size: int):
    return np.eye(size)[labels]


@pytest.fixture()
def generator():
    return np.random.default_rng(0)


@pytest.fixture()
def moves(generator):
    """Random best moves, one a place, every move as frequent as the others but move 0, which is twice as frequent."""
    return generator.choice(4, size=(INSTANCES, *PLACES), p=[0.4, 0.2, 0.2, 0.2])


def hidden(generator, planted, channels: int = 10):
    """Planted numbers behind a random map, beside noise, on scales that differ by a million."""
    noise = generator.normal(size=(*planted.shape[:-1], channels))
    mixed = np.concatenate([planted, noise], axis=-1)
    mixed = mixed @ generator.normal(size=(mixed.shape[-1], mixed.shape[-1])) + 5
    return mixed * np.geomspace(1e-3, 1e3, mixed.shape[-1])


def test_a_planted_plan_is_read_without_error(generator, moves):
    found = plan_probe(hidden(generator, one_hot(moves, 4)), one_hot(moves, 4) > 0)
    assert found.score == (1, 1, 1) and found.penalty < 0.1
    # the control's labels cannot be told from these features: no better than the most frequent label on average
    assert found.selectivity.low > 0.2
    assert found.gains["nothing"].value == pytest.approx(1 - found.baselines["nothing"].value)


def test_an_absent_plan_is_guessed_as_often_as_its_most_frequent_move(generator, moves):
    found = plan_probe(generator.normal(size=(INSTANCES, *PLACES, 10)), one_hot(moves, 4) > 0)
    assert found.baselines["nothing"].value == pytest.approx(0.4, abs=0.05)
    assert found.gains["nothing"].low < 0.02 and found.gains["nothing"].high > -0.05
    assert abs(found.score.value - 0.4) < 0.06


def test_a_planted_value_is_read_and_noise_on_it_costs_its_share(generator):
    value = generator.normal(size=(400, *PLACES)) * 7 + 3
    assert value_probe(hidden(generator, value[..., None]), value).score.value > 1 - 1e-6
    noisy = value + generator.normal(size=value.shape) * 7
    found = value_probe(hidden(generator, value[..., None]), noisy)
    # half of the variance is noise
    assert found.score.low < 0.5 < found.score.high and found.score.high - found.score.low < 0.12
    absent = value_probe(generator.normal(size=(400, *PLACES, 5)), value)
    assert abs(absent.score.value) < 0.02 and abs(absent.baselines["nothing"].value) < 0.01


def test_features_that_identify_the_instance_help_not_at_all(generator):
    """Split by place, a label that all places of an instance share would be read off its name without error."""
    names = np.broadcast_to(np.eye(INSTANCES)[:, None, None], (INSTANCES, *PLACES, INSTANCES))
    label = generator.integers(4, size=(INSTANCES, 1, 1)) + np.zeros((INSTANCES, *PLACES), int)
    found = plan_probe(names, one_hot(label, 4) > 0)
    assert found.score.value == found.baselines["nothing"].value < 0.5
    found = value_probe(names, label.astype(float))
    assert found.score.value < 0.05


def test_features_that_tell_places_apart_have_no_selectivity(generator):
    """A plan that depends on the place only is read without error, and so is the control."""
    places = np.broadcast_to(np.eye(12).reshape(1, *PLACES, 12), (INSTANCES, *PLACES, 12))
    label = np.broadcast_to(generator.integers(4, size=PLACES), (INSTANCES, *PLACES))
    found = plan_probe(places, one_hot(label, 4) > 0, baselines={"observation": places[..., :3]})
    assert found.score.value == found.control.value == 1 and found.selectivity == (0, 0, 0)
    assert found.baselines["observation"].value < 1 and found.gains["observation"].low > 0
    assert value_probe(places, label.astype(float)).selectivity.value == pytest.approx(0, abs=1e-6)


def test_the_control_follows_types_where_they_are_given(generator, moves):
    types = generator.integers(6, size=(INSTANCES, *PLACES))
    told = one_hot(types, 6)
    assert plan_probe(told, one_hot(moves, 4) > 0, types=types).control.value == 1
    assert plan_probe(told, one_hot(moves, 4) > 0).control.value < 0.9


def test_any_best_move_counts_and_places_that_ask_for_nothing_do_not(generator, moves):
    best = one_hot(moves, 4) > 0
    best[..., 3] |= best[..., 0]
    asks = generator.random((INSTANCES, *PLACES)) < 0.7
    asks[:5] = False
    features = one_hot(moves, 4)
    # what does not ask may hold anything
    features[~asks] = 1e6 * generator.normal(size=(np.sum(~asks), 4))
    assert plan_probe(features, best & asks[..., None]).score == (1, 1, 1)
    value = np.where(asks, moves, np.nan)
    assert value_probe(features, value).score.value > 1 - 1e-9


def test_one_unasked_place_changes_no_digit(generator, moves):
    best = one_hot(moves, 4) > 0
    best[:, 1, 1] = False
    features = hidden(generator, 0.3 * one_hot(moves, 4))
    changed = features.copy()
    changed[:, 1, 1] = -99
    assert plan_probe(features, best) == plan_probe(changed, best)


def test_the_score_is_a_mean_over_instances_with_their_interval(generator):
    """Half of the instances hold their plan and half hold a wrong one: the interval is that of a fair coin."""
    moves = generator.integers(4, size=(1000, 5))
    honest = generator.random(1000) < 0.75
    features = one_hot(np.where(honest[:, None], moves, (moves + 1) % 4), 4)
    found = plan_probe(features, one_hot(moves, 4) > 0)
    margin = 1.96 * (0.75 * 0.25 / 500) ** 0.5
    assert found.score.low < 0.75 < found.score.high
    assert found.score.high - found.score.low == pytest.approx(2 * margin, rel=0.1)


def test_a_channel_that_does_not_vary_has_no_weight_at_all(generator):
    moves = generator.integers(4, size=(40, 3))
    features = np.concatenate([one_hot(moves, 4), np.full((40, 3, 2), 0.1)], axis=-1)
    probe = fit_probe(features, one_hot(moves, 4), np.ones((40, 3), bool), split_instances(40))
    assert np.all(probe.weights[4:] == 0) and np.all(probe.scale[4:] == 1) and np.all(probe.weights[:4] != 0)


def test_more_channels_than_rows_are_no_obstacle(generator):
    moves = generator.integers(4, size=(20, 1))
    found = plan_probe(hidden(generator, one_hot(moves, 4), channels=100), one_hot(moves, 4) > 0)
    assert 0 <= found.score.value <= 1 and np.isfinite(found.penalty)


def test_what_does_not_fit_is_refused(generator, moves):
    best, features = one_hot(moves, 4) > 0, one_hot(moves, 4)
    with pytest.raises(ValueError, match=r"plan_probe\(...\): features has the shape \(120, 4, 3, 4\)"):
        plan_probe(features.swapaxes(1, 2), best)
    with pytest.raises(ValueError, match="fresh has the shape"):
        plan_probe(features, best, baselines={"fresh": features[1:]})
    with pytest.raises(ValueError, match="features has values that are not finite"):
        plan_probe(np.where(features > 0, np.nan, 0), best)
    with pytest.raises(ValueError, match=r"split_instances\(3\)"):
        plan_probe(features, best & (np.arange(INSTANCES) < 3)[:, None, None, None])
    with pytest.raises(ValueError, match="all values are 2.0"):
        value_probe(features, np.full((INSTANCES, *PLACES), 2.0))


class Planner(AbstractModel):
    """Planted plan: the first thought writes a mixture of what is seen into memory, which the answer unmixes.

    Fields:
        mixture: `(features, features)`; the first four features of an observation are the plan.
        thinking: the answer is withheld unless there were exactly so many thoughts; memory counts them.
        forgetful: every thought writes anew.
        heedless: the answer is what is seen, whatever memory holds.
    """

    mixture: jnp.ndarray
    thinking: int = 5
    forgetful: bool = False
    heedless: bool = False

    def blank(self, observation):
        return jnp.zeros((*observation.shape[:-1], observation.shape[-1] + 1))

    def think(self, memory, observation):
        written = (memory[..., :1] > 0) & (not self.forgetful)
        held = jnp.where(written, memory[..., 1:], observation @ self.mixture)
        return jnp.concatenate([memory[..., :1] + 1, held], axis=-1)

    def answer(self, memory, observation):
        held = memory[..., 1:] @ jnp.linalg.inv(self.mixture)
        plan = (observation if self.heedless else held)[..., :4]
        return jnp.where(memory[..., :1] == self.thinking, plan, -plan)

    def stages(self, observation, thinking):
        raise NotImplementedError


CHANNELS = 16


@pytest.fixture()
def scene(generator, moves):
    """What is seen, the best moves, a place for each instance, and another move there."""
    noise = generator.normal(size=(INSTANCES, *PLACES, CHANNELS - 4))
    seen = jnp.asarray(np.concatenate([one_hot(moves, 4), noise], axis=-1), jnp.float32)
    best = one_hot(moves, 4) > 0
    places = generator.integers(12, size=INSTANCES)
    return seen, best, places, other_moves(np.ones_like(best), best, places)


@pytest.fixture()
def mixture(generator):
    rotation = np.linalg.qr(generator.normal(size=(CHANNELS, CHANNELS)))[0]
    return jnp.asarray(rotation * np.geomspace(0.1, 10, CHANNELS), jnp.float32)


@pytest.mark.parametrize("thoughts", [1, 3, 5])
def test_rewriting_a_plan_that_is_used_rewrites_the_answer(scene, mixture, thoughts):
    found = intervene(Planner(mixture), *scene, thoughts=thoughts, thinking=5)
    assert found.instances == 60 and found.success.value == 1 and found.probe.value == 1
    assert found.untouched.value == 0 and found.random.value < 0.35
    assert found.gain.low > 0.5
    # Clopper and Pearson at 60 of 60
    assert found.success.low == pytest.approx(0.025 ** (1 / 60)) and found.success.high == 1


def test_rewriting_a_plan_that_is_not_used_does_nothing(scene, mixture):
    found = intervene(Planner(mixture, heedless=True), *scene, thoughts=3, thinking=5)
    assert found.probe.value == 1 and found.success.value == found.random.value == found.gain.value == 0


def test_a_plan_that_is_written_anew_is_rewritten_only_at_the_last(scene, mixture):
    forgetful = Planner(mixture, forgetful=True)
    assert intervene(forgetful, *scene, thoughts=4, thinking=5).success.value == 0
    assert intervene(forgetful, *scene, thoughts=5, thinking=5).success.value == 1


def test_strength_one_is_the_least_that_the_probe_notices(scene):
    """Memory as it is: half of the plan's unit goes from one move to the other, in standard deviations of each."""
    plain = Planner(jnp.eye(CHANNELS))
    assert intervene(plain, *scene, thoughts=1, thinking=5, strength=0.9).success.value < 0.05
    found = intervene(plain, *scene, thoughts=1, thinking=5, strength=1.1)
    assert found.success.value > 0.95
    # moves have the chances 0.4, 0.2, 0.2, 0.2, which gives a deviation of 0.49 and 0.4
    assert 1.1 * 0.5 * np.hypot(1 / 0.49, 1 / 0.4) * 0.95 < found.size < 1.1 * 0.5 * np.hypot(1 / 0.4, 1 / 0.4) * 1.05


def test_instances_without_a_target_are_left_out(scene, mixture):
    seen, best, places, targets = scene
    few = np.where(np.arange(INSTANCES) % 4 == 0, targets, -1)
    found = intervene(Planner(mixture), seen, best, places, few, thoughts=3, thinking=5)
    assert 5 < found.instances < 25 and found.success.value == 1


def test_places_that_ask_for_nothing_do_not_teach_the_probe(scene, mixture):
    seen, best, _, _ = scene
    best[:, 1:] = False
    seen = seen.at[:, 1:, :, :4].set(100 * (1 - seen[:, 1:, :, :4]))
    places = np.arange(INSTANCES) % PLACES[1]
    targets = other_moves(np.ones_like(best), best, places)
    found = intervene(Planner(mixture), seen, best, places, targets, thoughts=3, thinking=5)
    assert found.probe.value == 1 and found.success.value > 0.95


def test_other_moves_are_allowed_and_not_best(generator):
    allowed, best = generator.random((2, 4000, *PLACES, 4)) < 0.5
    places = generator.integers(12, size=4000)
    targets = other_moves(allowed, best, places)
    counts = []
    for row, (place, target) in enumerate(zip(places, targets)):
        cell = np.unravel_index(place, PLACES)
        possible = [a for a in range(4) if allowed[row][cell][a] and not best[row][cell][a]]
        assert target in possible or (target == -1 and not possible)
        if len(possible) == 2:
            counts.append(target == possible[0])
    assert abs(np.mean(counts) - 0.5) < 0.08


def test_a_fresh_network_can_be_intervened_upon_and_gives_the_same_twice(scene):
    network = MODELS.build("gridloop", {"channels": 8, "thinking": 4}).init(jr.key(0), scene[0], 4)
    first, second = (intervene(network, *scene, thoughts=2, thinking=4) for _ in range(2))
    assert first == second and 0 < first.instances <= 60
    # untrained, it prefers some targets by chance, and the change adds little: a difference of two shares
    assert first.random.value > 0
    assert first.gain.value == pytest.approx(first.success.value - first.random.value)


def test_interventions_that_make_no_sense_are_refused(scene, mixture):
    seen, best, places, targets = scene
    planner = Planner(mixture)
    with pytest.raises(ValueError, match=r"thoughts=6 is not between 0 and thinking=5"):
        intervene(planner, *scene, thoughts=6, thinking=5)
    with pytest.raises(ValueError, match="targets holds one index an instance, from -1 to 3"):
        intervene(planner, seen, best, places, targets + 4, thoughts=3, thinking=5)
    with pytest.raises(ValueError, match="places holds one index an instance, from 0 to 11"):
        intervene(planner, seen, best, places[1:], targets, thoughts=3, thinking=5)
    with pytest.raises(ValueError, match="thoughts=0.*could be moved"):
        intervene(planner, *scene, thoughts=0, thinking=5)
    feedforward = MODELS.build("feedforward", {"depth": 1}).init(jr.key(0), seen, 4)
    with pytest.raises(ValueError, match=r"the memory is \(\) and not one array"):
        intervene(feedforward, *scene, thoughts=0, thinking=0)


@pytest.mark.parametrize("seed", range(20))
def test_the_least_change_is_the_least(seed):
    """Against a general optimizer, which is told the constraints and not how the dual solves them."""
    generator = np.random.default_rng(seed)
    weights, scores, target = generator.normal(size=(6, 4)), generator.normal(size=4), generator.integers(4)

    def leads(x):
        moved = scores + x @ weights
        return moved[target] - np.delete(moved, target)

    found = _least_change(weights, scores, target)
    rule = {"type": "ineq", "fun": leads}
    expected = minimize(lambda x: x @ x, np.ones(6), constraints=rule, options={"ftol": 1e-14}).x
    # the optimizer stops at the square root of its tolerance
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.min(leads(found)) > -1e-9


def test_random_directions_are_as_long_as_the_changes_and_leave_constant_channels_alone(generator):
    weights = generator.normal(size=(5, 4)) * np.array([1, 1, 0, 1, 1])[:, None]
    probe = LinearProbe(np.zeros(5), np.ones(5), weights, np.zeros(4), 1.0)
    changes = generator.normal(size=(30, 5))
    found = _random_directions(probe, changes, seed=0)
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), np.linalg.norm(changes, axis=-1), rtol=1e-12)
    assert np.all(found[:, 2] == 0) and len(np.unique(found[:, 0])) == 30


def test_the_examples_run():
    failed, attempted = doctest.testmod(_probes, globs={})
    assert failed == 0 < attempted
