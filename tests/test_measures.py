"""The ledger on policies and representations whose answer is known."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from mesascope.base import BASES
from mesascope.conditions.frame import TUNED, Cell, Cells
from mesascope.lab import Store, Training, fresh_model, from_arrays, novel, pool, remeasure, run, train
from mesascope.lab._measure import measure
from mesascope.lab.trials import Checkpoint
from mesascope.models import MODELS, AbstractModel
from mesascope.power import (
    SIZES,
    TEMPERATURES,
    best_temperature,
    ceiling,
    fit_readouts,
    read,
    references,
    score,
    stage_features,
    stage_grid,
)
from mesascope.tasks import TASKS
from mesascope.tasks.maze import Maze, distances

TASK = Maze(4, 4, horizon=40)


def policy_of(instances, logits_of) -> np.ndarray:
    return np.asarray(jax.vmap(lambda i: logits_of(TASK.demonstrate(i)))(instances))


@pytest.fixture(scope="module")
def mazes():
    instances = novel(TASK)
    return instances, references(TASK, instances)


def test_the_optimal_table_reaches_the_ceiling_and_no_temperature_helps_it(mazes):
    answers = policy_of(mazes[0], lambda shown: 50.0 * shown)
    best = ceiling(TASK, *mazes)
    found = score(TASK, *mazes, answers)
    np.testing.assert_allclose(found.bits, best.bits, rtol=1e-9)
    assert np.all(found.success > 1 - 1e-9) and found.bits.dtype == np.float64
    assert np.all(score(TASK, *mazes, answers, temperature=20.0).bits < best.bits)


def test_random_behaviour_scores_the_null(mazes):
    null = score(TASK, *mazes, np.zeros((256, 4, 4, 4)))
    assert 0 < null.bits.mean() < 1 / np.log(2)


def test_the_temperature_of_a_timid_policy_is_low_and_of_a_rash_one_high(mazes):
    timid = policy_of(mazes[0], lambda shown: 1.0 * shown)
    generator = np.random.default_rng(0)
    rash = 20 * generator.normal(size=timid.shape)
    for policy, suits in ((timid, lambda t: t == 0.25), (rash, lambda t: t > 1.0)):
        temperature, bits = best_temperature(TASK, *mazes, policy)
        means = {each: score(TASK, *mazes, policy, each).bits.mean() for each in TEMPERATURES}
        assert suits(temperature) and bits == means[temperature] == max(means.values())


def test_readouts_find_what_is_there_and_nothing_that_is_not():
    fitted, judged = pool(TASK, 77, 400), novel(TASK)

    def shown(instances):
        return jax.vmap(TASK.demonstrate)(instances)

    noise = [jr.normal(jr.key(i), (len(p.start), 4, 4, 4)) for i, p in enumerate((fitted, judged))]
    # one stage holds the answer behind a rotation, the other noise
    rotation = jnp.asarray(np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0], jnp.float32)
    features = [jnp.stack([shown(p) @ rotation, n]) for p, n in zip((fitted, judged), noise)]
    readouts = fit_readouts(jr.key(0), SIZES[0], TASK, features[0], fitted)
    informed, blind = read(readouts, features[1])
    tails = references(TASK, judged)
    best = ceiling(TASK, judged, tails).bits.mean()
    assert score(TASK, judged, tails, informed, 0.25).bits.mean() > 0.97 * best
    assert score(TASK, judged, tails, blind).bits.mean() < 2.0


class Flood(AbstractModel):
    """Planted search: a thought spreads each cell's distance to the goal to its neighbours; the answer descends it."""

    def blank(self, observation):
        return jnp.where(observation[..., 4] > 0, 0.0, 99.0)

    def think(self, memory, observation):
        return jnp.minimum(memory, jnp.min(self._around(memory, observation), axis=-1) + 1)

    def answer(self, memory, observation):
        return -30.0 * self._around(memory, observation)

    def stages(self, observation, thinking):
        memories = [self.blank(observation)]
        for _ in range(thinking):
            memories.append(self.think(memories[-1], observation))
        found = jnp.stack([jax.nn.softmax(self.answer(memory, observation)) for memory in memories])
        return jnp.concatenate([found, jnp.broadcast_to(observation, (thinking + 1, *observation.shape))], -1)

    def _around(self, memory, observation):
        padded = jnp.pad(memory, 1, constant_values=99.0)
        around = jnp.stack([padded[:-2, 1:-1], padded[1:-1, 2:], padded[2:, 1:-1], padded[1:-1, :-2]], axis=-1)
        return jnp.where(observation[..., :4] > 0, around, 99.0)


@pytest.fixture(scope="module")
def flood():
    """The measurements of a planted flood fill that thinks for twelve steps."""
    base = BASES.build("policy-gradient", {"steps": 0})
    trial = Training(TASK, MODELS.build("gridloop", {"thinking": 12}), base, 16, 0)
    return trial, measure(trial, [Checkpoint(0, Flood(), np.nan, True)]).metrics


def of(metrics, view, index=0) -> np.ndarray:
    return metrics["bits"][(metrics["view"] == view) & (metrics["index"] == index)]


