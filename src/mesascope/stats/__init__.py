"""Intervals, trend tests and the verdict rule."""

from ._crossed import Spread as Spread, crossed_bootstrap as crossed_bootstrap
from ._crossover import crossover as crossover
from ._intervals import difference_interval as difference_interval, mean_interval as mean_interval
from ._p_values import holm as holm, mean_p_value as mean_p_value
from ._power import detectable as detectable
from ._regression import rise_p_value as rise_p_value, rise_spread as rise_spread, rises as rises
from ._trend import (
    jonckheere_statistic as jonckheere_statistic,
    rank_correlation as rank_correlation,
    trend_p_value as trend_p_value,
)
from ._verdict import Verdict as Verdict, verdict as verdict
