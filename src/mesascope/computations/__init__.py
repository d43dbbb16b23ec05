"""Exact calculations of which nothing is trained."""

from .._registry import Registry
from ._base import AbstractComputation as AbstractComputation
from ._robot import RobotPrograms

COMPUTATIONS = Registry("computations", {"robot-programs": RobotPrograms})