def test_a_planted_search_solves_as_many_mazes_as_it_thinks_steps(flood):
    """After d thoughts the goal is known to all cells at most d + 1 moves away: those starts have their ceiling."""
    _, metrics = flood
    mazes = novel(TASK)
    length = np.array([int(distances(p, g).reshape(-1)[s]) for p, s, g in zip(*mazes)])
    best = of(metrics, "novel-ceiling")
    for thoughts in (3, 6, 12):
        found = of(metrics, "thinking", thoughts)
        known = length <= thoughts + 1
        np.testing.assert_allclose(found[known], best[known], rtol=1e-6)
        assert np.all(found[~known] < best[~known] - 1)


def test_a_planted_search_has_internal_bits_and_nothing_stored(flood):
    _, metrics = flood
    assert of(metrics, "readout/place", 12).mean() > of(metrics, "readout/place", 3).mean() + 3
    # on its own instances as on others: nothing is stored
    own = [of(metrics, "own-readout", stage).mean() for stage in (3, 12)]
    assert own[1] > own[0] + 3
    np.testing.assert_allclose(of(metrics, "own"), of(metrics, "own-ceiling"), rtol=0.3)
    assert of(metrics, "novel").mean() == pytest.approx(of(metrics, "novel-ceiling").mean(), rel=0.1)


def test_nothing_shown_is_nothing_specific(flood):
    _, metrics = flood
    assert of(metrics, "novel-hidden").mean() < 1.5 and of(metrics, "own-hidden").mean() < 1.5


def test_a_table_stores_and_computes_nothing(tmp_path):
    """Tuned bits are all that a table has; on novel mazes it is random behaviour, after every stage."""
    store = Store(tmp_path)
    base = BASES.build("policy-gradient", {"steps": 60, "learning_rate": 1.0, "lift": 2.0})
    trials = [Training(TASK, MODELS.build("tabular", {}), base, 8, seed) for seed in (0, 1)]
    for trial in trials:
        run(trial, store)
    cells = Cells(store, {Cell("tabular", 8): {trial.seed: [trial] for trial in trials}})
    ledgers = cells["tabular", 8].ledgers
    mazes = novel(TASK)
    null = score(TASK, mazes, references(TASK, mazes), np.zeros((256, 4, 4, 4))).bits.mean()
    for ledger in ledgers:
        assert ledger.mean("novel") == pytest.approx(null, rel=1e-9)
        assert ledger.internal(3) == 0.0
        assert ledger.mean("own") > 0.95 * ledger.mean("own-ceiling")
    tuned = cells["tabular", 8].by_seed(TUNED)
    for ledger in ledgers:
        other = ledgers[1 - ledger.seed].mean("sibling", ledger.seed)
        assert tuned[ledger.seed] == pytest.approx(ledger.mean("own") - other, rel=1e-9)
        assert other < 1.5


def test_a_record_depends_on_its_trial_alone_and_remeasuring_changes_nothing(tmp_path):
    base = BASES.build("policy-gradient", {"steps": 12})
    trial = Training(TASK, MODELS.build("gridloop", {"channels": 4, "thinking": 4}), base, 8, 3)
    store = Store(tmp_path / "one")
    record, other = run(trial, store), run(trial, Store(tmp_path / "other"))
    for name, column in record.metrics().items():
        assert np.array_equal(column, other.metrics()[name]), name
    checkpoints = from_arrays(trial, store.weights(trial))
    again = measure(trial, checkpoints).metrics
    for name, column in record.metrics().items():
        assert np.array_equal(column, again[name]), name
    assert not remeasure(trial, store), "the measure has not changed"


def test_weights_of_another_architecture_are_refused(tmp_path):
    base = BASES.build("policy-gradient", {"steps": 0})
    trial = Training(TASK, MODELS.build("gridloop", {"channels": 4, "thinking": 2}), base, 1, 0)
    store = Store(tmp_path)
    run(trial, store)
    other = Training(TASK, MODELS.build("gridloop", {"channels": 5, "thinking": 2}), base, 1, 0)
    with pytest.raises(ValueError, match="should have shape"):
        from_arrays(other, store.weights(trial))


def test_the_network_before_training_does_not_depend_on_n():
    base = BASES.build("policy-gradient", {"steps": 1})
    model = MODELS.build("gridloop", {"channels": 4, "thinking": 2})
    drawn = [fresh_model(Training(TASK, model, base, n, 5), pool(TASK, 5, n)) for n in (1, 9)]
    assert all(np.array_equal(a, b) for a, b in zip(*map(jax.tree.leaves, drawn)))


def test_a_diverged_training_is_recorded_as_such(tmp_path):
    base = BASES.build("policy-gradient", {"steps": 24, "learning_rate": 1e38})
    trial = Training(TASK, MODELS.build("gridloop", {"channels": 4, "thinking": 2}), base, 8, 0)
    record = run(trial, Store(tmp_path))
    assert record.failed and record.values["status"] == "diverged"
    assert np.all(np.isfinite(record.metrics()["bits"]))


