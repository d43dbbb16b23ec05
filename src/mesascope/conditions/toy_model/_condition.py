"""The equation, its sweep, and the rule of its verdict."""

import dataclasses
from typing import ClassVar, Literal

import jax.numpy as jnp
import numpy as np

from ...base import AbstractBase, learning_rate
from ...findings import Finding, Table
from ...lab import SIBLINGS, Store, Training
from ...outcomes import Estimate
from ...stats import Verdict
from ...theory import OCTAVES_HELD_OUT
from .._base import AbstractCondition
from .._ledger import Ledger
from ..diversity import MAZE, PRIMARY, Diversity
from ._charts import charts
from ._contest import CLAIMED, Contest, choice_table, compare, contest_tables
from ._order import order_table
from ._surface import TUNED_AT, Rows, Surface, read_rows, surface_of
from ._tables import surface_tables

GRID = tuple(2**k for k in range(13))
"""N by octaves."""

HALF_OCTAVES = (181, 362, 724)
"""Between them, near the transition that `diversity` showed."""


FEWEST_CELLS = 8
"""With fewer cells to score there is no verdict."""


@dataclasses.dataclass(frozen=True)
class Equation(AbstractCondition):
    """Does the equation predict novel and tuned bits over N and P from two measured curves, and do its rivals?

    X, novel bits at unlimited N, and g, tuned bits at N = 1, are measured; with them nothing in the equation is free.
    Every N between is trained, and every checkpoint is a P.

    Primary measure: for each seed, the root mean squared error of the equation over novel and tuned bits of the scored
    cells (those of the top two octaves of P twice, since rivals predict them from other N and from lower P), its curves
    being those of the other seeds, less the same error of the other seeds' own mean, which is what noise leaves.
    Interval: Student's over seeds. The claim predicts less than `smallest_effect`: supported where the
    whole interval lies below, contradicted where it lies above, else inconclusive. Scored are cells in which the seen
    instances are below 0.9 of their ceiling and the equation's best division is unique; N = 1 and unlimited N are the
    curves and are not scored.

    Each rival gets the same verdict by the same rule. Its numbers are fitted to the other seeds' cells without the N,
    and without the top two octaves of P, that it predicts. Before that, all explanations are simulated on this very
    grid; two that are taken for one another in 20% of the draws or more are said to be indistinguishable.

    Order arms: half the steps on few instances and half on many, both ways round. If novel bits are at least
    `smallest_effect` higher with many first, a lock-in; if the interval lies within it on both sides, an allocation,
    which has no history; if they are that much higher with many last, the last pool decides, which neither predicts.

    Added after the first look at the results, and no part of the verdict: the same contest with P counted in steps;
    the excess error under other choices; the explanation without a trade-off; simulations that are judged on all seeds
    and whose tuned bits have the noise of a mean over N; and a control of the order arms, as many instances alone for
    half the steps at the learning rates that the second half has on average.
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
        if not 2 <= self.seeds <= len(SIBLINGS):
            raise ValueError(
                f"toy-model: seeds={self.seeds}: a seed is predicted from others, and tuned bits are known for "
                f"pools of {len(SIBLINGS)} seeds; choose 2 to {len(SIBLINGS)}."
            )
        self._diversity()

    def sweep(self) -> list[Training]:
        arms = (*self.groups().values(), *self.order_arms().values(), self.order_control())
        return [trial for group in arms for trial in group]

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

    def order_control(self) -> list[Training]:
        """Many instances alone for half the steps, at the learning rates of the second half on average."""
        return [self._second_half_alone(self._trial(self.order[1], seed)) for seed in range(self.seeds)]

    def analyse(self, store: Store) -> Finding:
        arms = self._read_order(store)
        order = order_table(arms, self.order, self.smallest_effect)
        rows = read_rows(store, self.groups())
        surface = surface_of(rows.ledgers)
        if surface is None:
            reason = (
                "No verdict: all seeds of N = 1, of unlimited N and of one N between have to be finished, without a "
                "divergence."
            )
            return self.finding("toy-model", None, None, reason, self._remarks(rows, arms), (order,), ())
        measured, drawn = surface_tables(surface), charts(surface)
        remarks = (_scored(surface), *self._remarks(rows, arms))
        scored = np.sum(surface.grid.scored)
        if scored < FEWEST_CELLS:
            reason = f"No verdict: {scored} cells can be scored, fewer than {FEWEST_CELLS}."
            return self.finding("toy-model", None, None, reason, remarks, (*measured, order), drawn)
        found = compare(surface.grid, self._judge)
        seen = Diversity.profiles["standard"]["sizes"]
        choices = choice_table(rows.ledgers, self.batch, seen)
        shown = (*contest_tables(found), choices, order, *measured, *self._in_steps(rows))
        effect = found.excess[CLAIMED]
        return self.finding("toy-model", effect, found.verdicts[CLAIMED], self._reason(found), remarks, shown, drawn)

    def _in_steps(self, rows: Rows) -> tuple[Table, ...]:
        """The contest with another currency, where enough cells can be scored in it."""
        grid = surface_of(rows.ledgers, "steps").grid
        if np.sum(grid.scored) < FEWEST_CELLS:
            return ()
        return contest_tables(compare(grid, self._judge), "-in-steps", ", P counted in steps")

    def _read_order(self, store: Store) -> dict[tuple[int, int] | None, list[Ledger]]:
        """The order arms by their numbers of instances, and their control by None."""
        arms = {**self.order_arms(), None: self.order_control()}
        return {arm: [Ledger(record) for record in store.records(trials)] for arm, trials in arms.items()}

    def _second_half_alone(self, trial: Training) -> Training:
        base = trial.base
        half = dataclasses.replace(base, steps=base.steps // 2)
        wanted = _mean_rate(base, range(base.steps // 2, base.steps))
        scale = wanted / _mean_rate(half, range(half.steps))
        # rounded, so that the last digit of a sum is no part of a trial's id
        rate = float(f"{base.learning_rate * scale:.4g}")
        return dataclasses.replace(trial, base=dataclasses.replace(half, learning_rate=rate))

    def _judge(self, excess: Estimate) -> Verdict:
        """The rule for every explanation: it errs by less than an effect that matters, by more, or one cannot say."""
        if excess.high < self.smallest_effect:
            return "supported"
        return "contradicted" if excess.low > self.smallest_effect else "inconclusive"

    def _reason(self, found: Contest) -> str:
        effect = found.excess[CLAIMED]
        together = found.simulated.together(CLAIMED)
        twin = f" On this grid it cannot be told from: {', '.join(together)}." if together else ""
        best = min(found.excess, key=lambda name: found.excess[name].value)
        said = {
            word: ", ".join(name for name in found.excess if found.verdicts[name] == word) or "none"
            for word in ("contradicted", "supported", "inconclusive")
        }
        least = f"{best}, {found.excess[best].value:.1f} bits"
        return (
            f"The equation's error beyond noise, [{effect.low:.1f}, {effect.high:.1f}] bits, is held against "
            f"{self.smallest_effect:g} bits.{twin} By the same rule, contradicted: {said['contradicted']}; errs by "
            f"less: {said['supported']}; open: {said['inconclusive']}. Least error: {least}."
        )

    def _remarks(self, rows: Rows, arms: dict) -> tuple[str, ...]:
        remarks = []
        unordered = sum(ledger.record.failed for ledgers in arms.values() for ledger in ledgers)
        if unordered:
            remarks.append(f"{unordered} trainings of the order arms and their control diverged and are left out.")
        if rows.failed:
            remarks.append(f"{rows.failed} trainings diverged; every N at which one did is left out.")
        missing = len(self.groups()) - len(rows.ledgers)
        if missing:
            remarks.append(f"{missing} values of N are not finished, or diverged, and left out.")
        return tuple(remarks)

    def _trial(self, size: int | None, seed: int) -> Training:
        return self._diversity().trial(PRIMARY, MAZE, size, seed, self.steps)

    def _diversity(self) -> Diversity:
        shared = {field.name for field in dataclasses.fields(Diversity)}
        return Diversity(**{name: value for name, value in vars(self).items() if name in shared})


def _scored(surface: Surface) -> str:
    scored = surface.grid.scored
    top = np.sum(scored[:, -OCTAVES_HELD_OUT:])
    return (
        f"{np.sum(scored)} of {scored.size} cells ({len(scored)} N by {scored.shape[1]} P) are scored; in the others "
        "the seen instances are solved or many divisions are equally good, and this grid decides nothing there. "
        f"{top} of those scored are in the top octaves of P."
    )


def _mean_rate(base: AbstractBase, steps: range) -> float:
    rates = learning_rate(jnp.arange(steps.start, steps.stop), base.rates())
    return float(np.mean(np.asarray(rates, np.float64)))
