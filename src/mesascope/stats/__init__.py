"""Intervals, trend tests and the verdict rule."""

from ._crossover import crossover as crossover
from ._intervals import mean_interval as mean_interval
from ._p_values import holm as holm, mean_p_value as mean_p_value
from ._regression import rises as rises
from ._trend import jonckheere_statistic as jonckheere_statistic, trend_p_value as trend_p_value
from ._verdict import Verdict as Verdict, verdict as verdict
