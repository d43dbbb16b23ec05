"""Mazes seen whole: generation, exact outcomes, text forms."""

from ._dynamics import arrivals as arrivals, log2_arrived as log2_arrived
from ._generate import aldous_broder as aldous_broder, braid as braid, depth_first as depth_first
from ._grid import (
    MOVES as MOVES,
    OPPOSITE as OPPOSITE,
    UNREACHABLE as UNREACHABLE,
    distances as distances,
    look as look,
    open_grid as open_grid,
    shortest_moves as shortest_moves,
)
from ._kinds import MazeKinds as MazeKinds
from ._move import MazeMove as MazeMove, MoveInstance as MoveInstance
from ._policies import policy_reference as policy_reference
from ._progress import MazeProgress as MazeProgress
from ._scrambled import ScrambledMaze as ScrambledMaze
from ._task import GOAL_FEATURE as GOAL_FEATURE, Maze as Maze, MazeInstance as MazeInstance, Style as Style
from ._text import read_mazes as read_mazes, write_block as write_block, write_thin as write_thin
from ._walk import MazeWalk as MazeWalk, Walk as Walk
