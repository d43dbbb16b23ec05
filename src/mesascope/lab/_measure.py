"""weights -> record: everything that is measured of one trial, without a look at any other."""

import functools
from typing import NamedTuple

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
from jaxtyping import Array, PyTree

from ..models import AbstractModel, answers
from ..outcomes import AbstractTail
from ..power import (
    Scores,
    answer_all,
    best_temperature,
    ceiling,
    fit_readouts,
    read,
    references,
    score,
    stage_features,
    stage_grid,
)
from ..tasks import (
    GENERATOR,
    NUM_NOVEL,
    AbstractAnswered,
    AbstractExtended,
    AbstractNavigated,
    AbstractPlayed,
    AbstractTaught,
    novel,
    overlaps,
    pool,
    tempering,
)
from ._expected import expected
from ._signs import moved_goals, play_scores, signs
from .trials import Checkpoint, Trial

MEASURE_VERSION = 1
"""Raised when a measure changes: `remeasure` brings older records up to it."""

SIBLINGS = (0, 1, 2, 3, 4)
"""Seeds on whose pools every network is measured, so that tuned bits need no second look at any network."""

READING_SEED = 1_000_000
NUM_READING = 1024
"""The stream and number of instances on which read-outs are fitted."""


class Set(NamedTuple):
    """Instances to measure on, with their reference tails.

    Fields:
        instances: repeated up to `NUM_NOVEL` rows, so that all sets share compiled programs.
        tails: of those rows.
        size: rows that count.
    """

    instances: PyTree[Array]
    tails: AbstractTail
    size: int


class Measured(NamedTuple):
    """What was measured of one trial.

    Fields:
        metrics: columns view, step, index, instance, bits, success, utility: one row for each instance measured; of a
            computation whatever it calculates.
        temperatures: the sampling temperature chosen at each checkpoint's step.
        signs: value, low and high of each sign that run-time power is search, by name; of planted algorithms.
        expected: what a planted algorithm states that they are.
    """

    metrics: dict[str, np.ndarray]
    temperatures: dict[int, float]
    signs: dict[str, list[float | None]]
    expected: dict[str, float]


def measure(trial: Trial, checkpoints: list[Checkpoint]) -> Measured:
    """All measurements of a trial.

    Views at every checkpoint, at temperature 1 unless said otherwise:
        own: the first 256 instances of the trial's own pool.
        sibling: index j, those of seed j's pool, without any that are in the own pool.
        novel: the evaluation set; novel-tempered: at the temperature chosen on separate instances.
    Views at the last checkpoint:
        own-hidden, novel-hidden: with nothing shown.
        thinking: index d, novel instances after d thoughts, at the chosen temperature.
        readout: index d, novel instances by a read-out fitted after serial stage d, at a temperature of its own.
        beyond: instances of the harder part that is never trained on, of a task that has one, at the chosen
            temperature.
        own-ceiling, novel-ceiling, beyond-ceiling: of a policy of highest utility.

    Of a played task: novel and novel-ceiling alone. Of a trial that calculates its own `columns`: those.
    """
    calculated = trial.columns(checkpoints)
    if calculated is not None:
        return Measured(calculated, {}, {}, {})
    table = _Table()
    if isinstance(trial.task, AbstractPlayed):
        _measure_played(table, trial, checkpoints[-1])
        return Measured(table.columns(), {}, {}, _expected(trial))
    temperatures = {}
    for checkpoint in checkpoints:
        temperatures[checkpoint.step] = _measure_checkpoint(table, trial, checkpoint)
    last = checkpoints[-1]
    # a planted algorithm is sampled as it was written
    temperature = 1.0 if trial.known else temperatures[last.step]
    _measure_last(table, trial, last, temperature)
    unseen = novel_set(trial.task)
    # signs take seconds each, and are of use where the answer is known; a sweep of trained networks does without
    found = signs(trial, last.model, unseen.instances, unseen.tails, temperature) if trial.known else {}
    return Measured(table.columns(), temperatures, found, _expected(trial))


def _expected(trial: Trial) -> dict[str, float]:
    if not trial.known:
        return {}
    unseen = novel_set(trial.task)
    goals = moved_goals(trial.task) if isinstance(trial.task, AbstractNavigated) else None
    return expected(trial, unseen.instances, goals)


