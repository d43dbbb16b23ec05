"""What can be learned: architectures, their run-time knob and memory (section 2.2 of the post)."""

from .._registry import Registry
from ._base import (
    AbstractArchitecture as AbstractArchitecture,
    AbstractModel as AbstractModel,
    AbstractPlanner as AbstractPlanner,
    answer_after as answer_after,
    answers as answers,
    multiplications as multiplications,
    num_parameters as num_parameters,
)
from ._feedforward import Feedforward
from ._gridloop import Gridloop, GridloopNetwork as GridloopNetwork
from ._layers import Affine as Affine, cross_shifts as cross_shifts
from ._lstm import Lstm
from ._matching import matched as matched, parameters_on as parameters_on
from ._memory import Memory
from ._search import RandomShooting as RandomShooting
from ._tabular import Table as Table, Tabular, TabularModel as TabularModel, fingerprint as fingerprint
from ._thaw import Thaw as Thaw, partly_frozen as partly_frozen, weights_of as weights_of, whole as whole
from ._transformer import Transformer
from ._unrolled import Unrolled
from ._work import Work as Work, work as work

MODELS = Registry(
    "models",
    {
        "gridloop": Gridloop,
        "unrolled": Unrolled,
        "feedforward": Feedforward,
        "lstm": Lstm,
        "transformer": Transformer,
        "memory": Memory,
        "tabular": Tabular,
    },
)
