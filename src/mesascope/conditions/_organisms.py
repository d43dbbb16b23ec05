"""What planted algorithms state of themselves, and what was measured of them."""

import dataclasses
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ..lab import BOUNDARY, Record, ReflexLevel
from ..organisms import ORGANISMS
from ..outcomes import Estimate
from ..stats import mean_interval
from ..tasks import Maze
from .frame import Ledger


@dataclasses.dataclass(frozen=True)
class MeasureUnderTest:
    """A measure under test.

    Fields:
        name: of it.
        unit: of its values.
        tolerance: how far it may be from what is expected; fixed before anything was run.
        matters: an organism that states no more than this is too weak to be judged as having it.
    """

    name: str
    unit: str
    tolerance: float
    matters: float


MEASURES = (
    MeasureUnderTest("bits", "bits", 0.1, 2.0),
    MeasureUnderTest("tuned", "bits", 0.1, 2.0),
    MeasureUnderTest("surplus", "bits", 0.1, 2.0),
    MeasureUnderTest("certified", "bits", 2.0, 2.0),
    MeasureUnderTest("internal", "bits", 2.0, 2.0),
    MeasureUnderTest("own-internal", "bits", 2.0, 2.0),
    MeasureUnderTest("thinking-gain", "bits", 0.1, 2.0),
    MeasureUnderTest("retarget", "share", 0.05, 0.1),
    MeasureUnderTest("goal-directedness", "bits", 0.1, 2.0),
)
"""Exact measures may be off by rounding; read-outs are fitted, and may be off by the smallest effect of a claim."""

STORING = ("lookup-table", "slow-look-up", "stored-values")
"""Families that have the best policies of their pool, and nothing of another."""

DRAWN = 0.3
"""Bits by which a measure of drawn games, or of a mixture, may be off besides its interval."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One measure on one organism.

    Fields:
        organism: as people read it.
        family: registered name of the organism.
        measure: what was measured.
        expected: what the organism states; None where it states nothing.
        measured: with its interval over instances.
        at_most: whether `expected` is a bound and no value.
        chance: whether the organism or the game is drawn, so that its interval is part of the tolerance.
        serial, searches: of the organism, by construction.
        settled: whether the measure could not have come out otherwise: a zero by its definition, or another measure
            less a constant.
        least: the lower end of what is expected, where that is a range; None where it is one value.
    """

    organism: str
    family: str
    measure: MeasureUnderTest
    expected: float | None
    measured: Estimate
    at_most: bool
    chance: bool
    serial: bool
    searches: bool
    settled: bool
    least: float | None = None

    @property
    def passed(self) -> bool | None:
        """Whether the measure is as near to what is expected as was fixed beforehand; None where nothing is stated."""
        if self.expected is None:
            return None
        least = self.expected if self.least is None else self.least
        allowed = self.measure.tolerance
        if self.chance:
            margin = self.measured.high - self.measured.value
            allowed = max(allowed, DRAWN if self.measure.unit == "bits" else 0.05) + max(margin, 0)
        enough = self.at_most or self.measured.value >= least - allowed
        return bool(enough and self.measured.value <= self.expected + allowed)

    @property
    def has_it(self) -> bool | None:
        """Whether a detector should fire, by construction; None where an organism has it, and states too little of it.

        Retargeting is a matter of search, the others of serial computation.
        """
        if not (self.searches if self.measure.name == "retarget" else self.serial):
            return False
        return True if self.expected is not None and self.expected > self.measure.matters else None


def rows_of(record: Record, level: ReflexLevel | None, siblings: list[Record]) -> list[Row]:
    """The rows of one organism.

    Args:
        record: of its trial.
        level: the reflex level of its task, if there is one.
        siblings: records of the same organism planted with other seeds.
    """
    trial, ledger, expected = record.trial, Ledger(record), record.values["expected"]
    family, trained = ORGANISMS.name_of(trial.organism), "bits" not in expected
    chance = trained or family in ("search-or-table", "shooting", "random-network")
    # a trained reflex has no surplus, and maybe less; a stored way to the old goal may come by the new one
    bounds = {"surplus"} if trained else {"retarget"} if family == "lookup-table" else set()
    settled = {"surplus"}
    settled |= {"internal", "certified"} if max(ledger.curve("readout"), default=0) <= BOUNDARY else set()
    settled |= {"thinking-gain"} if not trial.thinking else set()
    known, by_construction = {m.name: m for m in MEASURES}, (trial.organism.serial, trial.organism.searches)
    return [
        Row(
            *(label(record), family, known[name], each.expected, each.measured, name in bounds, chance),
            *(*by_construction, name in settled, each.least),
        )
        for name, each in _measured(ledger, level, siblings).items()
    ]


class _Found(NamedTuple):
    """What is stated of a measure, and what was measured."""

    expected: float | None
    measured: Estimate
    least: float | None = None


