"""The ledger in bits."""

from ._ledger import (
    Scores as Scores,
    best_temperature as best_temperature,
    ceiling as ceiling,
    references as references,
    score as score,
)
from ._readout import (
    fit_readouts as fit_readouts,
    read as read,
    stage_features as stage_features,
    stage_grid as stage_grid,
)
