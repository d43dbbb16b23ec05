"""Compression: does the shortest description of one maze's solution search, and solve all mazes?"""

from ._condition import Compression as Compression
