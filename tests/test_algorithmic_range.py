"""Algorithmic range: strings, scrambled mazes, architectures of one size, the regression, the rule of the verdict."""

import pathlib

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from invented import CEILING, REFLEX, Invented
from scipy.special import expit, log_softmax
from scipy.stats import linregress

from mesascope.computations import StringReflexes
from mesascope.conditions import settings
from mesascope.conditions._architectures import EXEMPT, FAMILIES, LOOP, TABLE, known, sized
from mesascope.conditions.algorithmic_range import AlgorithmicRange
from mesascope.conditions.frame import Cells
from mesascope.lab import AbstractRecords, Trial, novel
from mesascope.models import MODELS, Gridloop, answer_after, multiplications, num_parameters
from mesascope.power import ceiling, references, score
from mesascope.stats import rise_p_value, rises
from mesascope.tasks import TASKS, Labels, Maze, Strings

SMALL = {"rows": 4, "columns": 4, "horizon": 40}


def condition(**changed):
    return settings(AlgorithmicRange, "standard", changed)


def rise_by_hand(values, ranges, octaves) -> float:
    """By the normal equations, what values rise by over the span of ranges, the octaves held fixed."""
    design = np.stack([np.ones(len(values)), ranges, octaves], axis=1)
    return float(np.linalg.solve(design.T @ design, design.T @ values)[1] * np.ptp(ranges))


def answers_by_hand(rule: str, symbols: list[int]) -> list[int]:
    """What is right, by other means than the task's."""
    if rule == "parity":
        return [sum(s & 1 for s in symbols[: i + 1]) & 1 for i in range(len(symbols))]
    if rule == "addition":
        one, other = (sum(((s >> bit) & 1) << i for i, s in enumerate(symbols)) for bit in (0, 1))
        return [((one + other) >> i) & 1 for i in range(len(symbols))]
    if rule == "turns":
        found, things = [], np.eye(3, dtype=int)
        turns = [np.eye(3, dtype=int)[list(where)] for where in ((0, 1, 2), (1, 0, 2), (0, 2, 1), (1, 2, 0))]
        for symbol in symbols:
            things = things @ turns[symbol]
            found.append(int(np.argmax(things[0])))
        return found
    if rule == "reversal":
        return list(reversed(symbols))
    text = "".join(map(str, symbols))
    earlier = [text.rfind(one, 0, i) for i, one in enumerate(text)]
    return [int(text[j + 1]) if j >= 0 else int(text[i]) for i, j in enumerate(earlier)]


@pytest.mark.parametrize("rule", ["parity", "addition", "turns", "reversal", "recall"])
def test_strings_are_answered_by_their_rule(rule):
    for task in (Strings(rule, 1, 6, 11), Strings(rule, 1, 6, 11).beyond()):
        instances = novel(task)
        lengths = np.asarray(instances.length)
        assert set(lengths) == set(range(task.shortest, task.longest + 1))
        right = np.zeros((len(lengths), 1, 11), int)
        for i, length in enumerate(lengths):
            right[i, 0, :length] = answers_by_hand(rule, instances.symbols[i, :length].tolist())
        tails = references(task, instances)
        sure = score(task, instances, tails, 60.0 * np.eye(task.num_actions)[right])
        np.testing.assert_allclose(sure.success, 1, atol=1e-9)
        np.testing.assert_allclose(sure.bits, ceiling(task, instances, tails).bits, atol=1e-9)
        # one wrong answer among so many; what is said beyond the end does not count
        wrong = right.copy()
        wrong[:, 0, 0] = (wrong[:, 0, 0] + 1) % task.num_actions
        wrong[np.arange(len(lengths)), 0, np.minimum(lengths, 10)] += (lengths < 11) * 1
        wrong %= task.num_actions
        found = score(task, instances, tails, 60.0 * np.eye(task.num_actions)[wrong])
        np.testing.assert_allclose(found.success, 1 - 1 / lengths, atol=1e-9)
        nothing = score(task, instances, tails, np.zeros((len(lengths), 1, 11, task.num_actions)))
        np.testing.assert_allclose(nothing.bits, np.log2(task.num_actions) / task.num_actions, rtol=1e-9)