def own_set(trial: Trial) -> Set:
    """The first instances of a trial's own pool."""
    return _pool_set(trial.task, trial.stream, min(trial.pool_size, NUM_NOVEL))


@functools.lru_cache(maxsize=16)
def novel_set(task: AbstractAnswered) -> Set:
    """The evaluation set of a task."""
    return _with_tails(task, novel(task))


def _measure_checkpoint(table: "_Table", trial: Trial, checkpoint: Checkpoint) -> float:
    step, model = checkpoint.step, checkpoint.model
    own = own_set(trial)
    table.add("own", step, 0, _worth(trial.task, own, _answers(trial, model, own.instances)))
    siblings = tuple(seed for seed in (SIBLINGS[:2] if trial.known else SIBLINGS) if seed != trial.stream)
    shared = _shared_with_own(trial.task, trial.stream, trial.pool_size, siblings)
    for seed in siblings:
        sibling = _pool_set(trial.task, seed, min(trial.pool_size, NUM_NOVEL))
        scores = _worth(trial.task, sibling, _answers(trial, model, sibling.instances))
        table.add("sibling", step, seed, scores, ~shared[seed])
    fair, unseen = _tempering_set(trial.task), novel_set(trial.task)
    temperature = _temperature(trial.task, fair, _answers(trial, model, fair.instances))
    logits = _answers(trial, model, unseen.instances)
    table.add("novel", step, 0, _worth(trial.task, unseen, logits))
    table.add("novel-tempered", step, 0, _worth(trial.task, unseen, logits, temperature))
    return temperature


def _measure_last(table: "_Table", trial: Trial, last: Checkpoint, temperature: float) -> None:
    task, model, step = trial.task, last.model, last.step
    own, unseen = own_set(trial), novel_set(task)
    for name, instances in (("own", own), ("novel", unseen)):
        hidden = _answers(trial, model, instances.instances, hide=True)
        table.add(f"{name}-hidden", step, 0, _worth(task, instances, hidden))
        table.add(f"{name}-ceiling", step, 0, _cut(ceiling(task, instances.instances, instances.tails), instances.size))
    # of planted algorithms the ends alone: their gain is among the signs
    curve = sorted({0, trial.thinking}) if trial.known else thinking_grid(trial.thinking)
    for depth, logits in zip(curve, _thinking_curve(trial, model, unseen.instances)[np.array(curve)]):
        table.add("thinking", step, depth, _worth(task, unseen, logits, temperature))
    if isinstance(task, AbstractTaught):
        _measure_readouts(table, trial, model, step)
    if isinstance(task, AbstractExtended):
        harder = task.beyond()
        beyond = novel_set(harder)
        answers_ = answer_all(harder, trial.thinking, model, beyond.instances)
        table.add("beyond", step, 0, _worth(harder, beyond, answers_, temperature))
        table.add("beyond-ceiling", step, 0, ceiling(harder, beyond.instances, beyond.tails))


def _measure_readouts(table: "_Table", trial: Trial, model: AbstractModel, step: int) -> None:
    for stage, scores in readout_scores(trial, model).items():
        table.add("readout", step, stage, scores)


def novel_scores(trial: Trial, model: AbstractModel, temperature: float) -> Scores:
    """The worth of a network's answers on the evaluation set."""
    unseen = novel_set(trial.task)
    return _worth(trial.task, unseen, _answers(trial, model, unseen.instances), temperature)


def readout_scores(trial: Trial, model: AbstractModel) -> dict[int, Scores]:
    """The worth of read-outs fitted after each serial stage, on the evaluation set, at temperatures of their own."""
    task, thinking = trial.task, trial.thinking
    reading, fair, unseen = _reading_instances(task), _tempering_set(task), novel_set(task)
    features = [stage_features(model, task, i, thinking) for i in (reading, fair.instances, unseen.instances)]
    key = jr.fold_in(jr.key(READING_SEED, impl=GENERATOR), trial.seed)
    readouts = fit_readouts(key, task, features[0], reading)
    fair_answers, answers_ = read(readouts, features[1]), read(readouts, features[2])
    num_stages = _num_stages(model, task, reading, thinking)
    found = {}
    for stage, for_choice, logits in zip(stage_grid(num_stages), fair_answers, answers_):
        found[stage] = _worth(task, unseen, logits, _temperature(task, fair, for_choice))
    return found


