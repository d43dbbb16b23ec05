"""One network under measurement, with what several views of it share."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ..models import AbstractModel, answers
from ..power import (
    SIZES,
    TEMPERATURES,
    WIDE,
    ReadoutSize,
    Scores,
    answer_all,
    best_temperature,
    ceiling,
    fit_readouts,
    read,
    score,
    stage_features,
    stage_grid,
)
from ..tasks import GENERATOR, NUM_NOVEL, AbstractPlayed, AbstractTask, pool
from ._levels import BOUNDARY
from ._sets import READING_SEED, Set, novel_set, own_set, reading_instances, tempering_set
from ._signs import play_scores
from .trials import Checkpoint, Trial


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """One network of a trial on one task: its own, or one that it is probed on.

    Fields:
        trial: which network it is.
        task: what it is measured on.
        checkpoint: the network and its step.
        last: whether it is the trial's last.
        home: the same network on the trial's own task; None where this is it.
        probe: number of the probe; None where it is measured on its own task.
    """

    trial: Trial
    task: AbstractTask
    checkpoint: Checkpoint
    last: bool
    home: "Subject | None" = None
    probe: int | None = None

    def on(self, task: AbstractTask, probe: int | None = None) -> "Subject":
        """The same network on another task."""
        return dataclasses.replace(self, task=task, home=self, probe=probe)

    @property
    def model(self) -> AbstractModel:
        """The network."""
        return self.checkpoint.model

    @property
    def unseen(self) -> Set:
        """The evaluation set of the task that it is measured on."""
        return novel_set(self.task)

    @functools.cached_property
    def chosen(self) -> float:
        """The temperature with the most bits on separate instances of its own task, whatever it is measured on."""
        if self.home is not None:
            return self.home.chosen
        fair = tempering_set(self.task)
        return best_temperature(self.task, fair.instances, fair.tails, self.answers(fair))[0]

    @property
    def temperature(self) -> float:
        """The temperature at which it is sampled: that chosen, but of a planted algorithm as it was written."""
        return 1.0 if self.trial.known else self.chosen

    @functools.cached_property
    def novel_answers(self) -> Float[Array, "instances *places actions"]:
        """Its logits on the evaluation set."""
        return self.answers(self.unseen)

    def answers(self, of: Set, hide: bool = False) -> Float[Array, "instances *places actions"]:
        """Its logits on a set of instances, with nothing of them shown if `hide` is set."""
        return answer_all(self.task, self.trial.thinking, self.model, of.instances, hide)

    def curve(self, of: Set, depths: Sequence[int]) -> Float[Array, "depths instances *places actions"]:
        """Its logits on a set of instances after each of some numbers of thoughts, up to twice those of training."""
        curve = _answer_curve(self.task, 2 * self.trial.thinking, self.model, of.instances)
        return curve[np.array(depths)]

    def worth(self, of: Set, logits: Float[Array, "instances *places actions"], temperature: float = 1.0) -> Scores:
        """The worth of logits on a set of instances."""
        return _cut(score(self.task, of.instances, of.tails, logits, temperature), of.size)

    def best(self, of: Set) -> Scores:
        """The worth of a policy of highest utility on a set of instances."""
        return _cut(ceiling(self.task, of.instances, of.tails), of.size)

    def novel(self, temperature: float = 1.0) -> Scores:
        """The worth of its answers on the evaluation set; of its play, where the task is played."""
        if isinstance(self.task, AbstractPlayed):
            return play_scores(self.trial, self.model, self.unseen.instances, self.unseen.tails)
        return self.worth(self.unseen, self.novel_answers, temperature)

    @functools.cached_property
    def readouts(self) -> dict[str, dict[int, "Reading"]]:
        """What read-outs make of each serial stage, on the evaluation set, by the name of their size and by stage.

        Each is sampled at a temperature of its own, chosen on separate instances.
        """
        sizes = (*SIZES, WIDE) if self.trial.wide_readouts else SIZES

        @functools.cache
        def fitted_on(number: int, stages: tuple[int, ...]):
            instances = reading_instances(self.task, number)
            return instances, self._features(instances, stages)

        return {size.name: self._read_by(size, *fitted_on(size.instances, self._stages(size))) for size in sizes}

    def largest_readouts(self) -> dict[int, Scores]:
        """The worth of the read-out, of all sizes, that makes most of a stage: chosen on separate instances.

        Of the deciding stages alone, after which every size is fitted.
        """
        sizes = list(self.readouts.values())
        common = sorted(set(sizes[0]).intersection(*sizes[1:]))
        return {stage: max((by[stage] for by in sizes), key=lambda reading: reading.fair).scores for stage in common}

    def _stages(self, size: ReadoutSize) -> tuple[int, ...]:
        return tuple(size.stages(self.num_stages))

    def _read_by(self, size: ReadoutSize, instances: PyTree[Array], features) -> dict[int, "Reading"]:
        task, fair, unseen, stages = self.task, tempering_set(self.task), self.unseen, self._stages(size)
        fitted = fit_readouts(self._reading_key, size, task, features, instances)
        read_of = [read(fitted, self._features(of.instances, stages)) for of in (fair, unseen)]
        found = {}
        for stage, for_choice, logits in zip(stages, *read_of):
            temperature, bits = best_temperature(task, fair.instances, fair.tails, for_choice)
            found[stage] = Reading(bits, self.worth(unseen, logits, temperature))
        return found

    def crossed_readouts(self) -> dict[int, Scores]:
        """The worth of small read-outs on its own instances, after the boundary and after the last stage.

        Fitted on every other instance of its pool, and read on those between; both halves are read. The temperature of
        a half is the best one of the other, so that no instance has a say in how it is read itself. Nothing of a pool
        of fewer than four instances: there is nothing to fit on.
        """
        task, size, own = self.task, SIZES[0], own_set(self.trial)
        if own.size < 4:
            return {}
        stages = sorted({min(BOUNDARY, self.num_stages - 1), self.num_stages - 1})
        known = pool(task, self.trial.stream, min(self.trial.pool_size, size.instances))
        rows, half = np.arange(len(jax.tree.leaves(known)[0])), np.arange(NUM_NOVEL) % own.size % 2
        shown = self._features(own.instances, stages)

        def by(others: np.ndarray):
            fit_on = jax.tree.map(lambda leaf: leaf[others], known)
            fitted = fit_readouts(self._reading_key, size, task, self._features(fit_on, stages), fit_on)
            return np.asarray(read(fitted, shown))

        # as many rows for every pool, so that all share one program
        by_half = [by(np.resize(rows[rows % 2 != each], size.instances)) for each in (0, 1)]
        crossed = np.where((half == 0).reshape(-1, *(1,) * (by_half[0].ndim - 2)), *by_half)
        return {stage: self._crossed(own, logits, half) for stage, logits in zip(stages, crossed)}

    def _crossed(self, own: Set, logits, half: np.ndarray) -> Scores:
        """The worth of logits, each half of the instances at the temperature that suits the other best."""
        half = half[: own.size]
        tried = [self.worth(own, logits, temperature) for temperature in TEMPERATURES]
        best = [int(np.argmax([np.mean(each.bits[half != which]) for each in tried])) for which in (0, 1)]
        return Scores(*(np.where(half == 0, a, b) for a, b in zip(tried[best[0]], tried[best[1]])))

    def _features(self, instances: PyTree[Array], stages: Sequence[int]) -> Float[Array, "stages instances ..."]:
        """What it represents after some serial stages."""
        grid = stage_grid(self.num_stages)
        # of few instances all stages of the grid are had at once, by one program for whichever are wanted
        few = len(jax.tree.leaves(instances)[0]) <= SIZES[0].instances
        found = stage_features(self.model, self.task, instances, self.trial.thinking, tuple(grid if few else stages))
        return found[np.array([grid.index(stage) for stage in stages])] if few else found

    @functools.cached_property
    def num_stages(self) -> int:
        """Serial stages, the observation's own among them."""
        return _num_stages(self.model, self.task, self.unseen.instances, self.trial.thinking)

    @property
    def _reading_key(self) -> PRNGKeyArray:
        return jr.fold_in(jr.key(READING_SEED, impl=GENERATOR), self.trial.seed)


class Reading(NamedTuple):
    """What a read-out makes of a stage.

    Fields:
        fair: mean bits on separate instances, at the temperature that was chosen there.
        scores: on the evaluation set, at that temperature.
    """

    fair: float
    scores: Scores


def _cut(scores: Scores, size: int) -> Scores:
    return Scores(*(column[:size] for column in scores))


@eqx.filter_jit
def _answer_curve(task, max_thinking, model, instances):
    curve = jax.lax.map(lambda i: answers(model, task.observe(i), max_thinking), instances, batch_size=64)
    return curve.swapaxes(0, 1)


def _num_stages(model: AbstractModel, task: AbstractTask, instances: PyTree[Array], thinking: int) -> int:
    one = jax.tree.map(lambda leaf: leaf[0], instances)
    return eqx.filter_eval_shape(lambda m: m.stages(task.observe(one), thinking), model).shape[0]