def test_strings_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="fits its frame"):
        Strings("parity", 3, 9, 8)
    with pytest.raises(ValueError, match="no longer string fits"):
        Strings("parity", 3, 8, 8).beyond()


def test_a_scrambled_maze_is_the_maze_with_its_cells_elsewhere():
    plain, task = TASKS.build("maze", SMALL), TASKS.build("maze-scrambled", SMALL)
    instances = jax.vmap(plain.draw)(jr.split(jr.key(0), 16))
    seen, moved = jax.vmap(plain.observe)(instances), jax.vmap(task.observe)(instances)
    assert not np.array_equal(seen, moved)
    cells, elsewhere = (np.sort(np.asarray(rows).reshape(16, 16, -1) @ 2.0 ** np.arange(6)) for rows in (seen, moved))
    np.testing.assert_array_equal(cells, elsewhere)
    best = jnp.log(jax.vmap(task.demonstrate)(instances) + 1e-30)
    tails = references(task, instances)
    np.testing.assert_allclose(
        score(task, instances, tails, best).bits, ceiling(plain, instances, tails).bits, rtol=1e-6
    )
    # the same network, told of the same cells in another order, is worth less
    assert np.mean(score(plain, instances, tails, best).bits) < 0.5 * np.mean(ceiling(plain, instances, tails).bits)
    values = jax.vmap(task.value)(instances)
    np.testing.assert_array_equal(moved[..., 4], values == 0)


@pytest.mark.parametrize("name", sorted(set(FAMILIES) - set(EXEMPT)))
@pytest.mark.parametrize("task", [Maze(), Maze(show_answer=True), Strings("recall")], ids=["maze", "shown", "strings"])
def test_architectures_are_matched_in_parameters(name, task):
    def count(architecture):
        seen = jax.vmap(task.observe)(jax.vmap(task.draw)(jr.split(jr.key(0), 1)))
        return num_parameters(architecture.init(jr.key(0), seen, task.num_actions))

    wanted = count(Gridloop(channels=24, thinking=24))
    assert abs(count(sized(name, task, Gridloop(channels=24, thinking=24))) - wanted) <= 0.05 * wanted


def test_multiplications_are_those_of_the_matrices():
    seen = jnp.zeros((3, 5, 6))
    perceptron = MODELS.build("feedforward", {"kind": "perceptron", "depth": 2, "channels": 7})
    model = perceptron.init(jr.key(0), seen[None], 4)
    assert multiplications(model, seen, 0) == 90 * 7 + 7 * 7 + 7 * 60
    loop = MODELS.build("gridloop", {"channels": 8, "thinking": 9}).init(jr.key(0), seen[None], 4)
    assert multiplications(loop, seen, 9) == 15 * (9 * (5 * 8 + 6) * 16 + 8 * 4)
    attention = MODELS.build("transformer", {"channels": 8, "heads": 2, "hidden": 10, "depth": 3})
    block = 15 * (4 * 8 * 8 + 2 * 8 * 10) + 2 * 15 * 15 * 8
    assert multiplications(attention.init(jr.key(0), seen[None], 4), seen, 0) == 15 * 6 * 8 + 3 * block + 15 * 8 * 4


def test_an_unrolled_network_that_starts_tied_is_the_tied_one_before_training():
    seen = jax.vmap(Maze(4, 5, horizon=40).observe)(jax.vmap(Maze(4, 5, horizon=40).draw)(jr.split(jr.key(1), 2)))
    loop = MODELS.build("gridloop", {"channels": 6, "thinking": 5}).init(jr.key(2), seen, 4)
    tied, apart = (
        MODELS.build("unrolled", {"channels": 6, "depth": 5, "start": start}).init(jr.key(2), seen, 4)
        for start in ("tied", "apart")
    )
    np.testing.assert_allclose(answer_after(tied, seen[0], 0), answer_after(loop, seen[0], 5), atol=1e-6)
    assert not np.allclose(answer_after(apart, seen[0], 0), answer_after(loop, seen[0], 5), atol=1e-2)
    assert num_parameters(tied) == num_parameters(apart) > 4 * num_parameters(loop)


