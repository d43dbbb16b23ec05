"""The toy model of section 2.1: how a base optimizer divides its power between tuning and a run-time optimizer."""

from ._balance import lost_beyond as lost_beyond, right_share as right_share
from ._comparison import (
    CLAIMED as CLAIMED,
    Comparison as Comparison,
    compare as compare,
    excess as excess,
    unique_in_folds as unique_in_folds,
)
from ._contest import (
    FLOOR as FLOOR,
    OCTAVES_HELD_OUT as OCTAVES_HELD_OUT,
    SOLVED as SOLVED,
    Confusion as Confusion,
    Grid as Grid,
    Score as Score,
    chosen as chosen,
    confusion as confusion,
    contest as contest,
    fit as fit,
    scored_cells as scored_cells,
    simulate as simulate,
)
from ._costs import (
    AbstractCost as AbstractCost,
    Exponential as Exponential,
    FixedPlusLinear as FixedPlusLinear,
    Linear as Linear,
    Power as Power,
)
from ._custom import Custom as Custom
from ._interpolated import Interpolated as Interpolated
from ._model import Allocation as Allocation, ToyModel as ToyModel
from ._parse import parse_cost as parse_cost
from ._prediction import Curve as Curve, Curves as Curves, Prediction as Prediction, predict as predict
from ._rivals import EXPLANATIONS as EXPLANATIONS, AbstractExplanation as AbstractExplanation
from ._transitions import Transition as Transition, transition as transition
from ._weighted import WeightedAllocation as WeightedAllocation, allocate_weighted as allocate_weighted
