"""What was measured of a foreign agent: rows by instance, their summaries, as a table and as JSON."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal

import jax
import numpy as np
from jaxtyping import Float

from ..outcomes import AbstractTail, Outcomes, Ties, bits
from ..stats import mean_interval
from ._ties import TolerantTail, num_near

Method = Literal["exact", "monte-carlo", "splitting"]
"""How the tail of the reference was found: enumerated, from plain draws, or by multilevel splitting."""

QUANTILE = 0.05
"""The share of instances below the performance lower bound."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One policy on one instance.

    Fields:
        instance: reset seed, number or name of the instance.
        policy: name of the policy.
        thinking: units of thinking, where the policy has a knob.
        bits: optimization power; None where the reference never did as well, see `at_least`.
        low, high: limits at 95%, not below 0; None where there is none. Exact ones from the number of reference draws
            where plain draws were counted; of splitting, Student's over replicates, which cover less than 95% where few
            replicates reach the outcome.
        at_least: `low`, or the lower bound where `bits` is None: what the power is at least. At 97.5% confidence for
            one outcome where plain draws were counted, only roughly so by splitting, and certain where it is exact.
        null: mean bits that the reference itself scores on the same tail.
        utility: mean utility of the policy.
        reference_utility: mean utility of the reference.
        outcomes: episodes of the policy.
        draws: episodes of the reference.
        matched: how often the reference did as well as the policy's best outcome: number of draws where plain draws
            were counted, number of the 10 replicates that reached it by splitting; None where it was enumerated.
        method: how the tail was found.
        tolerance: utilities that differ by no more count as tied: what rounding alone may do, unless it was given.
        near: outcomes of the reference that only the tolerance ties to one of the policy's.
    """

    instance: int | str
    policy: str
    thinking: int | None
    bits: float | None
    low: float | None
    high: float | None
    at_least: float
    null: float
    utility: float
    reference_utility: float
    outcomes: int
    draws: int | None
    matched: int | None
    method: Method
    tolerance: float = 0.0
    near: int = 0


@dataclasses.dataclass(frozen=True)
class Summary:
    """One policy over all instances.

    Fields:
        policy, thinking: of the rows.
        instances: number of rows.
        censored: rows whose power is known as a lower bound only; while there is one, `bits` and `high` are None.
        bits: mean bits over instances.
        low, high: Student's interval at 95% over instances, not below 0; None for one instance. With censored rows,
            `low` is that of the lower bounds.
        at_least: mean over instances with lower bounds in place of censored rows; equals `bits` where none is.
        null: mean bits of the reference itself: what "no power" looks like.
        utility: mean utility of the policy.
        reference_utility: mean utility of the reference.
        quantile: bits of the worst 5% of instances; None where a censored row could change it.
        gain, gain_low, gain_high: bits above the least thinking, paired by instance; None where there is no knob or a
            row of the pair is censored.
    """

    policy: str
    thinking: int | None
    instances: int
    censored: int
    bits: float | None
    low: float | None
    high: float | None
    at_least: float
    null: float
    utility: float
    reference_utility: float
    quantile: float | None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None


@dataclasses.dataclass(frozen=True)
class Measurement:
    """The optimization power of foreign policies in bits.

    Fields:
        source: where the outcomes are from.
        subject: the environment, the task or the file.
        reference: the behaviour that bits are counted against.
        ties: whether references that do equally well count whole or half.
        seed: of the first instance and of all draws; None for a table.
        notes: what a reader of the numbers must know.
        rows: one for each instance, policy and amount of thinking.
        signs: value, low and high of signs of search by name, where they were asked for.
    """

    source: Literal["gym", "weights", "table"]
    subject: str
    reference: str
    ties: Ties
    seed: int | None
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    signs: dict[str, list[float | None]] = dataclasses.field(default_factory=dict)

    @property
    def summaries(self) -> tuple[Summary, ...]:
        """One for each policy and amount of thinking, in the order of the rows."""
        kinds = list(dict.fromkeys((row.policy, row.thinking) for row in self.rows))
        first = {
            policy: [r for r in self.rows if (r.policy, r.thinking) == (policy, least)] for policy, least in kinds[::-1]
        }
        return tuple(
            _summary([r for r in self.rows if (r.policy, r.thinking) == kind], first[kind[0]]) for kind in kinds
        )

    def as_dict(self) -> dict:
        """Plain values for JSON, without infinities: what is not known is null."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        values["notes"] = list(self.notes)
        values["summaries"] = [dataclasses.asdict(summary) for summary in self.summaries]
        values["instances"] = [dataclasses.asdict(row) for row in values.pop("rows")]
        return values

    def __str__(self) -> str:
        tolerance = max((row.tolerance for row in self.rows), default=0.0)
        within = f" within {tolerance:.2g}" if tolerance else ""
        lines = [f"{self.subject}: bits against the {self.reference} reference, {self.ties} ties{within}"]
        lines += [_HEAD, *(_line(summary) for summary in self.summaries)]
        gains = [s for s in self.summaries if s.gain is not None]
        lines += [
            f"gain of thinking {s.thinking} in {s.policy}: {s.gain:.3f} [{s.gain_low:.3f}, {s.gain_high:.3f}] bits"
            if s.gain_low is not None
            else f"gain of thinking {s.thinking} in {s.policy}: {s.gain:.3f} bits"
            for s in gains
        ]
        lines += [f"{name:<24} {_spread(parts)}" for name, parts in self.signs.items()]
        return "\n".join([*lines, *self.notes])


