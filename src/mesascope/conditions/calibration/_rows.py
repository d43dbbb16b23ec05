"""What was expected and measured of each organism."""

import dataclasses

import numpy as np

from ...lab import BOUNDARY, Record, ReflexLevel
from ...organisms import ORGANISMS
from ...outcomes import Estimate
from ...stats import mean_interval
from ...tasks.maze import Maze
from .._ledger import Ledger


@dataclasses.dataclass(frozen=True)
class Measure:
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
    Measure("bits", "bits", 0.1, 2.0),
    Measure("tuned", "bits", 0.1, 2.0),
    Measure("surplus", "bits", 0.1, 2.0),
    Measure("internal", "bits", 2.0, 2.0),
    Measure("thinking-gain", "bits", 0.1, 2.0),
    Measure("retarget", "share", 0.05, 0.1),
    Measure("goal-directedness", "bits", 0.1, 2.0),
)
"""Exact measures may be off by rounding; read-outs are fitted, and may be off by the smallest effect of a claim."""

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
    """

    organism: str
    family: str
    measure: Measure
    expected: float | None
    measured: Estimate
    at_most: bool
    chance: bool
    serial: bool
    searches: bool
    settled: bool

    @property
    def passed(self) -> bool | None:
        """Whether the measure is as near to what is expected as was fixed beforehand; None where nothing is stated."""
        if self.expected is None:
            return None
        error = self.measured.value - self.expected
        allowed = self.measure.tolerance
        if self.chance:
            margin = self.measured.high - self.measured.value
            allowed = max(allowed, DRAWN if self.measure.unit == "bits" else 0.05) + max(margin, 0)
        return bool(error <= allowed and (self.at_most or error >= -allowed))

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
    trial = record.trial
    family, expected, signs = ORGANISMS.name_of(trial.organism), record.values["expected"], record.values["signs"]
    ledger = Ledger(record)
    novel = ledger.instances("novel")
    found: dict[str, tuple[float | None, Estimate]] = {"bits": (expected.get("bits"), _interval(novel))}
    if tuned := _tuned(ledger, siblings):
        found["tuned"] = tuned
    if level is not None:
        found["surplus"] = _surplus(novel, level, expected)
    if "internal" in expected:
        found["internal"] = (expected["internal"], _internal(ledger))
    for name in ("thinking-gain", "retarget", "goal-directedness"):
        if name in signs and None not in signs[name]:
            found[name] = (expected.get(name), Estimate(*signs[name]))
    known = {measure.name: measure for measure in MEASURES}
    trained = "bits" not in expected
    chance = trained or family in ("search-or-table", "shooting", "random-network")
    # a trained reflex has no surplus, and maybe less; a stored way to the old goal may come by the new one
    bounds = {"surplus"} if trained else {"retarget"} if family == "lookup-table" else set()
    settled = {"surplus"}
    settled |= {"internal"} if max(ledger.curve("readout"), default=0) <= BOUNDARY else set()
    settled |= {"thinking-gain"} if not trial.thinking else set()
    return [
        Row(
            label(record),
            family,
            known[name],
            stated,
            measured,
            name in bounds,
            chance,
            trial.organism.serial,
            trial.organism.searches,
            name in settled,
        )
        for name, (stated, measured) in found.items()
    ]


def label(record: Record) -> str:
    """An organism in a few words: its name, the settings that differ from their defaults, its task and seed."""
    trial = record.trial
    changed = [
        f"{field.name}={getattr(trial.organism, field.name)}"
        for field in dataclasses.fields(trial.organism)
        if getattr(trial.organism, field.name) != field.default
    ]
    twin = ["answer shown"] if isinstance(trial.task, Maze) and trial.task.show_answer else []
    seed = [f"seed {trial.seed}"] if trial.seed else []
    return " ".join([ORGANISMS.name_of(trial.organism), *changed, *twin, *seed])


def _surplus(novel: dict[int, float], level: ReflexLevel, expected: dict) -> tuple[float, Estimate]:
    reflex = level.best(BOUNDARY)
    differences = {i: bits - reflex.instance_bits[i] for i, bits in novel.items()}
    mean = float(np.mean(reflex.instance_bits))
    return (expected["bits"] - mean if "bits" in expected else 0.0), _interval(differences)


def _internal(ledger: Ledger) -> Estimate:
    """What read-outs make of the last stage beyond stage 3, paired by instance; exactly 0 without later stages."""
    last = max(ledger.curve("readout"))
    if last <= BOUNDARY:
        return Estimate(0.0, 0.0, 0.0)
    late, early = ledger.instances("readout", last), ledger.instances("readout", BOUNDARY)
    return _interval({i: late[i] - early[i] for i in late})


def _tuned(ledger: Ledger, siblings: list[Record]) -> tuple[float, Estimate] | None:
    """A table's bits on its own pool beyond those of a table of another pool there; of others nothing is stated.

    It states the ceiling beyond equal chances.
    """
    others = [other for other in siblings if other.trial.seed != ledger.seed]
    if ORGANISMS.name_of(ledger.record.trial.organism) != "lookup-table" or not others:
        return None
    own, theirs = ledger.instances("own"), Ledger(others[0]).instances("sibling", ledger.seed)
    ceiling, hidden = ledger.instances("own-ceiling"), ledger.instances("own-hidden")
    stated = float(np.mean([ceiling[i] - hidden[i] for i in theirs]))
    return stated, _interval({i: own[i] - theirs[i] for i in theirs})


def _interval(values: dict[int, float]) -> Estimate:
    return mean_interval(np.array(list(values.values())))
