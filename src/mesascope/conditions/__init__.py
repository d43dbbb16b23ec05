"""One file per claim: quote, prediction, sweep, analysis."""

from .._registry import Registry
from ._base import AbstractCondition as AbstractCondition, Profile as Profile, settings as settings
from .calibration import Calibration
from .diversity import Diversity
from .hash_game import Hashes
from .reflex import Reflex
from .simple_rules import SimpleRules
from .toy_model import Equation

CONDITIONS = Registry(
    "conditions",
    {
        "diversity": Diversity,
        "toy-model": Equation,
        "hash-game": Hashes,
        "simple-rules": SimpleRules,
        "reflex": Reflex,
        "calibration": Calibration,
    },
)
