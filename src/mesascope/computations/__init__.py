"""Exact calculations of which nothing is trained."""

from .._registry import Registry
from ._base import AbstractComputation as AbstractComputation

COMPUTATIONS = Registry("computations", {})
