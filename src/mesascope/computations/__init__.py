"""Exact calculations of which nothing is trained."""

from .._registry import Registry
from ._base import AbstractComputation as AbstractComputation
from ._neutral_tail import NeutralTail
from ._robot import RobotPrograms

COMPUTATIONS = Registry("computations", {"neutral-tail": NeutralTail, "robot-programs": RobotPrograms})
