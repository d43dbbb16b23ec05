"""Does the post's equation predict what training does? (section 2.1)"""

import dataclasses
import functools
from collections.abc import Iterable
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from ..base import AbstractBase, PolicyGradient, learning_rate
from ..findings import Chart, Table
from ..lab import BOUNDARY, SIBLINGS, Training
from ..models import Gridloop
from ..outcomes import Estimate
from ..stats import Verdict, verdict
from ..tasks import Maze
from ..theory import CLAIMED, OCTAVES_HELD_OUT, Comparison, compare, excess
from ._contest import beyond_noise, choices_table, contest_tables, explanations_chart, prediction_chart
from ._surface import LIMIT, TUNED_AT, Currency, Surface, surface_of, surface_tables
from .frame import (
    NOVEL, AbstractClaim, AbstractPaired, At, Cells, Measure, Plan, Threshold, check_rising, estimate, grid,
    interval,
)  # fmt: skip

LOOP, HALVES, ALONE = "gridloop", "gridloop, pool changed half-way", "gridloop, half the steps"

GRID, HALF_OCTAVES = tuple(2**k for k in range(13)), (181, 362, 724)
"""N by octaves, and between them near the transition that `diversity` showed."""

SHOWN_BEFORE = (1, 16, 64, 256, 1024, 4096)
"""N of which `diversity` had shown results before this grid was fixed."""

FEWEST_CELLS = 8
"""With fewer cells to score there is no verdict."""

DRAWS = 30
"""Simulated grids for each explanation."""

