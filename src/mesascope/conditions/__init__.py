"""One file per claim: quote, prediction, plan, effect, rule. What all claims share stands in `frame/`."""

from .._registry import Registry
from .calibration import Calibration
from .algorithmic_range import AlgorithmicRange
from .diversity import Diversity
from .frame import (
    AbstractCondition as AbstractCondition,
    AbstractLevelling as AbstractLevelling,
    Profile as Profile,
    settings as settings,
)
from .reflex import Reflex
from .toy_model import ToyModel
from .simple_rules import SimpleRules

CONDITIONS = Registry(
    "conditions",
    {
        "diversity": Diversity,
        "toy-model": ToyModel,
        "reflex": Reflex,
        "calibration": Calibration,
        "simple-rules": SimpleRules,
        "algorithmic-range": AlgorithmicRange,
    },
)
