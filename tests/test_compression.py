"""Compression: the verdict on planted programs."""

import math
import pathlib

import numpy as np
import pytest

from mesascope.conditions import CONDITIONS, settings
from mesascope.conditions._programs import PRIMARY, REFLEX
from mesascope.conditions.frame import Cell
from mesascope.lab import AbstractRecords
from mesascope.organisms.robot import GENERAL

# networks are judged apart, and none is needed here
CONDITION = settings(CONDITIONS["compression"], "standard", {"sizes": "9", "limits": ""})


class Planted(AbstractRecords):
    """Records of computations whose columns are invented.

    Args:
        columns: of each trial.
    """

    path = pathlib.Path("invented")

    def __init__(self, columns):
        self._columns = columns

    def __contains__(self, trial):
        return trial in self._columns

    def all_trials(self):
        return [*self._columns]

    def values(self, trial):
        return {"status": "finished", "steps": 0, "summary": [], "power_bits": None}

    def metrics(self, trial):
        return self._columns[trial]


def columns(general, blind, by_hand=1.0) -> dict[str, np.ndarray]:
    """A row a maze: the shares of others solved, and those solved with the frontier struck out."""
    fixed = dict.fromkeys(("maze", "moves", "ties", "literal", "bound"), 1.0) | dict.fromkeys(GENERAL, by_hand)
    found = {name: np.full(len(general), value) for name, value in fixed.items()}
    bits = np.where(np.isnan(general), np.nan, 20.0)
    return found | {"general": np.array(general), "blind": np.array(blind), "bits": bits, "program": bits.astype(str)}


def finding(general, blind, by_hand=1.0, reflex=(1.0, 1.0)):
    plan = CONDITION.plan()
    planted = {PRIMARY: columns(general, blind, by_hand), REFLEX: columns([reflex[0]] * 4, [reflex[1]] * 4)}
    return CONDITION.analyse(Planted({plan[Cell(arm, 9)][0][0]: found for arm, found in planted.items()}))


ONES, ZEROS = [1.0, 1.0, 0.9, 1.0], [0.0] * 4


@pytest.mark.parametrize(
    "found, blind, controls, verdict",
    [
        (ONES, ZEROS, {}, "supported"),
        (ONES, ONES, {}, "no effect"),
        ([1.0, 1.0, 0.0, 0.0], ZEROS, {}, "inconclusive"),
        (ONES, ZEROS, {"by_hand": 0.5}, "inconclusive"),
        (ONES, ZEROS, {"reflex": (0.5, 0.5)}, "inconclusive"),
        (ONES, ZEROS, {"reflex": (1.0, 0.0)}, "inconclusive"),
        ([1.0, 1.0, math.nan], [0.25, 0.25, math.nan], {}, None),
    ],
)
def test_a_verdict_needs_search_that_is_general_and_controls_that_hold(found, blind, controls, verdict):
    said = finding(found, blind, **controls)
    assert said.verdict == verdict and said.reason.startswith("A control falls short") == bool(controls)


def test_mazes_that_all_agree_are_counted_and_give_no_p_of_zero():
    assert finding([1.0] * 10, [0.0] * 10).p_value == 2**-10
    rows = {row[0]: row for row in finding([1.0, math.nan], [0.25, math.nan]).tables[0].rows}
    assert rows[f"shortest program, {PRIMARY}"][2] == "unknown: 1 of 2 mazes have no program of 20 bits"