def test_training_is_reliable_on_one_instance():
    """To within 5% of the ceiling at N = 1, for seeds that chose nothing."""
    task = TASKS.build("maze", {"style": "depth-first"})
    base = BASES.build("policy-gradient", {"steps": 64, "learning_rate": 0.03, "lift": 2.0})
    for seed in (50, 51, 52):
        trial = Training(task, MODELS.build("gridloop", {"channels": 16, "thinking": 24}), base, 1, seed)
        last = train(trial).checkpoints[-1]
        instances = pool(task, seed, 1)
        from mesascope.models import answer_after

        answer = answer_after(last.model, task.observe(jax.tree.map(lambda leaf: leaf[0], instances)), 24)
        tails = references(task, instances)
        found = score(task, instances, tails, np.asarray(answer)[None]).bits
        assert found[0] > 0.95 * ceiling(task, instances, tails).bits[0]


def test_the_stage_grid_has_the_reflex_boundaries_and_the_last_stage():
    assert stage_grid(25) == [0, 1, 2, 3, 5, 8, 12, 16, 24]
    assert stage_grid(3) == [0, 1, 2]
    model = MODELS.build("gridloop", {"channels": 4, "thinking": 6}).init(
        jr.key(0), jax.vmap(TASK.observe)(pool(TASK, 0, 2)), 4
    )
    assert stage_features(model, TASK, pool(TASK, 0, 3), 6).shape == (6, 3, 4, 4, 10)


@pytest.mark.parametrize("first, then", [(3, 8), (8, 3)])
def test_the_second_half_of_the_steps_sees_the_second_pool(first, then):
    """Rows of a table move when their instance is seen, so that they tell which pool each half drew from."""
    base = BASES.build("policy-gradient", {"steps": 40, "learning_rate": 0.5, "batch": 1, "warmup": 0})
    trial = Training(TASK, MODELS.build("tabular", {}), base, first, 0, then)
    assert (trial.pool_size, trial.batch) == (8, 1)
    drawn = fresh_model(trial, pool(TASK, 0, 8))
    kept = train(trial).checkpoints
    assert [checkpoint.step for checkpoint in kept] == [20, 40]
    before = drawn
    for checkpoint, size in zip(kept, (first, then)):
        rows = np.asarray(checkpoint.model.table.rows) != np.asarray(before.table.rows)
        moved = set(np.flatnonzero(np.any(rows, axis=(1, 2, 3))).tolist())
        # twenty draws of eight rows miss the last five once in 10^8 trials
        assert moved <= set(range(size)) and bool(moved - set(range(3))) == (size == 8)
        before = checkpoint.model


def test_two_pools_of_one_size_are_one_pool():
    base = BASES.build("policy-gradient", {"steps": 24, "batch": 4})
    model = MODELS.build("gridloop", {"channels": 4, "thinking": 4})
    one, two = (train(Training(TASK, model, base, 8, 3, later)) for later in (None, 8))
    for a, b in zip(one.checkpoints, two.checkpoints):
        for x, y in zip(jax.tree.leaves(a.model), jax.tree.leaves(b.model)):
            np.testing.assert_array_equal(x, y)


class Late(AbstractModel):
    """Planted waiting: stages hold nothing before the fifth, and the printed answer from then on."""

    def blank(self, observation):
        return jnp.zeros(())

    def think(self, memory, observation):
        return memory + 1

    def answer(self, memory, observation):
        return 20.0 * observation[..., 6:10] * (memory >= 5)

    def stages(self, observation, thinking):
        shown = jnp.arange(thinking + 1) >= 5
        return shown[:, None, None, None] * observation[None, ..., 6:10]


def test_read_outs_find_an_answer_at_the_stage_where_it_stands_and_of_the_instance_that_it_belongs_to():
    """Of no stage before, for no size; on novel instances and, by read-outs fitted on others, on own ones."""
    task = Maze(4, 4, horizon=40, show_answer=True)
    trial = Training(
        task, MODELS.build("gridloop", {"thinking": 8}), BASES.build("policy-gradient", {"steps": 0}), 64, 0
    )
    metrics = measure(trial, [Checkpoint(0, Late(), np.nan, True)]).metrics
    best = of(metrics, "novel-ceiling").mean()
    for view in ("readout", *(f"readout/{size.name}" for size in SIZES)):
        curve = {stage: of(metrics, view, stage).mean() for stage in (0, 2, 3, 5, 8)}
        assert all(curve[stage] < 0.2 * best for stage in (0, 2, 3)), (view, curve)
        assert all(curve[stage] > 0.95 * best for stage in (5, 8)), (view, curve)
    own = [of(metrics, "own-readout", stage).mean() / of(metrics, "own-ceiling").mean() for stage in (3, 8)]
    assert own[0] < 0.2 and own[1] > 0.95
    # its own answer comes with the fifth thought, on own instances as on novel ones
    for view, top in (("thinking", "novel-ceiling"), ("own-thinking", "own-ceiling")):
        found = {thoughts: of(metrics, view, thoughts).mean() / of(metrics, top).mean() for thoughts in (4, 6)}
        assert found[4] < 0.2 and found[6] > 0.95
