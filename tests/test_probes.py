"""What a training may ask for beyond the usual: probes on further tasks, and read-outs along the way."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mesascope.base import BASES
from mesascope.lab import Training, describe, from_description, train, trial_id, views
from mesascope.lab._measure import measure
from mesascope.models import MODELS
from mesascope.power import SIZES, answer_all, around, ceiling, fit_readouts, read, references, score
from mesascope.tasks import TASKS, Maze, MazeProgress, Strings, novel, pool

TASK = Maze(4, 4, horizon=40)
OTHER = Maze(4, 4, horizon=30)
LOOP = MODELS.build("gridloop", {"channels": 4, "thinking": 4})
BASE = BASES.build("policy-gradient", {"steps": 24})
PLAIN = Training(TASK, LOOP, BASE, 8, 3)
ASKED = dataclasses.replace(PLAIN, read_every=True, probed=(TASK, OTHER), wide_readouts=True)


@pytest.fixture(scope="module")
def measured():
    """The same network, with all that can be asked for and with nothing asked for."""
    checkpoints = train(PLAIN).checkpoints
    return tuple(measure(trial, checkpoints).metrics for trial in (ASKED, PLAIN))


def rows(metrics, view, step=24) -> dict[str, np.ndarray]:
    chosen = (metrics["view"] == view) & (metrics["step"] == step)
    return {name: values[chosen] for name, values in metrics.items() if name != "view"}


def test_what_is_asked_for_changes_nothing_else(measured):
    asked, plain = measured
    # which size of read-outs counts may change where there are more of them
    for view in (view for view in views.VIEWS if view.name != "readout"):
        for step in (12, 24):
            for name, values in rows(plain, view.name, step).items():
                if values.size:
                    np.testing.assert_array_equal(values, rows(asked, view.name, step)[name])


def test_a_probe_of_the_very_task_measures_what_the_task_itself_does(measured):
    asked, plain = measured
    for view in (view for view in views.VIEWS if view.probed and view.name not in ("readout", "readout/wide")):
        own, probe = rows(plain, view.name), rows(asked, view.of_probe(0))
        assert len(own["bits"]), view.name
        for name, values in own.items():
            np.testing.assert_array_equal(values, probe[name], err_msg=view.name)
    assert not any(len(rows(asked, view.of_probe(0))["bits"]) for view in views.VIEWS if not view.probed)


def test_a_probe_is_measured_at_the_last_step_on_its_own_instances(measured):
    """By hand, at the temperature that suits the network on the task that it was trained on."""
    asked, _ = measured
    found = train(ASKED).checkpoints[-1]
    temperature = measure(PLAIN, [found]).temperatures[24]
    mazes = novel(OTHER)
    tails = references(OTHER, mazes)
    logits = answer_all(OTHER, LOOP.thinking, found.model, mazes)
    for view, expected in (
        (views.NOVEL, score(OTHER, mazes, tails, logits)),
        (views.NOVEL_TEMPERED, score(OTHER, mazes, tails, logits, temperature)),
        (views.NOVEL_CEILING, ceiling(OTHER, mazes, tails)),
    ):
        np.testing.assert_array_equal(rows(asked, view.of_probe(1))["bits"], expected.bits)
        assert not len(rows(asked, view.of_probe(1), 12)["bits"])


def test_larger_read_outs_read_more_of_the_same_stages(measured):
    """The passages of a cell are its own; what lies behind them is its neighbours'."""
    asked, _ = measured
    by_size = [rows(asked, f"readout/{name}:0") for name in ("place", "near", "wide")]
    for stage in (0, 2, 3, 4):
        place, near, wide = (each["bits"][each["index"] == stage].mean() for each in by_size)
        assert place + 0.5 < near < wide + 0.2


def test_of_all_sizes_that_counts_which_reads_most_elsewhere(measured):
    """Chosen on separate instances, so that on the evaluation set it may be a little less than the best."""
    asked, plain = measured
    for metrics, names in ((asked, ("place", "place-256", "near", "wide")), (plain, ("place", "place-256", "near"))):
        counts = rows(metrics, "readout")
        for stage in (0, 2, 3, 4):
            by_size = [rows(metrics, f"readout/{name}") for name in names]
            means = [each["bits"][each["index"] == stage].mean() for each in by_size]
            found = counts["bits"][counts["index"] == stage].mean()
            assert found in means and found > max(means) - 0.5


def test_read_outs_along_the_way_are_those_of_the_network_as_it_was_then(measured):
    asked, plain = measured
    shorter = measure(PLAIN, train(PLAIN).checkpoints[:1]).metrics
    for name, values in rows(shorter, "readout/near", 12).items():
        np.testing.assert_array_equal(values, rows(asked, "readout/near", 12)[name])
    assert not any(len(rows(plain, view.name, 12)["bits"]) for view in (views.READOUT, *views.READOUT_BY_SIZE))


