"""One file per claim: quote, prediction, sweep, analysis."""

from .._registry import Registry
from ._base import AbstractCondition as AbstractCondition, Profile as Profile, settings as settings
from .algorithmic_range import AlgorithmicRange
from .calibration import Calibration
from .compression import Compression
from .diversity import Diversity
from .hash_game import Hashes
from .lower_bound import LowerBound
from .reflex import Reflex
from .simple_rules import SimpleRules
from .task_restriction import Restriction
from .toy_model import Equation

CONDITIONS = Registry(
    "conditions",
    {
        "diversity": Diversity,
        "toy-model": Equation,
        "hash-game": Hashes,
        "task-restriction": Restriction,
        "lower-bound": LowerBound,
        "simple-rules": SimpleRules,
        "compression": Compression,
        "algorithmic-range": AlgorithmicRange,
        "reflex": Reflex,
        "calibration": Calibration,
    },
)
