"""A maze as the robot's interpreter needs it: plain lists, looked up a million times a second."""

from typing import NamedTuple

import numpy as np

from ...tasks.maze import MazeInstance
from .._mazes import STEPS, steps_to_goal


class RobotMaze(NamedTuple):
    """One maze with the most moves that a walk may have.

    Fields:
        across: for each cell the cell across each side (up, right, down, left), -1 where there is a wall.
        exits: number of open sides of each cell.
        columns: of the grid.
        start, goal: flat indices.
        left: moves to the goal from each cell by the shortest path.
        limit: most moves of a walk that counts as a success.
    """

    across: list[tuple[int, int, int, int]]
    exits: list[int]
    columns: int
    start: int
    goal: int
    left: list[int]
    limit: int

    @property
    def shortest(self) -> int:
        """Moves of the shortest path."""
        return self.left[self.start]


def robot_maze(maze: MazeInstance, limit: float | None) -> RobotMaze:
    """A maze for the robot.

    Args:
        maze: one maze, as NumPy arrays.
        limit: most moves of a walk, as a multiple of the shortest path, at least 1; None for four moves a cell, which
            is as good as no limit to a walk that does not go in circles.

    Raises:
        ValueError: the limit is below 1.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"robot_maze(limit={limit}): no walk is shorter than the shortest path; give 1 or more.")
    rows, columns, _ = maze.passages.shape
    steps = [down * columns + right for down, right in STEPS]
    sides = np.asarray(maze.passages).reshape(-1, 4).tolist()
    across = [tuple(cell + s if o else -1 for s, o in zip(steps, opens)) for cell, opens in enumerate(sides)]
    far = steps_to_goal(np.asarray(maze.passages), int(maze.goal)).reshape(-1).tolist()
    # the small addend undoes what a binary fraction lacks: 1.2 times 15 moves are 18
    most = 4 * rows * columns if limit is None else int(limit * far[int(maze.start)] + 1e-9)
    return RobotMaze(across, [sum(opens) for opens in sides], columns, int(maze.start), int(maze.goal), far, most)
