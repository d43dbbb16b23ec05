"""What every registered architecture must do, and what some do besides."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from mesascope.conditions import CONDITIONS, settings
from mesascope.models import MODELS, answer_after, answers, num_parameters
from mesascope.tasks.maze import Maze

TASK = Maze(4, 5, horizon=40)
SMALL = {
    "gridloop": {"channels": 6, "thinking": 5},
    "unrolled": {"channels": 6, "depth": 5, "start": "apart"},
    "feedforward": {"channels": 4, "depth": 5},
    "lstm": {"channels": 6, "embedding": 5, "thinking": 5},
    "transformer": {"channels": 8, "heads": 2, "hidden": 10, "depth": 2},
    "memory": {"channels": 6, "slot": 5, "heads": 2, "thinking": 5},
}
VARIANTS = [(name, SMALL.get(name, {})) for name in MODELS] + [
    ("feedforward", {"kind": "perceptron", "depth": 2, "channels": 16}),
    ("feedforward", {"kind": "perceptron", "depth": 0}),
    ("transformer", {"channels": 8, "heads": 2, "hidden": 10, "thinking": 5}),
    ("gridloop", {"channels": 6, "thinking": 5, "width": 3}),
]


@pytest.fixture(scope="module")
def observations():
    return jax.vmap(TASK.observe)(jax.vmap(TASK.draw)(jr.split(jr.key(0), 8)))


@pytest.fixture(params=VARIANTS, ids=lambda v: "-".join([v[0], *map(str, v[1].values())]))
def architecture(request):
    name, fields = request.param
    return MODELS.build(name, fields)


def test_answers_have_the_shape_of_a_policy_in_training_precision(architecture, observations):
    model = architecture.init(jr.key(1), observations, 4)
    answer = answer_after(model, observations[0], architecture.thinking)
    assert answer.shape == (4, 5, 4) and answer.dtype == jnp.float32
    assert all(leaf.dtype in (jnp.float32, jnp.uint32) for leaf in jax.tree.leaves(model))


def test_the_same_key_gives_the_same_network(architecture, observations):
    one, other = (architecture.init(jr.key(1), observations, 4) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other)))


def test_a_batch_answers_as_one_by_one(architecture, observations):
    model = architecture.init(jr.key(1), observations, 4)
    together = jax.vmap(lambda o: answer_after(model, o, architecture.thinking))(observations)
    alone = jnp.stack([answer_after(model, o, architecture.thinking) for o in observations])
    # sums of up to a few hundred float32 products in another order
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_the_thinking_curve_ends_in_the_answer(architecture, observations):
    model = architecture.init(jr.key(1), observations, 4)
    curve = answers(model, observations[0], 5)
    for thoughts in (0, 2, 5):
        np.testing.assert_allclose(curve[thoughts], answer_after(model, observations[0], thoughts), atol=2e-6)
    if architecture.thinking == 0:
        assert np.ptp(np.asarray(curve), axis=0).max() == 0, "a network without a knob gains exactly nothing"


def test_stages_begin_with_the_observation_and_end_in_what_the_answer_is_read_from(architecture, observations):
    model = architecture.init(jr.key(1), observations, 4)
    stages = [model.stages(o, architecture.thinking) for o in observations[:2]]
    features = observations.shape[-1]
    assert np.array_equal(stages[0][0][..., -features:], observations[0])
    assert np.ptp(np.asarray(stages[0][0][..., :-features])) == 0, "nothing is computed at stage 0"
    assert len(stages[0]) > 1 and stages[0].shape[1:3] == (4, 5)


def test_a_hidden_instance_is_answered_alike_for_all(architecture, observations):
    model = architecture.init(jr.key(1), observations, 4)
    hidden = jnp.zeros_like(observations[0])
    assert np.all(np.isfinite(answer_after(model, hidden, architecture.thinking)))


def test_gridloop_carries_a_signal_one_cell_a_thought(observations):
    architecture = MODELS.build("gridloop", {"channels": 6, "thinking": 1})
    model = architecture.init(jr.key(1), observations, 4)
    changed = observations[0].at[0, 0, 4].add(1.0)
    moved = jnp.abs(answers(model, changed, 6) - answers(model, observations[0], 6)).max(-1) > 1e-7
    distance = np.add.outer(np.arange(4), np.arange(5))
    for thoughts in range(1, 7):
        assert not np.any(np.asarray(moved[thoughts]) & (distance > thoughts - 1))
        assert np.asarray(moved[thoughts])[0, 0]


def test_a_wider_gridloop_carries_a_signal_half_its_square_a_thought(observations):
    model = MODELS.build("gridloop", {"channels": 6, "thinking": 1, "width": 5}).init(jr.key(1), observations, 4)
    changed = observations[0].at[0, 0, 4].add(1.0)
    moved = np.asarray(jnp.abs(answers(model, changed, 2) - answers(model, observations[0], 2)).max(-1) > 1e-7)
    # in rows and in columns at once, the observation of the square being seen with the first thought
    distance = np.maximum.outer(np.arange(4), np.arange(5))
    for thoughts in (0, 1, 2):
        assert np.array_equal(moved[thoughts], (distance <= 2 * thoughts) & (thoughts > 0))


def test_a_table_knows_its_own_instances_and_no_other(observations):
    model = MODELS.build("tabular", {}).init(jr.key(0), observations[:5], 4)
    rows = jr.normal(jr.key(1), model.table.rows.shape)
    import equinox as eqx

    model = eqx.tree_at(lambda m: m.table.rows, model, rows)
    for i in range(5):
        assert np.array_equal(answer_after(model, observations[i], 0), rows[i])
    for i in range(5, 8):
        assert np.all(np.asarray(answer_after(model, observations[i], 0)) == 0)


def test_fingerprints_tell_all_small_mazes_apart():
    from mesascope.models._tabular import fingerprint

    drawn = jax.vmap(Maze(5, 5).draw)(jr.split(jr.key(2), 4096))
    seen = jax.vmap(Maze(5, 5).observe)(drawn)
    distinct = len(np.unique(np.asarray(seen).reshape(4096, -1), axis=0))
    found = len(np.unique(np.asarray(jax.vmap(fingerprint)(seen)), axis=0))
    assert found == distinct


def test_the_arms_of_diversity_are_matched_in_parameters():
    claim = settings(CONDITIONS["diversity"], "standard", {})
    seen = claim.task.observe(claim.task.draw(jr.key(0)))[None]
    sizes = {
        arm: num_parameters(claim.trial(arm, 64, 0).model.init(jr.key(0), seen, 4)) for arm in ("gridloop", "deep")
    }
    assert sizes["deep"] == pytest.approx(sizes["gridloop"], rel=0.05)


@pytest.mark.parametrize(
    "name, fields",
    [
        ("feedforward", {"width": 2}),
        ("feedforward", {"thinking": 3}),
        ("tabular", {"thinking": 1}),
        ("feedforward", {"depth": 0}),
        ("gridloop", {"width": 4}),
        ("gridloop", {"width": -1}),
    ],
)
def test_impossible_architectures_are_refused(name, fields):
    with pytest.raises(ValueError):
        MODELS.build(name, fields)
