"""Agents from elsewhere: Gymnasium, Stable-Baselines3, PyTorch, saved weights, tables of outcomes."""

from ._arena import Plan as Plan
from ._gym import make as make, measure_agent as measure_agent
from ._measure import measure as measure
from ._measurement import Measurement as Measurement, Row as Row, Summary as Summary
from ._sb3 import load_sb3 as load_sb3
from ._tables import measure_table as measure_table
from ._weights import measure_weights as measure_weights
