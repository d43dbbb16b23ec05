"""The equation, its sweep, and the rule of its verdict."""

import dataclasses
from typing import ClassVar, Literal

import numpy as np

from ...findings import Finding
from ...lab import Store, Training
from ...outcomes import Estimate
from ...stats import Verdict, mean_interval
from ...theory import FLOOR, Confusion, Score, confusion, contest
from .._base import AbstractCondition
from .._ledger import Ledger
from ..diversity import MAZE, PRIMARY, Diversity
from ._charts import charts
from ._surface import TUNED_AT, Surface, read_surface
from ._tables import contest_tables, order_table, surface_tables

GRID = tuple(2**k for k in range(13))
"""N by octaves."""

HALF_OCTAVES = (181, 362, 724)
"""Between them, near the transition that `diversity` showed."""


CLAIMED = "equation"
FEWEST_CELLS = 8
"""With fewer cells to score there is no verdict."""


@dataclasses.dataclass(frozen=True)
class Equation(AbstractCondition):
    """Does the equation predict novel and tuned bits over N and P from two measured curves, and do its rivals?

    X, novel bits at unlimited N, and g, tuned bits at N = 1, are measured; with them nothing in the equation is free.
    Every N between is trained, and every checkpoint is a P.

    Primary measure: for each seed, the root mean squared error of the equation over novel and tuned bits of the scored
    cells, its curves being those of the other seeds, less the same error of the other seeds' own mean, which is what
    noise leaves. Interval: Student's over seeds. The claim predicts less than `smallest_effect`: supported where the
    whole interval lies below, contradicted where it lies above, else inconclusive. Scored are cells in which the seen
    instances are below 0.9 of their ceiling and the equation's best division is unique; N = 1 and unlimited N are the
    curves and are not scored.

    Each rival gets the same verdict by the same rule. Its numbers are fitted to the other seeds' cells without the N,
    and without the top two octaves of P, that it predicts. Before that, all explanations are simulated on this very
    grid; those chosen in less than 80% of the draws in which they are true share a class with what is chosen instead.

    Order arms: half the steps on few instances and half on many, both ways round. If novel bits are at least
    `smallest_effect` higher with many first, a lock-in; if the interval lies within it on both sides, an allocation,
    which has no history; if they are that much higher with many last, the last pool decides, which neither predicts.
    """

    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "if we assume that, for a given P, the base optimizer will select the value of x that maximizes the minimum "
        "level of performance, and thus the total optimization power applied to each instance"
    )
    prediction: ClassVar[str] = (
        "with both curves measured and nothing free, the equation errs by less than one move (2 bits) more than other "
        "seeds do"
    )
    unit: ClassVar[str] = "bits of error beyond that of other seeds"
    smallest_effect: ClassVar[float] = 2.0
    """One move of a shortest path in a perfect maze: an error that matters."""
    profiles: ClassVar = {
        "smoke": {
            "rows": 4,
            "columns": 4,
            "horizon": 40,
            "sizes": (1, 8, 16, 32, 64, 128),
            "order": (8, 128),
            "batch": 8,
            "seeds": 2,
            "steps": 24,
            "thinking": 8,
            "channels": 8,
        },
        "quick": {"steps": 400, "sizes": (1, 16, 64, 256, 1024, 4096), "seeds": 3},
        "standard": {},
        "full": {
            "rows": 15,
            "columns": 15,
            "horizon": 450,
            "sizes": tuple(2**k for k in range(17)),
            "order": (256, 65_536),
            "steps": 16_384,
            "thinking": 96,
            "channels": 32,
        },
    }

    rows: int = 7
    columns: int = 7
    style: Literal["uniform", "depth-first"] = "depth-first"
    min_distance: int = 4
    horizon: int = 100
    sizes: tuple[int, ...] = tuple(sorted((*GRID, *HALF_OCTAVES)))
    order: tuple[int, int] = (64, 4096)
    seeds: int = 5
    steps: int = 512
    batch: int = 64
    channels: int = 16
    thinking: int = 24

    def __post_init__(self):
        between = [size for size in self.sizes if size != TUNED_AT]
        if TUNED_AT not in self.sizes or not between or list(self.sizes) != sorted(set(self.sizes)):
            raise ValueError(
                f"toy-model: sizes={self.sizes} should rise from 1, at which tuning is measured, to others that are "
                "predicted."
            )
        if len(self.order) != 2 or min(self.order) < 1 or self.order[0] >= self.order[1]:
            raise ValueError(f"toy-model: order={self.order} should be few instances and then many.")
        self._diversity()

    def sweep(self) -> list[Training]:
        return [trial for group in [*self.groups().values(), *self.order_arms().values()] for trial in group]

    def groups(self) -> dict[int | None, list[Training]]:
        """The trials of each N, None for unlimited: one a seed. Those of `diversity` where it has that N."""
        return {size: [self._trial(size, seed) for seed in range(self.seeds)] for size in (*self.sizes, None)}

    def order_arms(self) -> dict[tuple[int, int], list[Training]]:
        """Half the steps on one number of instances and half on another, both ways round."""
        few, many = self.order
        return {
            (first, then): [
                dataclasses.replace(self._trial(first, seed), later_instances=then) for seed in range(self.seeds)
            ]
            for first, then in ((few, many), (many, few))
        }

    def analyse(self, store: Store) -> Finding:
        arms = {arm: [Ledger(record) for record in store.records(trials)] for arm, trials in self.order_arms().items()}
        order = order_table(arms, self.smallest_effect)
        surface = read_surface(store, self.groups())
        if surface is None:
            reason = "No verdict yet: two seeds of N = 1, of unlimited N and of one N between are needed."
            return self._finding(None, None, reason, (), (order,), ())
        measured, drawn, remarks = surface_tables(surface), charts(surface), self._remarks(surface)
        scored = np.sum(surface.grid.scored)
        if scored < FEWEST_CELLS:
            reason = f"No verdict: {scored} cells can be scored, fewer than {FEWEST_CELLS}."
            return self._finding(None, None, reason, remarks, (*measured, order), drawn)
        simulated = confusion(surface.grid)
        scores = contest(surface.grid)
        excess = {name: _excess(score, scores[FLOOR]) for name, score in scores.items() if name != FLOOR}
        verdicts = {name: self._judge(effect) for name, effect in excess.items()}
        shown = (*contest_tables(surface, scores, excess, verdicts, simulated), *measured, order)
        reason = self._reason(excess, verdicts, simulated)
        return self._finding(excess[CLAIMED], verdicts[CLAIMED], reason, remarks, shown, drawn)

    def _judge(self, excess: Estimate) -> Verdict:
        """The rule for every explanation: it errs by less than an effect that matters, by more, or one cannot say."""
        if excess.high < self.smallest_effect:
            return "supported"
        return "contradicted" if excess.low > self.smallest_effect else "inconclusive"

    def _reason(self, excess: dict[str, Estimate], verdicts: dict[str, Verdict], simulated: Confusion) -> str:
        effect = excess[CLAIMED]
        among = next(names for names in simulated.classes if CLAIMED in names)
        together = [name for name in among if name != CLAIMED]
        twin = f" On this grid it cannot be told from: {', '.join(together)}." if together else ""
        best = min(excess, key=lambda name: excess[name].value)
        least = f"{best}, {excess[best].value:.1f} bits"
        said = {
            word: ", ".join(name for name in excess if verdicts[name] == word) or "none"
            for word in ("contradicted", "supported", "inconclusive")
        }
        return (
            f"The equation's error beyond noise, [{effect.low:.1f}, {effect.high:.1f}] bits, is held against "
            f"{self.smallest_effect:g} bits.{twin} By the same rule, contradicted: {said['contradicted']}; errs by "
            f"less: {said['supported']}; open: {said['inconclusive']}. Least error: {least}."
        )

    def _remarks(self, surface: Surface) -> tuple[str, ...]:
        grid = surface.grid
        remarks = [
            f"{np.sum(grid.scored)} of {grid.scored.size} cells are scored; in the others the seen instances are "
            "solved or many divisions are equally good, and this grid decides nothing there."
        ]
        if surface.failed:
            remarks.append(f"{surface.failed} trainings diverged; every N at which one did is left out.")
        missing = len(self.groups()) - 2 - len(grid.instances)
        if missing:
            remarks.append(f"{missing} values of N are not finished and left out.")
        return tuple(remarks)

    def _finding(self, effect, outcome, reason, remarks, shown, drawn) -> Finding:
        facts = (self.section, self.claim, self.prediction, effect, self.unit, self.smallest_effect, outcome, reason)
        return Finding("toy-model", *facts, remarks, shown, drawn)

    def _trial(self, size: int | None, seed: int) -> Training:
        return self._diversity().trial(PRIMARY, MAZE, size, seed, self.steps)

    def _diversity(self) -> Diversity:
        shared = {field.name for field in dataclasses.fields(Diversity)}
        return Diversity(**{name: value for name, value in vars(self).items() if name in shared})


def _excess(score: Score, floor: Score) -> Estimate:
    return mean_interval(score.all - floor.all)
