"""The table of views: everything that is measured of a network, one value each."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from ..power import SIZES, WIDE, ReadoutSize, Scores
from ..tasks import AbstractAnswered, AbstractExtended, AbstractPlayed, AbstractTaught
from ._sets import own_set, pool_set, shared_with_own
from ._subject import Subject

SIBLINGS = (0, 1, 2, 3, 4)
"""Seeds on whose pools every network is measured, so that tuned bits need no second look at any network."""


class Part(NamedTuple):
    """Some rows of a view.

    Fields:
        scores: of the instances measured.
        index: a seed, a stage or a number of thoughts; 0 in a view that has no parts.
        kept: which of the instances count, by number; None for all.
    """

    scores: Scores
    index: int = 0
    kept: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class View:
    """One thing that is measured of a network, and how.

    Fields:
        name: in the column `view` of a record.
        score: the parts of the view, from a network.
        when: whether the network of a checkpoint is asked.
        needs: whether the task allows it.
        index: what the column `index` stands for.
        probed: whether it is also measured on each task that the trial is probed on, under the name `of_probe`.
    """

    name: str
    score: Callable[[Subject], Iterable[Part]]
    when: Callable[[Subject], bool]
    needs: Callable[[Subject], bool]
    index: str = ""
    probed: bool = False

    def due(self, subject: Subject) -> bool:
        """Whether the view is measured of a network."""
        allowed = self.probed or subject.probe is None
        return allowed and self.when(subject) and self.needs(subject)

    def of_probe(self, number: int) -> str:
        """The name in a record of this view of the trial's probe of that number, counted from 0."""
        return f"{self.name}:{number}"


def every(subject: Subject) -> bool:
    """Measured at every checkpoint."""
    return True


def last(subject: Subject) -> bool:
    """Measured at the last checkpoint."""
    return subject.last


def last_or_asked(subject: Subject) -> bool:
    """Measured at the last checkpoint, and at every one if the trial asks for that."""
    return subject.last or subject.trial.read_every


def wide(subject: Subject) -> bool:
    """Measured where read-outs are, if the trial asks for wide ones."""
    return last_or_asked(subject) and subject.trial.wide_readouts


def any_task(subject: Subject) -> bool:
    """Needs nothing of the task."""
    return True


def answered(subject: Subject) -> bool:
    """The task is answered at once, and the network's own answers are answers to it."""
    return isinstance(subject.task, AbstractAnswered) and subject.task.num_actions == subject.trial.task.num_actions


def answered_or_played(subject: Subject) -> bool:
    """The network acts in the task, in one way or the other."""
    return isinstance(subject.task, AbstractPlayed) or answered(subject)


def taught(subject: Subject) -> bool:
    """The task is answered at once and can show a good answer."""
    return isinstance(subject.task, AbstractAnswered) and isinstance(subject.task, AbstractTaught)


def taught_and_answered(subject: Subject) -> bool:
    """The task can show a good answer, and the network is measured on its own pool."""
    return taught(subject) and answered(subject)


def extended(subject: Subject) -> bool:
    """The task has a harder part that is never trained on."""
    return isinstance(subject.task, AbstractExtended)


def thinking_grid(thinking: int) -> list[int]:
    """Numbers of thoughts at which the thinking curve is measured: half-octaves up to twice those of training."""
    wanted = {0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, thinking, 2 * thinking}
    return sorted(depth for depth in wanted if depth <= 2 * thinking)


def _own(subject: Subject) -> Iterable[Part]:
    own = own_set(subject.trial)
    yield Part(subject.worth(own, subject.answers(own)))


def _siblings(subject: Subject) -> Iterable[Part]:
    trial = subject.trial
    among = SIBLINGS[:2] if trial.known else SIBLINGS
    seeds = tuple(seed for seed in among if seed != trial.stream)
    shared = shared_with_own(trial.task, trial.stream, trial.pool_size, seeds)
    for seed in seeds:
        sibling = pool_set(trial.task, seed, own_set(trial).size)
        yield Part(subject.worth(sibling, subject.answers(sibling)), seed, np.flatnonzero(~shared[seed]))


def _novel(subject: Subject) -> Iterable[Part]:
    yield Part(subject.novel())


def _tempered(subject: Subject) -> Iterable[Part]:
    yield Part(subject.novel(subject.chosen))


def _own_hidden(subject: Subject) -> Iterable[Part]:
    own = own_set(subject.trial)
    yield Part(subject.worth(own, subject.answers(own, hide=True)))


def _own_ceiling(subject: Subject) -> Iterable[Part]:
    yield Part(subject.best(own_set(subject.trial)))


def _novel_hidden(subject: Subject) -> Iterable[Part]:
    yield Part(subject.worth(subject.unseen, subject.answers(subject.unseen, hide=True)))


