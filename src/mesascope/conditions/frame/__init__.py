"""Parts that all claims share: cells, plan, measures, effects, rules, controls, and what is shown."""

from ._cells import (
    Cell as Cell,
    Cells as Cells,
    Level as Level,
    Measure as Measure,
    Plan as Plan,
    Runs as Runs,
    each as each,
    estimate as estimate,
    grid as grid,
    interval as interval,
    number as number,
)
from ._checks import (
    check_divides as check_divides,
    check_least as check_least,
    check_needed as check_needed,
    check_powers_of_two as check_powers_of_two,
    check_rising as check_rising,
    check_seeds as check_seeds,
    check_thinks as check_thinks,
)
from ._claim import AbstractClaim as AbstractClaim
from ._condition import (
    AbstractCondition as AbstractCondition,
    AbstractLevelling as AbstractLevelling,
    Profile as Profile,
    settings as settings,
)
from ._curves import (
    crossing as crossing,
    novel_curves as novel_curves,
    predicted_by_equation as predicted_by_equation,
    tuned_curves as tuned_curves,
)
from ._effects import (
    AbstractEffect as AbstractEffect,
    AbstractPaired as AbstractPaired,
    At as At,
    Difference as Difference,
    Fall as Fall,
    Least as Least,
    Trend as Trend,
    trend_test as trend_test,
)
from ._ledger import Ledger as Ledger, diverged as diverged, unsettled as unsettled
from ._measures import (
    INTERNAL as INTERNAL,
    NOVEL as NOVEL,
    NOVEL_SHARE as NOVEL_SHARE,
    OWN as OWN,
    OWN_INTERNAL as OWN_INTERNAL,
    OWN_SHARE as OWN_SHARE,
    SUCCESS as SUCCESS,
    THINKING_GAIN as THINKING_GAIN,
    TUNED as TUNED,
    bits as bits,
    certified as certified,
    internal as internal,
    internal_if_deep as internal_if_deep,
    of_ceiling as of_ceiling,
    share as share,
    surplus as surplus,
    tuned_at as tuned_at,
)
from ._rule import (
    BOUNDARIES as BOUNDARIES,
    AbstractRule as AbstractRule,
    Beyond as Beyond,
    Control as Control,
    Judged as Judged,
    Threshold as Threshold,
)
from ._shown import (
    ARM as ARM,
    along_stages as along_stages,
    along_thoughts as along_thoughts,
    along_training as along_training,
    curves as curves,
    differences as differences,
    label as label,
    mean as mean,
    percent as percent,
    seeds_table as seeds_table,
    signed as signed,
    table as table,
    trends_table as trends_table,
)