def test_a_transformer_looped_once_is_one_of_fixed_depth_and_more_loops_are_not():
    seen = jr.normal(jr.key(0), (4, 5, 6))
    shape = {"channels": 8, "heads": 2, "hidden": 10}
    fixed = MODELS.build("transformer", shape).init(jr.key(1), seen[None], 4)
    looped = MODELS.build("transformer", shape | {"thinking": 3}).init(jr.key(1), seen[None], 4)
    np.testing.assert_allclose(answer_after(looped, seen, 1), answer_after(fixed, seen, 0), atol=1e-6)
    assert not np.allclose(answer_after(looped, seen, 2), answer_after(fixed, seen, 0), atol=1e-3)


def test_attention_sees_every_place_at_once_and_knows_where_it_is():
    seen = jr.normal(jr.key(0), (1, 9, 5))
    model = MODELS.build("transformer", {"channels": 8, "heads": 2, "hidden": 10}).init(jr.key(1), seen[None], 3)
    changed = jnp.abs(answer_after(model, seen.at[0, 0].add(1.0), 0) - answer_after(model, seen, 0)).max(-1)
    assert np.all(np.asarray(changed) > 0)
    alike = answer_after(model, jnp.ones_like(seen), 0)[0]
    assert len(np.unique(np.round(alike, 5), axis=0)) == 9


def test_an_lstm_ticks_by_its_equations():
    seen = np.asarray(jr.normal(jr.key(0), (2, 3, 4)))
    model = MODELS.build("lstm", {"channels": 5, "embedding": 6, "thinking": 3}).init(jr.key(1), seen[None], 2)
    k, b = (np.asarray(x, float) for x in (model.update.kernel, model.update.bias))
    e = np.maximum(seen.reshape(-1) @ np.asarray(model.embed.kernel) + np.asarray(model.embed.bias), 0)
    h, c = np.zeros(5), np.zeros(5)
    for _ in range(3):
        z = np.concatenate([e, h]) @ k + b
        c = expit(z[5:10] + 1) * c + expit(z[:5]) * np.tanh(z[10:15])
        h = expit(z[15:]) * np.tanh(c)
    expected = (h @ np.asarray(model.readout.kernel) + np.asarray(model.readout.bias)).reshape(2, 3, 2)
    np.testing.assert_allclose(answer_after(model, jnp.asarray(seen), 3), expected, atol=1e-5)


def test_an_external_memory_is_written_where_attention_points_and_carries_what_was_seen_elsewhere():
    seen = jr.normal(jr.key(0), (1, 9, 5))
    model = MODELS.build("memory", {"channels": 6, "slot": 5, "heads": 2, "thinking": 4}).init(jr.key(1), seen[None], 3)
    memory = model.blank(seen)
    assert not np.any(memory.slots)
    for thoughts in range(1, 4):
        memory = model.think(memory, seen)
        assert np.all(np.abs(memory.slots) <= 2 * thoughts) and np.any(memory.slots)
    changed = jnp.abs(answer_after(model, seen.at[0, 0].add(1.0), 3) - answer_after(model, seen, 3)).max(-1)
    assert np.all(np.asarray(changed) > 0)


def test_rises_are_least_squares_with_students_interval():
    generator = np.random.default_rng(0)
    one, other = generator.normal(size=(2, 9))
    values = 3 * one - 2 * other + generator.normal(size=9)
    (alone,) = rises(values, (one,))
    line = linregress(one, values)
    span = np.ptp(one)
    assert alone.value == pytest.approx(line.slope * span)
    assert alone.high - alone.value == pytest.approx(line.stderr * span * 2.364624251, rel=1e-6)  # t, 7 degrees
    # of two factors, by what each leaves over of the other (Frisch and Waugh 1933)
    both = rises(values, (one, other))
    left = one - np.polyval(np.polyfit(other, one, 1), other)
    assert both[0].value == pytest.approx(np.polyfit(left, values, 1)[0] * span)
    # one-sided: at the upper limit of a 95% interval 2.5% are left, at the value itself one half
    assert rise_p_value(values, (one, other), both[0].high, above=False) == pytest.approx(0.025)
    assert rise_p_value(values, (one, other), both[0].low, above=True) == pytest.approx(0.025)
    assert rise_p_value(values, (one, other), both[0].value, above=True) == pytest.approx(0.5)
    assert rises(values[:4], (one[:4], other[:4])) is None, "one degree of freedom"
    assert rises(values, (one, 2 * one + 1)) is None and rises(values, (np.ones(9),)) is None