def _novel_ceiling(subject: Subject) -> Iterable[Part]:
    yield Part(subject.best(subject.unseen))


def _thinking(subject: Subject) -> Iterable[Part]:
    thinking = subject.trial.thinking
    # of planted algorithms the ends alone: their gain is among the signs
    depths = sorted({0, thinking}) if subject.trial.known else thinking_grid(thinking)
    for depth, logits in zip(depths, subject.curve(subject.unseen, depths)):
        yield Part(subject.worth(subject.unseen, logits, subject.temperature), depth)


def _own_thinking(subject: Subject) -> Iterable[Part]:
    own, thinking = own_set(subject.trial), subject.trial.thinking
    depths = [depth for depth in thinking_grid(thinking) if depth <= thinking]
    for depth, logits in zip(depths, subject.curve(own, depths)):
        yield Part(subject.worth(own, logits, subject.temperature), depth)


def _largest_readouts(subject: Subject) -> Iterable[Part]:
    for stage, scores in subject.largest_readouts().items():
        yield Part(scores, stage)


def _readouts_by(size: ReadoutSize) -> Callable[[Subject], Iterable[Part]]:
    def parts(subject: Subject) -> Iterable[Part]:
        for stage, reading in subject.readouts[size.name].items():
            yield Part(reading.scores, stage)

    return parts


def _crossed_readouts(subject: Subject) -> Iterable[Part]:
    for stage, scores in subject.crossed_readouts().items():
        yield Part(scores, stage)


def _beyond(subject: Subject) -> Iterable[Part]:
    yield Part(subject.on(subject.task.beyond()).novel(subject.temperature))


def _beyond_ceiling(subject: Subject) -> Iterable[Part]:
    yield from _novel_ceiling(subject.on(subject.task.beyond()))


OWN = View("own", _own, every, answered)
"""The first 256 instances of the trial's own pool."""

SIBLING = View("sibling", _siblings, every, answered, "seed")
"""The pools of other seeds, without instances that are in the trial's own."""

NOVEL = View("novel", _novel, every, answered_or_played, probed=True)
"""The evaluation set."""

NOVEL_TEMPERED = View("novel-tempered", _tempered, every, answered, probed=True)
"""The evaluation set, at the temperature chosen on separate instances."""

OWN_HIDDEN = View("own-hidden", _own_hidden, last, answered)
"""Own instances with nothing of them shown."""

OWN_CEILING = View("own-ceiling", _own_ceiling, last, answered)
"""What a policy of highest utility makes of own instances."""

NOVEL_HIDDEN = View("novel-hidden", _novel_hidden, last, answered)
"""The evaluation set with nothing of it shown."""

NOVEL_CEILING = View("novel-ceiling", _novel_ceiling, last, any_task, probed=True)
"""What a policy of highest utility makes of the evaluation set."""

THINKING = View("thinking", _thinking, last, answered, "number of thoughts", probed=True)
"""The evaluation set after so many thoughts, at the temperature at which the network is sampled."""

OWN_THINKING = View("own-thinking", _own_thinking, last, answered, "number of thoughts")
"""Own instances after so many thoughts, at the temperature at which the network is sampled."""

READOUT = View("readout", _largest_readouts, last_or_asked, taught, "serial stage", probed=True)
"""The evaluation set by that read-out, of all sizes, that makes most of a deciding stage, at its own temperature."""

READOUT_BY_SIZE = tuple(
    View(f"readout/{size.name}", _readouts_by(size), when, taught, "serial stage", probed=True)
    for size, when in (*((size, last_or_asked) for size in SIZES), (WIDE, wide))
)
"""The evaluation set by read-outs of each size: the smallest after all serial stages, others after deciding ones."""

OWN_READOUT = View("own-readout", _crossed_readouts, last, taught_and_answered, "serial stage")
"""Own instances by small read-outs that were fitted on others of the pool, after the boundary and the last stage."""

BEYOND = View("beyond", _beyond, last, extended)
"""Instances of the harder part that is never trained on, at the temperature at which the network is sampled."""

BEYOND_CEILING = View("beyond-ceiling", _beyond_ceiling, last, extended)
"""What a policy of highest utility makes of that harder part."""

VIEWS = (
    OWN,
    SIBLING,
    NOVEL,
    NOVEL_TEMPERED,
    OWN_HIDDEN,
    OWN_CEILING,
    NOVEL_HIDDEN,
    NOVEL_CEILING,
    THINKING,
    OWN_THINKING,
    READOUT,
    *READOUT_BY_SIZE,
    OWN_READOUT,
    BEYOND,
    BEYOND_CEILING,
)
"""All views, in the order of a record's rows. At temperature 1 where nothing else is said."""
