"""Exact calculations of which nothing is trained."""

from .._registry import Registry
from ._base import AbstractComputation as AbstractComputation
from ._neutral_tail import NeutralTail

COMPUTATIONS = Registry("computations", {"neutral-tail": NeutralTail})