class Architectures(AbstractRecords):
    """Invented records: bits at run time, and the share of the ceiling on own instances, of each trial."""

    path = pathlib.Path("invented")

    def __init__(self, numbers: dict[Trial, tuple[float, float]]):
        self.numbers = numbers

    def __contains__(self, trial):
        return trial in self.numbers

    def all_trials(self):
        return [*self.numbers]

    def values(self, trial):
        bits, own = self.numbers[trial]
        return Invented({trial: bits}, own).values(trial)

    def metrics(self, trial):
        return {"view": np.array([])}


def found(claim, range_of, stored, serial, lacking=()):
    """The finding on architectures of such ranges, stored shares of labels, and internal bits beyond the twin's."""
    numbers = {}
    for (arm, name), seeds in claim.plan().items():
        for seed, (trial,) in seeds.items():
            if arm in claim.rules:
                chance = 1 / trial.task.num_actions
                numbers[trial] = CEILING * (chance + (1 - chance) * range_of[name]) - REFLEX, 0.9
            elif arm.startswith("labels"):
                numbers[trial] = 0.0, 1 / 4 + 3 / 4 * stored[name]
            elif arm == "mazes" and name in serial:
                # spread over seeds that their mean does not show
                numbers[trial] = 1.0 + serial[name] + 0.3 * (seed - (len(seeds) - 1) / 2), 0.9
            elif arm == "answer shown":
                numbers[trial] = 1.0, 0.9
    records = Architectures({trial: of for trial, of in numbers.items() if trial not in lacking})
    return claim.analyse(records), Cells(records, claim.plan())


NAMES = list(FAMILIES)
RANGES = dict(zip(NAMES, np.linspace(1, 0, 9)))
STORED = dict(zip(NAMES, np.tile([0.1, 0.4, 0.8], 3)))
NOISE = dict(zip(NAMES, np.random.default_rng(1).normal(size=9)))


@pytest.mark.parametrize(
    ("base", "slope", "noise", "outcome", "said"),
    [
        (12.0, 9.0, 0.2, "supported", "bits over 9 architectures is held against"),
        (12.0, -9.0, 0.2, "contradicted", "bits over 9 architectures is held against"),
        (12.0, 0.1, 0.2, "no effect", "bits over 9 architectures is held against"),
        (12.0, 9.0, 8.0, "inconclusive", "bits over 9 architectures is held against"),
        (0.5, 1.0, 0.0, "inconclusive", "The most that an architecture has of internal bits beyond the twin's is 1.50"),
    ],
)
def test_the_verdict_is_that_of_the_rise_over_architectures(base, slope, noise, outcome, said):
    serial = {name: base + slope * RANGES[name] + noise * NOISE[name] for name in NAMES}
    finding, cells = found(condition(), RANGES, STORED, serial)
    assert finding.verdict == outcome and said in finding.reason
    columns = zip(*((serial[name], RANGES[name], np.log2(STORED[name])) for name in NAMES))
    assert finding.effect.value == pytest.approx(rise_by_hand(*map(np.array, columns)), abs=1e-6)
    assert (finding.p_value < 0.025) == (outcome != "inconclusive")


def test_range_and_capacity_are_what_was_planted_and_a_table_has_no_strings():
    claim = condition()
    _, cells = found(claim, RANGES, STORED, dict.fromkeys(NAMES, 3.0))
    for one in known(claim, cells, whole=True):
        assert one.range() == pytest.approx(RANGES[one.name]) and one.mean_serial() == pytest.approx(3.0)
        # all labels of 49 places of 256 grids, of which that share is named right beyond chance
        assert one.capacity() == pytest.approx(49 * 256 * STORED[one.name])
    assert ("parity", TABLE) not in claim.plan() and ("parity", LOOP) in claim.plan()


