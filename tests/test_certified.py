"""Certified bits: what no reflex reaches, whenever it is computed."""

import dataclasses

import pytest
from invented import Invented

from mesascope.base import PolicyGradient
from mesascope.conditions.frame import Ledger
from mesascope.lab import Depth, ReflexLevel, Training
from mesascope.models import Gridloop
from mesascope.tasks import Maze

TRIAL = Training(Maze(4, 4, horizon=40), Gridloop(channels=4), PolicyGradient(), 4, 0)


def ledger(curve: dict[int, float], **views: dict[int, float]) -> Ledger:
    """The ledger of a network whose largest read-outs make so many bits of each stage."""
    record = Invented({TRIAL: 0.0}).record(TRIAL)
    rows = {"readout": curve, **{name.replace("_", "-"): of for name, of in views.items()}}
    summary = [
        {"view": view, "step": record.values["steps"], "index": stage, "bits": bits}
        for view, of in rows.items()
        for stage, bits in of.items()
    ]
    return Ledger(dataclasses.replace(record, values=record.values | {"summary": summary}))


def level(bits: float, depth: int = 3) -> ReflexLevel:
    """A flat level of so many bits at one depth."""
    return ReflexLevel({}, "", 16, (Depth(depth, {}, (bits, bits), (), (bits, bits), ()),), 30.0, {})


@pytest.mark.parametrize(
    "curve, reflex, certified, internal",
    [
        # a search: beyond the reflexes counts, whatever an early stage already tells
        ({0: 1.0, 2: 3.0, 3: 5.0, 5: 9.0, 24: 27.0}, 20.0, 7.0, 22.0),
        ({0: 1.0, 2: 3.0, 3: 22.0, 5: 23.0, 24: 27.0}, 20.0, 5.0, 5.0),
        # a reflex that waits, or that hides its answer until the end, gains nothing over reflexes that do neither
        ({0: 1.0, 2: 1.0, 3: 1.0, 5: 1.0, 9: 19.5}, 20.0, 0.0, 18.5),
        # a shallow network has no stage beyond the boundary
        ({0: 1.0, 2: 12.0, 3: 25.0}, 20.0, 0.0, 0.0),
    ],
)
def test_certified_bits_are_beyond_both_the_boundary_and_every_reflex(curve, reflex, certified, internal):
    network = ledger(curve)
    assert network.certified(level(reflex), 3) == pytest.approx(certified)
    assert network.internal(3) == pytest.approx(internal)
    assert network.certified(level(reflex), 3) <= max(network.internal(3), 0), "the lower of the two ends"


def test_a_boundary_has_the_level_of_its_own_depths():
    network = ledger({0: 1.0, 2: 3.0, 3: 5.0, 5: 9.0, 24: 27.0})
    assert network.certified(level(20.0, depth=5), 5) == pytest.approx(7.0)
    assert network.certified(level(20.0, depth=5), 3) is None, "reflexes of depth 5 are none of depth 3"


def test_bits_on_own_instances_are_read_between_the_boundary_and_the_last_stage():
    assert ledger({0: 1.0, 24: 2.0}, own_readout={3: 2.5, 24: 9.0}).own_internal() == 6.5
    assert ledger({0: 1.0, 24: 2.0}).own_internal() is None


def test_stages_are_drawn_by_the_one_size_that_has_them_all():
    both = ledger({0: 1.0, 24: 9.0}, **{"readout/place": {0: 0.5, 1: 0.7, 24: 8.0}})
    assert both.stage_curve() == {0: 0.5, 1: 0.7, 24: 8.0}
    assert ledger({0: 1.0, 3: 2.0}).stage_curve() == {0: 1.0, 3: 2.0}, "records of the first measure have one size"
