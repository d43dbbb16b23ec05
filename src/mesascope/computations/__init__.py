"""Exact calculations of which nothing is trained."""

from .._registry import Registry
from ._base import AbstractComputation as AbstractComputation
from ._hash_search import HashSearch as HashSearch, HashValue as HashValue
from ._neutral_tail import NeutralTail
from ._plasticity import Plasticity as Plasticity
from ._robot import RobotPrograms
from ._string_reflexes import StringReflexes

COMPUTATIONS = Registry(
    "computations",
    {
        "hash-search": HashSearch,
        "hash-value": HashValue,
        "neutral-tail": NeutralTail,
        "plasticity": Plasticity,
        "robot-programs": RobotPrograms,
        "string-reflexes": StringReflexes,
    },
)
