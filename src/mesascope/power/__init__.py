"""The ledger in bits, for any task: exact, drawn, or split."""

from ._answers import answer_all as answer_all
from ._joint import AbstractWalk as AbstractWalk, JointPower as JointPower, joint_power as joint_power
from ._ledger import (
    TEMPERATURES as TEMPERATURES,
    Scores as Scores,
    best_temperature as best_temperature,
    ceiling as ceiling,
    references as references,
    score as score,
)
from ._neutral import (
    NormalSource as NormalSource,
    best_draw_bits as best_draw_bits,
    progress_tail as progress_tail,
    sum_tail as sum_tail,
)
from ._play import (
    PlayedSource as PlayedSource,
    enumerate_play as enumerate_play,
    play as play,
    play_all as play_all,
)
from ._readout import (
    READOUT_BATCH as READOUT_BATCH,
    SIZES as SIZES,
    WIDE as WIDE,
    ReadoutSize as ReadoutSize,
    around as around,
    deciding_stages as deciding_stages,
    draw_readout as draw_readout,
    fit_readout as fit_readout,
    fit_readouts as fit_readouts,
    read as read,
    stage_features as stage_features,
    stage_grid as stage_grid,
)
from ._sampled import (
    LEVEL as LEVEL,
    SampledTail as SampledTail,
    binomial_limits as binomial_limits,
    sampled_tail as sampled_tail,
)
from ._split import (
    MixtureTail as MixtureTail,
    Parts as Parts,
    leave_one_out as leave_one_out,
    split as split,
    tail_on as tail_on,
)
from ._splitting import (
    AbstractSource as AbstractSource,
    Paths as Paths,
    SplitTail as SplitTail,
    split_tail as split_tail,
    tail_of_rows as tail_of_rows,
)