def _measure_played(table: "_Table", trial: Trial, last: Checkpoint) -> None:
    unseen = novel_set(trial.task)
    scores = play_scores(trial, last.model, unseen.instances, unseen.tails)
    table.add("novel", last.step, 0, scores)
    table.add("novel-ceiling", last.step, 0, ceiling(trial.task, unseen.instances, unseen.tails))


def thinking_grid(thinking: int) -> list[int]:
    """Numbers of thoughts at which the thinking curve is measured: half-octaves up to twice those of training."""
    wanted = {0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, thinking, 2 * thinking}
    return sorted(depth for depth in wanted if depth <= 2 * thinking)


class _Table:
    """Columns that grow by one set of instances at a time."""

    def __init__(self):
        self._parts: list[tuple[str, int, int, np.ndarray, Scores]] = []

    def add(self, view: str, step: int, index: int, scores: Scores, keep: np.ndarray | None = None) -> None:
        kept = np.arange(len(scores.bits)) if keep is None else np.flatnonzero(keep)
        self._parts.append((view, step, index, kept, Scores(*(column[kept] for column in scores))))

    def columns(self) -> dict[str, np.ndarray]:
        def repeat(values, dtype):
            sizes = [len(part[3]) for part in self._parts]
            return np.repeat(np.array(values, dtype), sizes)

        views, steps, indices, instances, scores = zip(*self._parts)
        return {
            "view": repeat(views, object),
            "step": repeat(steps, np.int32),
            "index": repeat(indices, np.int32),
            "instance": np.concatenate(instances).astype(np.int32),
            **{name: np.concatenate([getattr(s, name) for s in scores]) for name in Scores._fields},
        }


def _with_tails(task: AbstractAnswered, instances: PyTree[Array]) -> Set:
    size = len(jax.tree.leaves(instances)[0])
    rows = jax.tree.map(lambda leaf: np.resize(leaf, (NUM_NOVEL, *leaf.shape[1:])), instances)
    return Set(rows, references(task, rows), size)


@functools.lru_cache(maxsize=64)
def _pool_set(task: AbstractAnswered, seed: int, size: int) -> Set:
    return _with_tails(task, pool(task, seed, size))


@functools.lru_cache(maxsize=16)
def _tempering_set(task: AbstractAnswered) -> Set:
    return _with_tails(task, tempering(task))


@functools.lru_cache(maxsize=4)
def _reading_instances(task: AbstractAnswered) -> PyTree[Array]:
    return pool(task, READING_SEED, NUM_READING)


@functools.lru_cache(maxsize=16)
def _shared_with_own(task: AbstractAnswered, seed: int, size: int, siblings: tuple[int, ...]) -> dict[int, np.ndarray]:
    """Which rows of each sibling's set are in the pool of a seed, too; that pool is drawn once for all of them."""
    sets = [pool(task, sibling, min(size, NUM_NOVEL)) for sibling in siblings]
    return dict(zip(siblings, overlaps(task, sets, pool(task, seed, size))))


def _worth(task: AbstractAnswered, of: Set, logits, temperature: float = 1.0) -> Scores:
    return _cut(score(task, of.instances, of.tails, logits, temperature), of.size)


def _temperature(task: AbstractAnswered, fair: Set, logits) -> float:
    return best_temperature(task, fair.instances, fair.tails, logits)


def _cut(scores: Scores, size: int) -> Scores:
    return Scores(*(column[:size] for column in scores))


def _answers(trial: Trial, model: AbstractModel, instances: PyTree[Array], hide: bool = False):
    return answer_all(trial.task, trial.thinking, model, instances, hide)


def _thinking_curve(trial: Trial, model: AbstractModel, instances: PyTree[Array]):
    return _answer_curve(trial.task, 2 * trial.thinking, model, instances)


@eqx.filter_jit
def _answer_curve(task, max_thinking, model, instances):
    curve = jax.lax.map(lambda i: answers(model, task.observe(i), max_thinking), instances, batch_size=64)
    return curve.swapaxes(0, 1)


def _num_stages(model: AbstractModel, task: AbstractAnswered, instances: PyTree[Array], thinking: int) -> int:
    one = jax.tree.map(lambda leaf: leaf[0], instances)
    return eqx.filter_eval_shape(lambda m: m.stages(task.observe(one), thinking), model).shape[0]
