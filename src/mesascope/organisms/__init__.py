"""Planted algorithms, whose power is known before it is measured."""

from .._registry import Registry
from ._base import (
    AbstractAnswering as AbstractAnswering,
    AbstractOrganism as AbstractOrganism,
    AbstractPlaying as AbstractPlaying,
    Stated as Stated,
)
from ._flood_fill import FloodFill
from ._games import move_values as move_values
from ._mazes import knows_within as knows_within
from ._played import Shooting, WallFollower
from ._players import Minimax, Rules
from ._print_follower import PrintFollower
from ._reflexes import ArrowReflex, GreedyReflex, RandomNetwork
from ._rules import RULES as RULES, rule_that_applies as rule_that_applies
from ._search import BreadthFirst, SearchOrTable
from ._tables import LookupTable
from ._trained import ArrowNetwork, TrainedReflex

ORGANISMS = Registry(
    "organisms",
    {
        "lookup-table": LookupTable,
        "greedy-reflex": GreedyReflex,
        "arrow-reflex": ArrowReflex,
        "trained-reflex": TrainedReflex,
        "arrow-network": ArrowNetwork,
        "random-network": RandomNetwork,
        "wall-follower": WallFollower,
        "print-follower": PrintFollower,
        "flood-fill": FloodFill,
        "breadth-first": BreadthFirst,
        "search-or-table": SearchOrTable,
        "shooting": Shooting,
        "minimax": Minimax,
        "rules": Rules,
    },
)
