"""Rules: how an effect's intervals become a verdict, and the sentence that says so."""

import abc
import dataclasses
from collections.abc import Callable
from typing import ClassVar, Literal, NamedTuple

from ...lab import BOUNDARY
from ...outcomes import Estimate
from ...stats import Verdict, verdict
from ._cells import Cells

BOUNDARIES = (2, 3, 5)
"""Serial depths at which a reflex may end: a verdict must hold at all of them."""


class Judged(NamedTuple):
    """A verdict, and how the rule leads to it."""

    verdict: Verdict | None
    reason: str


class AbstractRule(abc.ABC):
    """A way from an effect to a verdict, fixed before the run.

    Fields:
        smallest_effect: the smallest that matters, or the threshold.
        unit: of it.
        boundaries: serial depths at which the effect is taken; the verdict must be the same at all.
    """

    boundaries: tuple[int, ...]
    smallest_effect: float
    unit: str

    @abc.abstractmethod
    def judge(self, effects: dict[int, Estimate], cells: Cells | None = None) -> Judged:
        """The verdict from the effect at each boundary of reflexes, and from whatever else a rule looks at."""

    @abc.abstractmethod
    def p_value(self, found: Verdict, p: Callable[[float, bool], float]) -> float:
        """Probability that chance alone brings the effect so far to the side that a verdict speaks of.

        Of an open verdict, the side that was predicted.

        Args:
            found: the verdict.
            p: from a threshold, and whether the alternative lies above it, to the effect's one-sided p.
        """

    @property
    def predicted(self) -> tuple[float, bool]:
        """The threshold beyond which the interval must lie to support, and whether that is above it."""
        asked: list[tuple[float, bool]] = []
        # the one test that a verdict of support asks for
        self.p_value("supported", lambda threshold, above: asked.append((threshold, above)) or 0.0)
        return asked[0]

    @property
    @abc.abstractmethod
    def words(self) -> str:
        """The rule as a sentence, before anything is known."""


@dataclasses.dataclass(frozen=True)
class Beyond(AbstractRule):
    """Wholly beyond the smallest effect in the predicted direction, at every depth at which reflexes may end.

    Fields:
        over: what the interval is over, in words, where that is not seeds; from the cells where it takes a count.
        boundaries: one alone where the effect does not hang on where reflexes end.
    """

    smallest_effect: float
    unit: str = "bits"
    over: str | Callable[[Cells], str] = ""
    boundaries: tuple[int, ...] = BOUNDARIES

    def judge(self, effects, cells=None):
        outcomes = {boundary: verdict(effect, self.smallest_effect) for boundary, effect in effects.items()}
        if len(set(outcomes.values())) > 1:
            found = ", ".join(f"{outcome} at depth {boundary}" for boundary, outcome in outcomes.items())
            return Judged("inconclusive", f"The verdict hangs on where reflexes end: {found}.")
        low, high = effects[BOUNDARY][1:]
        units = self.over if isinstance(self.over, str) else self.over(cells)
        over, digits = f" over {units}" if units else "", 1 if self.smallest_effect >= 1 else 2
        return Judged(
            outcomes[BOUNDARY],
            f"The interval [{low:.{digits}f}, {high:.{digits}f}] {self.unit}{over} is held against the smallest effect "
            f"that matters ({self.smallest_effect:g} {self.unit}){self._depths(', and the verdict is')}.",
        )

    def p_value(self, found, p):
        """One-sided p; for no effect the greater of the two tests against either limit."""
        limit = self.smallest_effect
        if found == "no effect":
            return max(p(limit, False), p(-limit, True))
        return p(-limit, False) if found == "contradicted" else p(limit, True)

    @property
    def words(self) -> str:
        limit = f"{self.smallest_effect:g} {self.unit}"
        return (
            f"Supported where the whole 95% interval lies above {limit}, contradicted where it lies below -{limit}, no "
            f"effect where it lies between them, else inconclusive{self._depths(';')}."
        )

    def _depths(self, link: str) -> str:
        several = len(self.boundaries) > 1
        depths = ", ".join(map(str, self.boundaries))
        return f"{link} the same with reflexes ending at serial depth {depths}" if several else ""


@dataclasses.dataclass(frozen=True)
class Threshold(AbstractRule):
    """Supported where the whole interval lies on the predicted side of a threshold, contradicted on the other.

    Fields:
        says: the sentence of the verdict, from the effect; a plain one where there is none.
        side: where the prediction lies.
    """

    boundaries: ClassVar = (BOUNDARY,)

    smallest_effect: float
    unit: str
    says: Callable[[Estimate], str] | None = None
    side: Literal["above", "below"] = "above"

    def judge(self, effects, cells=None):
        effect = effects[BOUNDARY]
        above, below = effect.low > self.smallest_effect, effect.high < self.smallest_effect
        if self.side == "below":
            above, below = below, above
        low, high = effect[1:]
        plain = f"The interval [{low:.2f}, {high:.2f}] {self.unit} is held against {self.smallest_effect:g}."
        said = self.says(effect) if self.says else plain
        return Judged("supported" if above else "contradicted" if below else "inconclusive", said)

    def p_value(self, found, p):
        return p(self.smallest_effect, (self.side == "above") == (found != "contradicted"))

    @property
    def words(self) -> str:
        other = {"above": "below", "below": "above"}[self.side]
        return (
            f"Supported where the whole 95% interval lies {self.side} {self.smallest_effect:g} ({self.unit}), "
            f"contradicted where it lies {other}, else inconclusive."
        )


@dataclasses.dataclass(frozen=True)
class Control:
    """A number that must lie within limits for a verdict to say anything.

    Fields:
        what: it is, as the beginning of a sentence.
        value: nan where it is not known, which falls short.
        least, most: the limits.
    """

    what: str
    value: float
    least: float = -float("inf")
    most: float = float("inf")

    def obstacle(self) -> str | None:
        """The sentence that says what falls short; None where nothing does."""
        if self.least <= self.value <= self.most:
            return None
        known = self.value == self.value
        upper = self.value > self.most or self.least == -float("inf")
        wanted = f"at most {self.most:g}" if upper else f"at least {self.least:g}"
        return f"{self.what} is {f'{self.value:.2f}' if known else 'not known'}, where {wanted} is needed."
