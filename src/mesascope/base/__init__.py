"""What does the learning (section 2.2 of the post)."""

from .._registry import Registry
from ._base import (
    AbstractBase as AbstractBase,
    Member as Member,
    TrainState as TrainState,
    batch_rows as batch_rows,
    check_fits as check_fits,
)
from ._descent import learning_rate as learning_rate
from ._evolution import Evolution, mutated as mutated
from ._noisy import NoisyWeights
from ._policy_gradient import PolicyGradient
from ._rounded import RoundedWeights
from ._supervised import Supervised

BASES = Registry(
    "bases",
    {
        "policy-gradient": PolicyGradient,
        "supervised": Supervised,
        "evolution": Evolution,
        "noisy-weights": NoisyWeights,
        "rounded-weights": RoundedWeights,
    },
)
