"""m,n,k-games and connect four: exact values, and the decision of one move."""

from ._solve import (
    MOST_POSITIONS as MOST_POSITIONS,
    Decisions as Decisions,
    decisions as decisions,
    most_positions as most_positions,
    row_masks as row_masks,
)
from ._task import Mnk as Mnk, MnkInstance as MnkInstance
