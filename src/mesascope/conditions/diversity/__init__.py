"""Does diversity favour run-time search? (section 2.1)"""

from ._cells import BOUNDARIES as BOUNDARIES, Cell as Cell, read_cells as read_cells
from ._condition import MAZE as MAZE, PRIMARY as PRIMARY, Diversity as Diversity
from ._tables import interval_text as interval_text
