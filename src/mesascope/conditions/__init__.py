"""One file per claim: quote, prediction, plan, effect, rule. What all claims share stands in `frame/`."""

from .._registry import Registry
from .adaptation import Adaptation
from .algorithmic_range import AlgorithmicRange
from .calibration import Calibration
from .compression import Compression
from .diversity import Diversity
from .evolution import Evolution
from .frame import (
    AbstractCondition as AbstractCondition,
    AbstractLevelling as AbstractLevelling,
    Profile as Profile,
    settings as settings,
)
from .hash_game import HashGame
from .lower_bound import LowerBound
from .reflex import Reflex
from .simple_rules import SimpleRules
from .task_restriction import TaskRestriction
from .toy_model import ToyModel

CONDITIONS = Registry(
    "conditions",
    {
        "diversity": Diversity,
        "toy-model": ToyModel,
        "hash-game": HashGame,
        "task-restriction": TaskRestriction,
        "lower-bound": LowerBound,
        "simple-rules": SimpleRules,
        "compression": Compression,
        "algorithmic-range": AlgorithmicRange,
        "evolution": Evolution,
        "adaptation": Adaptation,
        "reflex": Reflex,
        "calibration": Calibration,
    },
)
