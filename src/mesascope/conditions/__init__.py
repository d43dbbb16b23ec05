"""One file per claim: quote, prediction, plan, effect, rule. What all claims share stands in `frame/`."""

from .._registry import Registry
from .diversity import Diversity
from .frame import (
    AbstractCondition as AbstractCondition,
    AbstractLevelling as AbstractLevelling,
    Profile as Profile,
    settings as settings,
)
from .hash_game import HashGame
from .task_restriction import TaskRestriction

CONDITIONS = Registry(
    "conditions",
    {
        "diversity": Diversity,
        "hash-game": HashGame,
        "task-restriction": TaskRestriction,
    },
)