def _spread(parts: list[float | None]) -> str:
    value, low, high = ("-" if part is None else f"{part:.3f}" for part in parts)
    return f"{value} [{low}, {high}]"


def row_of(
    instance: int | str,
    policy: str,
    utilities: Float[np.ndarray, " outcomes"],
    tail: AbstractTail,
    reference: Outcomes,
    *,
    method: Method,
    ties: Ties,
    draws: int,
    matched: int | None,
    thinking: int | None = None,
    tolerance: float = 0.0,
) -> Row:
    """The row of a policy's drawn outcomes on one instance.

    Args:
        instance: what was played.
        policy: its name.
        utilities: of the policy's episodes, each of equal weight.
        tail: of the reference.
        reference: outcomes of the reference, on which its own bits are counted.
        method: how the tail was found.
        ties: whether references that do equally well count whole or half.
        draws: episodes of the reference.
        matched: reference draws, or replicates of splitting, that did as well as the best outcome.
        thinking: units of thinking.
        tolerance: utilities that differ by no more are tied.
    """
    tail = TolerantTail(tail, tolerance)
    weight = np.full(len(utilities), 1 / len(utilities))
    with jax.enable_x64(True):
        power = bits(Outcomes(np.asarray(utilities, float), weight, exact=False), tail, ties)
        null = float(bits(reference, tail, ties).value)
        # weights that add up to a little over 1 would make bits a little negative
        found, low, high = (max(0.0, float(part)) for part in power)
    known = np.isfinite(found)
    return Row(
        instance,
        policy,
        thinking,
        found if known else None,
        low if known else None,
        high if known and np.isfinite(high) else None,
        low,
        null,
        float(np.mean(utilities)),
        float(np.sum(np.asarray(reference.weight) * np.asarray(reference.utility))),
        len(utilities),
        draws,
        matched,
        method,
        tolerance,
        num_near(np.asarray(utilities, float), np.asarray(reference.utility, float), tolerance),
    )


def near_notes(rows: Sequence[Row]) -> list[str]:
    """A note where the tolerance decides what is tied."""
    near = [row for row in rows if row.near]
    if not near:
        return []
    return [
        f"In {len(near)} of {len(rows)} rows outcomes of the reference count as tied though they differ, by at most "
        f"{max(row.tolerance for row in near):.2g}, as rounding can do: to rank them, give tolerance=0 (--tolerance 0)."
    ]


def _summary(rows: list[Row], first: list[Row]) -> Summary:
    bounds = np.array([row.at_least if row.bits is None else row.bits for row in rows])
    censored = sum(row.bits is None for row in rows)
    spread = mean_interval(bounds)
    best = np.array([np.inf if row.bits is None else row.bits for row in rows])
    with np.errstate(invalid="ignore"):
        # infinite or nan where it rests on a censored row
        worst = float(np.quantile(best, QUANTILE))
    many = len(rows) > 1
    return Summary(
        rows[0].policy,
        rows[0].thinking,
        len(rows),
        censored,
        None if censored else float(spread.value),
        max(0.0, float(spread.low)) if many else None,
        float(spread.high) if many and not censored else None,
        float(spread.value),
        _mean(row.null for row in rows),
        _mean(row.utility for row in rows),
        _mean(row.reference_utility for row in rows),
        worst if np.isfinite(worst) else None,
        *_gain(rows, first),
    )


def _gain(rows: list[Row], first: list[Row]) -> tuple[float | None, float | None, float | None]:
    """Bits above those of the least thinking, paired by instance, with the interval."""
    if rows[0].thinking is None or rows[0].thinking == first[0].thinking:
        return None, None, None
    if any(row.bits is None for row in rows + first):
        return None, None, None
    pairs = np.array([row.bits - before.bits for row, before in zip(rows, first)])
    spread = mean_interval(pairs)
    return float(spread.value), *((float(spread.low), float(spread.high)) if len(pairs) > 1 else (None, None))


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


_HEAD = (
    f"{'policy':<24} {'thinking':>8} {'instances':>9} {'bits':>10} {'interval':>18} {'worst 5%':>9} {'null':>7} "
    f"{'utility':>9} {'reference':>9}"
)


def _line(s: Summary) -> str:
    def shown(value, digits=3):
        return "-" if value is None else f"{value:.{digits}f}"

    power = f">= {s.at_least:.3f}" if s.bits is None else f"{s.bits:.3f}"
    thinking = "-" if s.thinking is None else str(s.thinking)
    interval = f"[{shown(s.low)}, {shown(s.high)}]"
    return (
        f"{s.policy[-24:]:<24} {thinking:>8} {s.instances:>9} {power:>10} {interval:>18} {shown(s.quantile):>9} "
        f"{s.null:>7.3f} {s.utility:>9.4g} {s.reference_utility:>9.4g}"
    )
