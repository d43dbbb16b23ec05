"""Planted algorithms, whose power is known before it is measured."""

from .._registry import Registry
from ._base import (
    AbstractAnswering as AbstractAnswering,
    AbstractConcealing as AbstractConcealing,
    AbstractOrganism as AbstractOrganism,
    AbstractPlaying as AbstractPlaying,
    AbstractRemembering as AbstractRemembering,
    Stated as Stated,
)
from ._benchmark import write_benchmark as write_benchmark
from ._discarded_search import DiscardedSearch
from ._flood_fill import FloodFill
from ._games import move_values as move_values
from ._hidden_reflex import HiddenReflex
from ._mazes import knows_within as knows_within
from ._nearest import NearestNeighbour
from ._one_stage import OneStageSearch
from ._played import Shooting, WallFollower
from ._players import Minimax, Rules
from ._print_follower import PrintFollower
from ._procrastinator import Procrastinator
from ._proxy_search import ProxySearch
from ._reflexes import ArrowReflex, GreedyReflex, RandomNetwork
from ._rules import RULES as RULES, rule_that_applies as rule_that_applies
from ._search import BreadthFirst, SearchOrTable
from ._slow_tables import SlowLookup
from ._stored_values import StoredValues
from ._superposed import SuperposedFloodFill
from ._tables import LookupTable
from ._trained import ArrowNetwork, TrainedReflex
from ._transporter import Transporter

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
        "procrastinator": Procrastinator,
        "hidden-reflex": HiddenReflex,
        "transporter": Transporter,
        "slow-look-up": SlowLookup,
        "nearest-neighbour": NearestNeighbour,
        "stored-values": StoredValues,
        "one-stage-search": OneStageSearch,
        "superposed-flood-fill": SuperposedFloodFill,
        "proxy-search": ProxySearch,
        "discarded-search": DiscardedSearch,
    },
)