def _measured(ledger: Ledger, level: ReflexLevel | None, siblings: list[Record]) -> dict[str, _Found]:
    """What is stated and what was measured, by measure."""
    expected, signs = ledger.record.values["expected"], ledger.record.values["signs"]
    novel = ledger.instances("novel")
    found = {"bits": _Found(expected.get("bits"), _interval(novel.values()))}
    if tuned := _tuned(ledger, siblings):
        found["tuned"] = tuned
    if level is not None:
        reflex = level.best(BOUNDARY).instance_bits
        stated = expected["bits"] - float(np.mean(reflex)) if "bits" in expected else 0.0
        found["surplus"] = _Found(stated, _interval(bits - reflex[i] for i, bits in novel.items()))
    if ledger.has("readout"):
        most, least = _stated_beyond(ledger)
        found["internal"] = _Found(most, _internal(ledger), least)
        limit = None if level is None else level.upper(BOUNDARY)
        if limit is not None:
            most, least = _stated_beyond(ledger, limit)
            found["certified"] = _Found(most, _certified(ledger, level), least)
    if "own-internal" in expected and ledger.own_internal() is not None:
        value = ledger.own_internal()
        found["own-internal"] = _Found(expected["own-internal"], Estimate(value, value, value))
    for name in ("thinking-gain", "retarget", "goal-directedness"):
        if name in signs and None not in signs[name]:
            found[name] = _Found(expected.get(name), Estimate(*signs[name]))
    return found


def label(record: Record) -> str:
    """An organism in a few words: its name, the settings that differ from their defaults, its task and seed."""
    organism, task, seed = record.trial.organism, record.trial.task, record.trial.seed
    values = [(field, getattr(organism, field.name)) for field in dataclasses.fields(organism)]
    changed = [f"{field.name}={value}" for field, value in values if value != field.default]
    twin = ["answer shown"] if isinstance(task, Maze) and task.show_answer else []
    return " ".join([ORGANISMS.name_of(organism), *changed, *twin, *([f"seed {seed}"] if seed else [])])


def _stated_beyond(ledger: Ledger, limit: float = 0.0) -> tuple[float | None, float | None]:
    """What is stated of internal bits, or with a limit of certified ones: at most, and at least.

    A read-out sees the observation beside a stage, and goes on computing as far as its view allows. So what a stage
    holds is the least that it makes of it. It makes more of an unfinished search: some steps more, and where these do
    not lead what it makes of the observation alone.
    """
    expected = ledger.record.values["expected"]
    if "read-before" not in expected:
        # without later stages than the boundary's both are 0 by definition
        return (0.0, None) if "internal" in expected else (None, None)
    seen, ceiling = ledger.mean("readout", 0), ledger.mean("novel-ceiling")

    def furthest(name: str, finished: float) -> float:
        held, further = expected[name], expected[f"{name}-most"]
        return min(ceiling, further + seen) if further > held else finished

    last, before = expected["read-last"], max(expected["read-before"], limit)
    most_last, most_before = furthest("read-last", last), furthest("read-before", max(expected["read-before"], seen))
    return max(0.0, most_last - before), max(0.0, last - max(most_before, limit))


def _certified(ledger: Ledger, level: ReflexLevel) -> Estimate:
    """Certified bits, with the interval over instances of what they are counted from."""
    value, internal = ledger.certified(level, BOUNDARY), ledger.internal_by_instance(BOUNDARY)
    if not internal:
        return Estimate(0.0, 0.0, 0.0)
    last = ledger.instances("readout", ledger.num_stages - 1)
    beyond = _interval(bits - level.best(BOUNDARY).instance_bits[i] for i, bits in last.items())
    # counted from whichever of the two is more
    spread = beyond if level.upper(BOUNDARY) > ledger.mean("readout", BOUNDARY) else _interval(internal.values())
    below, above = spread.value - spread.low, spread.high - spread.value
    return Estimate(value, max(0.0, value - below), value + above)


def _internal(ledger: Ledger) -> Estimate:
    """What read-outs make of the last stage beyond stage 3, paired by instance; exactly 0 without later stages."""
    found = ledger.internal_by_instance(BOUNDARY)
    return _interval(found.values()) if found else Estimate(0.0, 0.0, 0.0)


def _tuned(ledger: Ledger, siblings: list[Record]) -> _Found | None:
    """A table's bits on its own pool beyond those of a table of another pool there; of others nothing is stated.

    It states the ceiling beyond equal chances.
    """
    others = [other for other in siblings if other.trial.seed != ledger.seed]
    if ORGANISMS.name_of(ledger.record.trial.organism) not in STORING or not others:
        return None
    own, theirs = ledger.instances("own"), Ledger(others[0]).instances("sibling", ledger.seed)
    ceiling, hidden = ledger.instances("own-ceiling"), ledger.instances("own-hidden")
    stated = float(np.mean([ceiling[i] - hidden[i] for i in theirs]))
    return _Found(stated, _interval(own[i] - theirs[i] for i in theirs))


def _interval(values: Iterable[float]) -> Estimate:
    return mean_interval(np.array([*values]))
