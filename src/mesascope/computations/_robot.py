"""Which program is the shortest that solves one maze, and what it does on others."""

import dataclasses
import functools
from typing import ClassVar, Literal

import jax
import jax.random as jr
import numpy as np

from ..organisms.robot import (
    FRONTIER,
    GENERAL,
    INSTRUCTION_SETS,
    Program,
    RobotMaze,
    literal_bound,
    literal_program,
    robot_maze,
    shortest_programs,
    solves,
)
from ..tasks.maze import Maze, MazeInstance
from ._base import AbstractComputation

OTHERS_SEED = 1_000_000
"""Of the mazes that programs are tried on and never chosen by."""


@dataclasses.dataclass(frozen=True)
class RobotPrograms(AbstractComputation):
    """For each of a number of mazes the shortest programs that solve it, found by enumeration, tried on other mazes.

    Columns, a row for each maze: `maze`, its number; `moves`, of its shortest path; `bits`, of the shortest program,
    nan if it is longer than `max_bits`; `ties`, how many are as short; `tried`, how many were run; `general`, the share
    of the other mazes that they solve, the mean over ties; `blind`, the same with all words of the frontier struck out;
    `program`, the first of them; `literal`, bits of the shortest program that spells out a path, and `bound`, of the
    cheapest spelling by any code; and for each program written by hand whether it solves the maze.

    Fields:
        size: rows and columns.
        braid: share of dead ends that are opened; 0 gives perfect mazes.
        path: start and goal are at least this many moves apart for each row.
        limit: most moves of a walk, as a multiple of the shortest path; 0 for no limit.
        instructions: name of the instruction set.
        num_mazes: mazes that programs are found for.
        num_others: mazes that they are tried on.
        max_bits: of programs that are tried.
    """

    version: ClassVar[int] = 1

    size: int = 7
    braid: float = 1.0
    path: float = 1.0
    limit: float = 1.2
    instructions: Literal["without a frontier", "with a frontier", "side by side"] = "with a frontier"
    num_mazes: int = 20
    num_others: int = 200
    max_bits: int = 20

    def __post_init__(self):
        if self.num_mazes < 1 or self.num_others < 1:
            raise ValueError(
                f"RobotPrograms(num_mazes={self.num_mazes}, num_others={self.num_others}): both are at least 1."
            )
        if self.limit != 0 and self.limit < 1:
            raise ValueError(
                f"RobotPrograms(limit={self.limit}): no walk is shorter than the shortest path; give 1 or more, or 0 "
                "for no limit."
            )
        # a maze too small to have the path asked for is refused here
        self.task()

    @property
    def cost(self) -> float:
        """Nearly all of it is programs run on other mazes, longer where there are loops to go round in."""
        return (3.5e5 + 9e5 * self.braid) * self.size**2 * self.num_others + 3e10

    def task(self) -> Maze:
        """The mazes."""
        moves = max(1, round(self.path * self.size))
        return Maze(self.size, self.size, "depth-first", self.braid, moves, max(100, moves))

    def columns(self, seed: int) -> dict[str, np.ndarray]:
        mazes, others = self._mazes(seed, self.num_mazes), self._mazes(OTHERS_SEED, self.num_others)

        @functools.cache
        def solved(program: Program) -> np.ndarray:
            return np.array([solves(maze, program) for maze in others])

        rows = [self._row(number, maze, others, solved) for number, maze in enumerate(mazes)]
        return {name: np.array([row[name] for row in rows], _dtype(rows[0][name])) for name in rows[0]}

    def _row(self, number: int, maze: RobotMaze, others: list[RobotMaze], solved) -> dict[str, object]:
        instructions = INSTRUCTION_SETS[self.instructions]
        found = shortest_programs(maze, instructions, self.max_bits)
        distinct = np.array([other != maze for other in others])
        blind = [tuple(word for word in program if word not in FRONTIER) for program in found.programs]

        def share(programs: list[Program]) -> float:
            return float(np.mean([np.mean(solved(p)[distinct]) for p in programs])) if programs else np.nan

        return {
            "maze": number,
            "moves": maze.shortest,
            "bits": np.nan if found.bits is None else float(found.bits),
            "ties": len(found.programs),
            "tried": found.tried,
            "general": share(list(found.programs)),
            "blind": share(blind),
            "program": " ".join(found.programs[0]) if found.programs else "",
            "literal": literal_program(maze, instructions).bits,
            "bound": literal_bound(maze).bits,
            **{name: solves(maze, program) for name, (_, program) in GENERAL.items()},
        }

    def _mazes(self, seed: int, count: int) -> list[RobotMaze]:
        asked = self.task().min_distance
        drawn = (_drawn(self.task(), jr.fold_in(jr.key(seed), number)) for number in range(count))
        found = [robot_maze(jax.tree.map(np.asarray, maze), self.limit or None) for maze in drawn]
        if (least := min(maze.shortest for maze in found)) < asked:
            raise ValueError(
                f"RobotPrograms(size={self.size}, path={self.path}): a path of {asked} moves is asked for, and in 1000 "
                f"mazes drawn of {self.size} x {self.size} none was longer than {least}; ask for a shorter path, "
                "or a larger maze."
            )
        return found


def _dtype(value: object):
    return {str: object, int: np.int64, float: np.float64, bool: bool}[type(value)]


@functools.partial(jax.jit, static_argnums=0)
def _drawn(task: Maze, key) -> MazeInstance:
    return task.draw(key)
