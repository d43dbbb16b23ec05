"""One network under measurement, with what several views of it share."""

import dataclasses
import functools
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..models import AbstractModel, answers
from ..power import (
    Scores,
    answer_all,
    best_temperature,
    ceiling,
    fit_readouts,
    read,
    score,
    stage_features,
    stage_grid,
    with_neighbours,
)
from ..tasks import GENERATOR, AbstractPlayed, AbstractTask
from ._sets import READING_SEED, Set, novel_set, reading_instances, tempering_set
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
        return _best(self.task, fair, self.answers(fair))

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

    def novel_curve(self, depths: Sequence[int]) -> Float[Array, "depths instances *places actions"]:
        """Its logits on the evaluation set after each of some numbers of thoughts, up to twice those of training."""
        curve = _answer_curve(self.task, 2 * self.trial.thinking, self.model, self.unseen.instances)
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

    def readouts(self, wide: bool = False) -> dict[int, Scores]:
        """The worth of read-outs fitted after each serial stage, on the evaluation set.

        Each is sampled at a temperature of its own, chosen on separate instances.

        Args:
            wide: read-outs of a place see its four neighbours, too.
        """
        task, model, thinking = self.task, self.model, self.trial.thinking
        reading, fair, unseen = reading_instances(task), tempering_set(task), self.unseen
        features = [stage_features(model, task, i, thinking) for i in (reading, fair.instances, unseen.instances)]
        features = [with_neighbours(each) for each in features] if wide else features
        key = jr.fold_in(jr.key(READING_SEED, impl=GENERATOR), self.trial.seed)
        fitted = fit_readouts(key, task, features[0], reading)
        stages = stage_grid(_num_stages(model, task, reading, thinking))
        fair_answers, novel_answers = read(fitted, features[1]), read(fitted, features[2])
        return {
            stage: self.worth(unseen, logits, _best(task, fair, for_choice))
            for stage, for_choice, logits in zip(stages, fair_answers, novel_answers)
        }


def _best(task, fair: Set, logits) -> float:
    return best_temperature(task, fair.instances, fair.tails, logits)


def _cut(scores: Scores, size: int) -> Scores:
    return Scores(*(column[:size] for column in scores))


@eqx.filter_jit
def _answer_curve(task, max_thinking, model, instances):
    curve = jax.lax.map(lambda i: answers(model, task.observe(i), max_thinking), instances, batch_size=64)
    return curve.swapaxes(0, 1)


def _num_stages(model: AbstractModel, task: AbstractTask, instances: PyTree[Array], thinking: int) -> int:
    one = jax.tree.map(lambda leaf: leaf[0], instances)
    return eqx.filter_eval_shape(lambda m: m.stages(task.observe(one), thinking), model).shape[0]