def test_a_probe_with_other_answers_is_read_out_and_not_asked():
    """A network that answers with one of two sides is read out on a rule with three answers."""
    parity, turns = (Strings(rule, 6, 7, 10) for rule in ("parity", "turns"))
    trial = Training(parity, LOOP, BASES.build("supervised", {"steps": 12}), 8, 0, probed=(turns,))
    found = measure(trial, train(trial).checkpoints).metrics
    assert len(rows(found, "readout/place:0", 12)["bits"]) == 256 * 5
    assert len(rows(found, views.NOVEL_CEILING.of_probe(0), 12)["bits"]) == 256
    assert not len(rows(found, views.NOVEL.of_probe(0), 12)["bits"])


def test_wide_read_outs_see_a_direction_that_narrow_ones_cannot():
    """Features mark the cells that lie on a shortest path, as a track does: which way it goes is in the neighbours."""
    fitted, judged = pool(TASK, 77, 400), novel(TASK)
    tails = references(TASK, judged)

    def far(maze):
        steps = -TASK.value(maze) + 1.0
        here = jnp.where(jnp.isfinite(steps), steps, 0)
        return jnp.concatenate([here[..., None] % 3 == jnp.arange(3), maze.passages], -1).astype(jnp.float32)

    features = [jax.vmap(far)(mazes)[None] for mazes in (fitted, judged)]
    place, _, near = SIZES
    power = []
    for size in (place, near):
        logits = read(fit_readouts(jax.random.key(0), size, TASK, features[0], fitted), features[1])[0]
        power.append(score(TASK, judged, tails, logits, 0.5).bits.mean())
    best = ceiling(TASK, judged, tails).bits.mean()
    assert power[0] < 0.4 * best and power[1] > 0.7 * best


def test_neighbours_stand_beside_their_place():
    features = jnp.arange(12.0).reshape(1, 3, 4, 1)
    # up, left, the place itself, right, down
    np.testing.assert_array_equal(around(features, 1)[0, 1, 1], [1, 4, 5, 6, 9])
    np.testing.assert_array_equal(around(features, 1)[0, 0, 0], [0, 0, 0, 1, 4])
    # the whole square of two places each way, row by row
    square = np.pad(np.arange(12).reshape(3, 4), 2)[:5, 1:6].ravel()
    np.testing.assert_array_equal(around(features, 2)[0, 0, 1], square)
    # along a sequence there are two neighbours, and of a flat observation there are none
    np.testing.assert_array_equal(around(jnp.arange(3.0).reshape(1, 3, 1), 1)[0], [[0, 0, 1], [0, 1, 2], [1, 2, 0]])
    np.testing.assert_array_equal(around(jnp.ones((2, 5)), 2), np.ones((2, 5)))


def test_what_is_asked_for_is_part_of_the_id_and_of_the_description():
    trials = [
        Training(TASK, LOOP, BASE, 8, 3, **asked)
        for asked in (
            {},
            {"read_every": True},
            {"probed": (TASK,)},
            {"probed": (OTHER,)},
            {"probed": (OTHER, TASK)},
            {"probed": (TASK, OTHER)},
            {"wide_readouts": True},
            {"signed": True},
        )
    ]
    assert len({trial_id(trial) for trial in trials}) == len(trials)
    for trial in trials:
        assert from_description(json.loads(json.dumps(describe(trial)))) == trial
    assert describe(trials[0]).keys() == {"kind", "task", "model", "base", "num_instances", "seed"}


def test_what_is_asked_for_is_part_of_the_estimate():
    """A probe is what the last checkpoint is; wide read-outs, on a clock, take four times what the others do."""
    every, narrow, wide = (
        dataclasses.replace(PLAIN, **asked).cost - PLAIN.cost
        for asked in ({"read_every": True}, {"probed": (OTHER,)}, {"probed": (OTHER,), "wide_readouts": True})
    )
    assert 0 < every == pytest.approx(narrow, rel=0.3) and 5 * narrow < wide < 11 * narrow


@pytest.mark.parametrize(
    "task, asked, message",
    [
        (TASK, {"probed": (TASK, Maze(5, 4))}, r"probed=1: Maze\): it shows \(5, 4, 6\) and Maze shows \(4, 4, 6\)"),
        (TASK, {"probed": (TASKS.build("maze-walk", {"rows": 4, "columns": 4}),)}, "0: MazeWalk.*not played"),
        (TASKS.build("maze-progress", {"rows": 4, "columns": 4}), {"read_every": True}, "MazeProgress shows no good"),
        (TASKS.build("maze-progress", {"rows": 4, "columns": 4}), {"wide_readouts": True}, "leave wide_readouts out"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(task, asked, message):
    with pytest.raises(ValueError, match=rf"Training\(.*{message}"):
        Training(task, LOOP, BASE, 8, 0, **asked)


def test_a_probe_without_answers_to_use_is_refused():
    class Fewer(MazeProgress):
        num_actions = 3

    with pytest.raises(ValueError, match=r"Fewer\): it has 3 answers and Maze has 4"):
        Training(TASK, LOOP, BASE, 8, 0, probed=(Fewer(4, 4),))
