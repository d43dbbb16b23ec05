"""Ratios of speed, and exponents of cost, of this code on this machine."""

from ._base import Row as Row
from ._run import BENCHES as BENCHES, HEADS as HEADS, bench as bench, cells as cells, save as save
