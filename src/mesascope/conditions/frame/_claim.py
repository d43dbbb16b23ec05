"""A claim: trainings on a grid of arms and levels, an effect, a rule, and what is shown."""

import abc
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

import numpy as np

from ...findings import Chart, Field, Filming, Finding, Table
from ...lab import BOUNDARY, AbstractRecords, Trial
from ...outcomes import Estimate
from ...stats import Verdict, detectable
from ._cells import Cells, Measure, Plan
from ._condition import AbstractCondition
from ._effects import AbstractEffect, trend_test
from ._ledger import diverged
from ._measures import INTERNAL, NOVEL_SHARE, OWN_SHARE, THINKING_GAIN, TUNED
from ._rule import AbstractRule, Control, Judged
from ._shown import chance, every_seed, means, over_the_knob

UNDECIDED = "These runs do not decide it."

Shown = Table | Chart | Filming


class AbstractClaim(AbstractCondition):
    """One claim of the post put to the test. Implementations are frozen dataclasses whose fields are settings.

    Everything that a verdict depends on is fixed in the class before anything is run. `plan` and `effect` are what is
    particular; all else is parts that are named here, and most claims take the standard ones. A part is a function of
    the claim and its cells.

    Fields:
        rule: how the effect becomes a verdict.
        unfinished: what is lacking where there is no effect yet, as a sentence without its end.
        answers: what each verdict says to people, worded before the run.
        keeps_diverged: whether trainings that diverged count, as their last finite networks.
        knob: what the claim turns, as an axis.
        measures: columns of the standard table.
        reason: the sentence that leads from the effect to the verdict, where the rule's own would not do.
        controls: what must hold, else the result is inconclusive.
        remarks: what a reader must know beside the verdict.
        beside: sentences that go with every verdict.
        shows: tables, charts and films; a part may yield several, or none.
    """

    rule: ClassVar[AbstractRule]
    unfinished: ClassVar[str]
    answers: ClassVar[Mapping[Verdict, str]]
    keeps_diverged: ClassVar[bool] = True
    knob: ClassVar[Field] = Field("level", "level")
    measures: ClassVar[tuple[Measure, ...]] = (OWN_SHARE, NOVEL_SHARE, TUNED, INTERNAL, THINKING_GAIN)
    reason: ClassVar[Callable[["AbstractClaim", Cells, Estimate], str] | None] = None
    controls: ClassVar[tuple[Callable[["AbstractClaim", Cells], Iterable[Control]], ...]] = ()
    remarks: ClassVar[tuple[Callable[["AbstractClaim", Cells], Iterable[str]], ...]] = ()
    beside: ClassVar[tuple[Callable[["AbstractClaim", Cells], str], ...]] = ()
    shows: ClassVar[tuple[Callable[["AbstractClaim", Cells], Shown | Iterable[Shown] | None], ...]] = (
        means,
        every_seed,
        over_the_knob,
    )

    @abc.abstractmethod
    def plan(self) -> Plan:
        """The trials of every cell, by seed."""

    @abc.abstractmethod
    def effect(self, boundary: int) -> AbstractEffect:
        """The primary measure, with reflexes ending at a serial depth."""

    def sweep(self) -> list[Trial]:
        """All trials of the plan, each once."""
        return list(dict.fromkeys(t for seeds in self.plan().values() for trials in seeds.values() for t in trials))

    def analyse(self, records: AbstractRecords) -> Finding:
        """Finding from what is finished."""
        cells = Cells(records, self.plan(), self.keeps_diverged, self.views)
        parts = {boundary: self.effect(boundary) for boundary in self.rule.boundaries}
        effects = {boundary: part.estimate(cells) for boundary, part in parts.items()}
        judged = self._judge(effects, parts, cells)
        # remarks on divergence first: they bear on every number
        remarks = diverged(cells.num_diverged, self.keeps_diverged)
        remarks += [remark for part in self.remarks for remark in part(self, cells)]
        shown = [one for part in self.shows for one in _several(part(self, cells))]
        tables, charts, films = (tuple(one for one in shown if isinstance(one, k)) for k in (Table, Chart, Filming))
        fixed = self.name, self.section, self.claim, self.prediction, effects[BOUNDARY]
        limit = self.rule.unit, self.rule.smallest_effect
        chances = self._p_value(judged, parts, cells), self._answer(judged), self._detectable(judged, parts, cells)
        return Finding(*fixed, *limit, *judged, tuple(remarks), tables, charts, films, *chances)

    def _answer(self, judged: Judged) -> str | None:
        """Answer in plain words, from the verdict; None without one."""
        return None if judged.verdict is None else self.answers.get(judged.verdict, UNDECIDED)

    def _p_value(self, judged: Judged, parts: dict[int, AbstractEffect], cells: Cells) -> float | None:
        """The greatest p over the boundaries, since a verdict has to hold at all of them."""
        if judged.verdict is None:
            return None
        return max(self.rule.p_value(judged.verdict, functools.partial(part.p_value, cells)) for part in parts.values())

    def _detectable(self, judged: Judged, parts: dict[int, AbstractEffect], cells: Cells) -> float | None:
        """True effect that the rule would have called supported with 80% probability, at every boundary by itself."""
        if judged.verdict is None:
            return None
        spreads = [part.spread(cells) for part in parts.values()]
        if not all(spread and 0 < spread.error < np.inf for spread in spreads):
            return None
        threshold, above = self.rule.predicted
        found = [detectable(threshold, spread.error, spread.freedom, above) for spread in spreads]
        return max(found) if above else min(found)

    def _judge(self, effects: dict[int, Estimate | None], parts: dict[int, AbstractEffect], cells: Cells) -> Judged:
        if None in effects.values():
            return Judged(None, f"No verdict yet: {self.unfinished}.")
        said = [obstacle for part in self.controls for control in part(self, cells) if (obstacle := control.obstacle())]
        if said:
            return Judged("inconclusive", f"A control falls short, and the result would show nothing. {' '.join(said)}")
        judged = self.rule.judge(effects, cells)
        reason = self.reason(cells, effects[BOUNDARY]) if self.reason else judged.reason
        known = [said for said in (parts[BOUNDARY].about(cells), _over_all_levels(parts[BOUNDARY], cells)) if said]
        return judged._replace(reason=" ".join([reason, *known, *(part(self, cells) for part in self.beside)]))


def _over_all_levels(effect: AbstractEffect, cells: Cells) -> str | None:
    """Sentence on the trend, of which the effect is the difference between the ends."""
    p = trend_test(effect, cells)
    return None if p is None else f"Over all levels the rise has p {chance(p)} (Jonckheere-Terpstra)."


def _several(found: Shown | Iterable[Shown] | None) -> Iterable[Shown]:
    if found is None:
        return ()
    return (found,) if isinstance(found, Table | Chart | Filming) else found
