"""One file per claim: quote, prediction, sweep, analysis."""

from .._registry import Registry
from ._base import AbstractCondition as AbstractCondition, Profile as Profile, settings as settings
from .calibration import Calibration
from .compression import Compression
from .diversity import Diversity
from .hash_game import Hashes
from .reflex import Reflex
from .toy_model import Equation

CONDITIONS = Registry(
    "conditions",
    {
        "diversity": Diversity,
        "toy-model": Equation,
        "hash-game": Hashes,
        "compression": Compression,
        "reflex": Reflex,
        "calibration": Calibration,
    },
)
