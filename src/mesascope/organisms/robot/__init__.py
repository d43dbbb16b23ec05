"""A robot in a maze, and programs for it whose length in bits is known: with and without anything to search with."""

from ._language import (
    END as END,
    GENERAL as GENERAL,
    INSTRUCTION_SETS as INSTRUCTION_SETS,
    TURNS as TURNS,
    InstructionSet as InstructionSet,
    Program as Program,
    solves as solves,
)
from ._literal import (
    Literal as Literal,
    cheapest_path as cheapest_path,
    literal_bound as literal_bound,
    literal_program as literal_program,
)
from ._maze import RobotMaze as RobotMaze, robot_maze as robot_maze
from ._shortest import Shortest as Shortest, shortest_programs as shortest_programs
from ._words import FRONTIER as FRONTIER