HALF = Measure("novel bits after the first half", lambda g, runs: g.mean("novel-tempered", step=g.last_step // 2))

HISTORY: dict[Verdict, str] = {
    "supported": "a lock-in, or the rates",
    "contradicted": "the last pool decides: neither an allocation nor a lock-in",
    "no effect": "an allocation: no history",
    "inconclusive": "inconclusive",
}
HELD_BACK: dict[Verdict, str] = {
    "supported": "the first pool holds back, beyond the rates",
    "contradicted": "the first pool helps",
    "no effect": "the rates explain the rest",
    "inconclusive": "inconclusive",
}
"""What the two differences of the order arms say, by the verdict on them."""


@functools.lru_cache(maxsize=4)
def _surface(cells: Cells, currency: Currency = "visits") -> Surface | None:
    return surface_of(cells.of(LOOP), currency)


@functools.lru_cache(maxsize=4)
def _compared(cells: Cells, currency: Currency = "visits") -> Comparison | None:
    """The contest, in which many grids are simulated; None where too few cells can be scored."""
    surface = _surface(cells, currency)
    return compare(surface.grid, DRAWS) if surface and np.sum(surface.grid.scored) >= FEWEST_CELLS else None


@dataclasses.dataclass(frozen=True)
class ErrorBeyondNoise(AbstractPaired):
    """Error of the equation on a seed beyond that of the other seeds' own mean."""

    def by_unit(self, cells):
        found = _compared(cells)
        return dict(zip(_surface(cells).seeds, excess(found.scores)[CLAIMED].tolist())) if found else {}

    def terms(self):
        # a root of squares
        return None


@dataclasses.dataclass(frozen=True)
class ToyModel(AbstractClaim):
    """Does the equation predict novel and tuned bits over N and P from two measured curves, and do its rivals?

    X, novel bits at unlimited N, and g, tuned bits at N = 1, are measured; with them nothing in the equation is free.
    Every N between is trained, and every checkpoint is a P.

    Primary measure: for each seed, the root mean squared error of the equation over novel and tuned bits of the scored
    cells (those of the top two octaves of P twice, since rivals predict them from other N and from lower P), its curves
    being those of the other seeds, less the same error of the other seeds' own mean, which is what noise leaves.
    Interval: Student's over seeds. Scored are cells in which the seen instances are below 0.9 of their ceiling and the
    equation's best division is unique; where many are equally good, it says next to nothing. N = 1 and unlimited N are
    the curves and are not scored.

    Each rival gets the same verdict by the same rule. Its numbers are fitted to the other seeds' cells without the N,
    and without the top two octaves of P, that it predicts. Before that, all explanations are simulated on this very
    grid; two that are taken for one another in 20% of the draws or more are said to be indistinguishable.

    Order arms: half the steps on few instances and half on many, both ways round. If novel bits are more than 2 bits
    higher with many first, a lock-in; if the whole interval lies within 2 bits of zero, an allocation, which has no
    history; if they are that much higher with many last, the last pool decides, which neither predicts.

    Added after the first look at the results, and no part of the verdict: the same contest with P counted in steps;
    the excess error under other choices; the explanation without a trade-off; simulations that are judged on all seeds
    and whose tuned bits have the noise of a mean over N; and a control of the order arms, as many instances alone for
    half the steps at the learning rates that the second half has on average.
    """

    name: ClassVar[str] = "toy-model"
    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "if we assume that, for a given P, the base optimizer will select the value of x that maximizes the minimum "
        "level of performance, and thus the total optimization power applied to each instance"
    )
    prediction: ClassVar[str] = (
        "with both curves measured and nothing free, the equation errs by less than one move (2 bits) more than other "
        "seeds do"
    )
    # one move of a shortest path in a perfect maze: an error that matters
    rule: ClassVar = Threshold(
        2.0,
        "bits of error beyond that of other seeds",
        lambda e: f"The equation's error beyond noise, [{e.low:.1f}, {e.high:.1f}] bits, is held against 2 bits.",
        side="below",
    )
    unfinished: ClassVar[str] = (
        "all seeds of N = 1, of unlimited N and of N between have to be finished, without a divergence, until "
        f"{FEWEST_CELLS} cells can be scored"
    )
    answers: ClassVar = {
        "supported": (
            "Yes. From two measured curves, and with nothing fitted, the equation says to within one move of a path "
            "how much training stores and how much it leaves to be computed at run time."
        ),
        "contradicted": (
            "No. Even with both of its curves measured, the equation is wrong by more than one move of a path, noise "
            "aside, about how much training stores and how much it leaves to be computed at run time."
        ),
    }
    keeps_diverged: ClassVar[bool] = False
    profiles: ClassVar = {
        "smoke": {
            "rows": 4, "columns": 4, "horizon": 40, "sizes": (1, 8, 16, 32, 64, 128), "order": (8, 128), "batch": 8,
            "seeds": 2, "steps": 24, "thinking": 8, "channels": 8,
        },
        "quick": {"steps": 400, "sizes": (1, 16, 64, 256, 1024, 4096), "seeds": 3},
        "standard": {},
        "full": {
            "rows": 15, "columns": 15, "horizon": 450, "sizes": tuple(2**k for k in range(17)),
            "order": (256, 65_536), "steps": 16_384, "thinking": 96, "channels": 32,
        },
    }  # fmt: skip

    sizes: tuple[int, ...] = tuple(sorted((*GRID, *HALF_OCTAVES)))
    order: tuple[int, int] = (64, 4096)
    task: Maze = Maze(style="depth-first")
    network: Gridloop = Gridloop(channels=16, thinking=24)
    base: PolicyGradient = PolicyGradient(steps=512, learning_rate=0.03, lift=2.0)
    seeds: int = 5

    def __post_init__(self):
        check_rising(self, "sizes", least=1)
        check_rising(self, "order", least=1)
        if self.sizes[0] != TUNED_AT:
            raise ValueError(f"toy-model: sizes={self.sizes} should rise from 1, at which tuning is measured.")
        if not 2 <= self.seeds <= len(SIBLINGS):
            raise ValueError(
                f"toy-model: seeds={self.seeds}: a seed is predicted from others, and tuned bits are known for "
                f"pools of {len(SIBLINGS)} seeds; choose 2 to {len(SIBLINGS)}."
            )

    def plan(self) -> Plan:
        few, many = self.order
        halves = grid([HALVES], [(few, many), (many, few)], self.seeds, self._halves)
        alone = grid([ALONE], [many], self.seeds, self._second_half_alone)
        return grid([LOOP], [*self.sizes, LIMIT], self.seeds, self._trial) | halves | alone

    def _trial(self, arm: str, size: int | None, seed: int) -> Training:
        return Training(self.task, self.network, self.base, size, seed)

    def _halves(self, arm: str, order: tuple[int, int], seed: int) -> Training:
        return dataclasses.replace(self._trial(arm, order[0], seed), later_instances=order[1])

    def _second_half_alone(self, arm: str, size: int, seed: int) -> Training:
        """Many instances alone for half the steps, at the learning rates of the second half on average."""
        steps = self.base.steps
        half = dataclasses.replace(self.base, steps=steps // 2)
        scale = _mean_rate(self.base, range(steps // 2, steps)) / _mean_rate(half, range(half.steps))
        # rounded, so that the last digit of a sum is no part of a trial's id
        rate = float(f"{self.base.learning_rate * scale:.4g}")
        return Training(self.task, self.network, dataclasses.replace(half, learning_rate=rate), size, seed)

    def effect(self, boundary: int):
        return ErrorBeyondNoise()

    def _judge_one(self, errors: Estimate) -> Verdict:
        """The rule for every explanation: it errs by less than an effect that matters, by more, or one cannot say."""
        return self.rule.judge({BOUNDARY: errors}).verdict

    def _rivals(self, cells: Cells) -> str:
        found = _compared(cells)
        errors, together = beyond_noise(found.scores), found.simulated.together(CLAIMED)
        twin = [f"On this grid it cannot be told from: {', '.join(together)}."] if together else []
        said = {word: [name for name in errors if self._judge_one(errors[name]) == word] for word in HISTORY}
        listed = {word: ", ".join(names) or "none" for word, names in said.items()}
        best = min(errors, key=lambda name: errors[name].value)
        same_rule = f"By the same rule, contradicted: {listed['contradicted']}; errs by less: {listed['supported']}"
        least = f"open: {listed['inconclusive']}. Least error: {best}, {errors[best].value:.1f} bits."
        return " ".join([*twin, f"{same_rule}; {least}"])

    def _scored(self, cells: Cells) -> list[str]:
        missing = sum(not cells[LOOP, size].complete for size in (*self.sizes, LIMIT))
        left_out = [f"{missing} values of N are not finished, or diverged, and left out."] if missing else []
        if (surface := _surface(cells)) is None:
            return left_out
        scored = surface.grid.scored
        return [
            f"{np.sum(scored)} of {scored.size} cells ({len(scored)} N by {scored.shape[1]} P) are scored; in the "
            "others the seen instances are solved or many divisions are equally good, and this grid decides nothing "
            f"there. {np.sum(scored[:, -OCTAVES_HELD_OUT:])} of those scored are in the top octaves of P.",
            *left_out,
        ]

    def _contest(self, cells: Cells) -> Iterable[Table]:
        if found := _compared(cells):
            yield from contest_tables(found, self._judge_one)
            yield choices_table(cells.of(LOOP), self.base.batch, SHOWN_BEFORE)

    def _order(self, cells: Cells) -> Table:
        """Novel bits after both halves of the order arms, and what their differences say."""
        few, many = self.order
        lines: list[tuple] = []
        for order in ((few, many), (many, few)):
            arm = cells[HALVES, order]
            bits = interval(arm.by_seed(HALF)), interval(arm.by_seed(NOVEL))
            lines.append((f"{order[0]}, then {order[1]}", len(arm.by), *bits, None))
        alone = cells[ALONE, many]
        label = f"{many} alone, for half the steps at the rates of the second half"
        lines.append((label, len(alone.by), None, interval(alone.by_seed(NOVEL)), None))
        worse = At(HALVES, NOVEL, (few, many))
        for label, effect, words in (
            ("many first less few first, rates differing too", At(HALVES, NOVEL, (many, few)) - worse, HISTORY),
            ("many alone less few first", At(ALONE, NOVEL, many) - worse, HELD_BACK),
        ):
            gaps = effect.by_unit(cells)
            says = words[verdict(estimate(gaps), self.rule.smallest_effect)] if len(gaps) > 1 else None
            lines.append((label, len(gaps), None, interval(gaps), says))
        heads = ("training", "seeds", "novel bits after the first half", "novel bits at the end", "says")
        title = "The order of training: half the steps on each number of instances (bits, 95% interval over seeds)"
        return Table("order", title, heads, tuple(lines))

    def _measured(self, cells: Cells) -> Iterable[Table]:
        surface = _surface(cells)
        return surface_tables(surface) if surface else ()

    def _in_steps(self, cells: Cells) -> Iterable[Table]:
        """The contest with another currency, where enough cells can be scored in it."""
        found = _compared(cells) and _compared(cells, "steps")
        return contest_tables(found, self._judge_one, "-in-steps", ", P counted in steps") if found else ()

    def _charts(self, cells: Cells) -> Iterable[Chart]:
        surface = _surface(cells)
        return (prediction_chart(surface), explanations_chart(surface)) if surface else ()

    beside: ClassVar = (_rivals,)
    remarks: ClassVar = (_scored,)
    shows: ClassVar = (_contest, _order, _measured, _in_steps, _charts)


def _mean_rate(base: AbstractBase, steps: range) -> float:
    rates = learning_rate(jnp.arange(steps.start, steps.stop), base.rates())
    return float(np.mean(np.asarray(rates, np.float64)))