def test_an_architecture_on_which_the_verdict_hangs_is_named():
    flat = {name: 0.1 * (-1) ** i for i, name in enumerate(NAMES)}
    ranges = {name: 0.1 * i / 8 for i, name in enumerate(NAMES)} | {"LSTM": 1.0}
    finding, _ = found(condition(), ranges, STORED, flat | {"LSTM": 9.0})
    assert [said.split(" the rise")[0] for said in finding.remarks if "Without" in said] == ["Without the LSTM"]
    steady = {name: 20 * RANGES[name] + flat[name] for name in NAMES}
    assert not any("Without" in said for said in found(condition(), RANGES, STORED, steady)[0].remarks)


def test_no_verdict_where_one_training_lacks_or_architectures_are_too_few():
    claim = condition()
    lacking = {claim.plan()["parity", LOOP][1][0]}
    finding, _ = found(claim, RANGES, STORED, dict.fromkeys(NAMES, 3.0), lacking)
    assert finding.verdict is None and finding.effect is None and "must be finished" in finding.reason
    few = condition(architectures="perceptron,LSTM,grid loop,table", scrambled="")
    assert found(few, RANGES, STORED, dict.fromkeys(few.architectures, 3.0))[0].effect is None


def test_labels_on_a_grid_are_worth_the_mean_over_places():
    task = Labels(length=6, num_labels=3, rows=2, columns=5)
    instances = novel(task)
    assert instances.seen.shape == (256, 2, 5, 6) and set(np.unique(instances.label)) == {0, 1, 2}
    answers = np.random.default_rng(0).normal(size=(256, 2, 5, 3))
    chance = np.exp(answers) / np.exp(answers).sum(-1, keepdims=True)
    right = np.mean(
        [[chance[:, i, j][np.arange(256), instances.label[:, i, j]] for j in range(5)] for i in range(2)], (0, 1)
    )
    found = score(task, instances, references(task, instances), answers)
    np.testing.assert_allclose(found.success, right, rtol=1e-9)
    np.testing.assert_allclose(found.bits, right * np.log2(3), rtol=1e-9)


def test_what_is_imitated_is_the_right_answer_at_every_place():
    generator = np.random.default_rng(0)
    strings, labels = Strings("recall", 3, 6, 11), Labels(length=6, num_labels=3, rows=2, columns=5)
    text, grid = (jax.tree.map(lambda leaf: leaf[7], novel(task)) for task in (strings, labels))
    told = answers_by_hand("recall", text.symbols[: text.length].tolist())
    shown = np.asarray(strings.demonstrate(text))
    assert shown.shape == (1, 11, 4) and shown[0, range(text.length), told].tolist() == [1] * int(text.length)
    assert shown.sum() == text.length
    logits = generator.normal(size=(1, 11, 4))
    surprise = -log_softmax(logits, axis=-1)[0, range(text.length), told] / np.log(2)
    assert float(strings.loss(shown, logits)) == pytest.approx(surprise.mean(), rel=1e-5)
    assert np.isnan(strings.value(text)[0]).tolist() == [i >= text.length for i in range(11)]
    logits = generator.normal(size=(2, 5, 3))
    surprise = [-log_softmax(logits[place])[grid.label[place]] / np.log(2) for place in np.ndindex(2, 5)]
    assert float(labels.loss(labels.demonstrate(grid), logits)) == pytest.approx(np.mean(surprise), rel=1e-5)


def test_reflexes_on_strings_go_as_far_as_counting_says():
    ways = {rule: StringReflexes(rule).columns(0)["way"] for rule in ("parity", "reversal", "addition")}
    # the first three symbols are all that there is so far, beyond them nothing is known
    assert ways["parity"][2] == pytest.approx(np.mean([3 / length for length in range(13, 25)]), abs=0.07)
    assert ways["reversal"][1] == pytest.approx(0, abs=0.06)
    # a carry is known where the digits before are alike (one half); else it is guessed: right in half of those
    assert ways["addition"][1] == pytest.approx(0.5, abs=0.12)
    assert ways["addition"][0] < 0.2 < ways["addition"][1] < ways["addition"][2] < 0.95
