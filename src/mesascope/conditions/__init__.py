"""One file per claim: quote, prediction, plan, effect, rule. What all claims share stands in `frame/`."""

from .._registry import Registry
from .compression import Compression
from .diversity import Diversity
from .frame import (
    AbstractCondition as AbstractCondition,
    AbstractLevelling as AbstractLevelling,
    Profile as Profile,
    settings as settings,
)
from .lower_bound import LowerBound

CONDITIONS = Registry(
    "conditions",
    {
        "compression": Compression,
        "diversity": Diversity,
        "lower-bound": LowerBound,
    },
)
