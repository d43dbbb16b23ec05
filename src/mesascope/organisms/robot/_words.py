"""What each word of the robot's language does."""

import dataclasses
from collections import deque
from collections.abc import Callable

from .._mazes import STEPS
from ._maze import RobotMaze


@dataclasses.dataclass
class Robot:
    """The robot between two words.

    Fields:
        cell: where it stands.
        heading: its last move; it begins facing up.
        moves: made so far.
        left_by: for each cell, the sides by which it has left, as a mask.
        way: for each cell that a mark was put on, the side that leads to the cell it was put from; -1 in the goal.
        frontier: cells that were put and not taken, the oldest first; the goal at first.
        hand: the cell that was taken last; -1 before that.
        gaze: the side of that cell which is looked through.
    """

    cell: int
    heading: int = 0
    moves: int = 0
    left_by: dict[int, int] = dataclasses.field(default_factory=dict)
    way: dict[int, int] = dataclasses.field(default_factory=dict)
    frontier: deque[int] = dataclasses.field(default_factory=deque)
    hand: int = -1
    gaze: int = 0

    def copy(self) -> "Robot":
        """One that goes on apart from this."""
        dictionaries = self.left_by.copy(), self.way.copy(), self.frontier.copy()
        return Robot(self.cell, self.heading, self.moves, *dictionaries, self.hand, self.gaze)


Word = Callable[[RobotMaze, Robot], bool]
"""Changes the robot; returns whether anything is other than before."""


def fresh_robot(maze: RobotMaze) -> Robot:
    """The robot before the first word."""
    return Robot(maze.start, way={maze.goal: -1}, frontier=deque([maze.goal]))


def open_sides(maze: RobotMaze, robot: Robot) -> list[int]:
    """The open sides of the robot's cell: from the left clockwise, the one behind last."""
    across, heading = maze.across[robot.cell], robot.heading
    return [side for turn in (3, 0, 1, 2) if across[side := (heading + turn) % 4] >= 0]


def _run(maze: RobotMaze, robot: Robot, side: int) -> bool:
    """Leaves by a side and runs along the corridor, to the goal or where there are not just two ways."""
    robot.left_by[robot.cell] = robot.left_by.get(robot.cell, 0) | 1 << side
    while True:
        robot.cell, robot.heading = maze.across[robot.cell][side], side
        robot.moves += 1
        if robot.cell == maze.goal or maze.exits[robot.cell] != 2 or robot.moves > maze.limit:
            return True
        side = open_sides(maze, robot)[0]


def _exit(rank: int) -> Word:
    def leave(maze: RobotMaze, robot: Robot) -> bool:
        sides = open_sides(maze, robot)
        return rank < len(sides) and _run(maze, robot, sides[rank])

    return leave


def _back(maze: RobotMaze, robot: Robot) -> bool:
    behind = (robot.heading + 2) % 4
    return maze.across[robot.cell][behind] >= 0 and _run(maze, robot, behind)


def _toward(maze: RobotMaze, robot: Robot) -> bool:
    sides = open_sides(maze, robot)
    forward = [side for side in sides if side != (robot.heading + 2) % 4] or sides
    row, column = divmod(robot.cell, maze.columns)
    goal_row, goal_column = divmod(maze.goal, maze.columns)
    return _run(
        maze, robot, max(forward, key=lambda s: STEPS[s][0] * (goal_row - row) + STEPS[s][1] * (goal_column - column))
    )


def _fresh(maze: RobotMaze, robot: Robot) -> bool:
    sides, used = open_sides(maze, robot), robot.left_by.get(robot.cell, 0)
    return _run(maze, robot, next((side for side in sides if not used >> side & 1), sides[-1]))


def _take(maze: RobotMaze, robot: Robot) -> bool:
    if robot.frontier:
        robot.hand = robot.frontier.popleft()
        return True
    return False


def _pop(maze: RobotMaze, robot: Robot) -> bool:
    if robot.frontier:
        robot.hand = robot.frontier.pop()
        return True
    return False


def _put_through(maze: RobotMaze, robot: Robot, side: int) -> bool:
    there = maze.across[robot.hand][side] if robot.hand >= 0 else -1
    if there < 0 or there in robot.way:
        return False
    robot.way[there] = (side + 2) % 4
    robot.frontier.append(there)
    return True


def _spread(maze: RobotMaze, robot: Robot) -> bool:
    # no short circuit: every side is looked through
    return sum(_put_through(maze, robot, side) for side in range(4)) > 0


def _turn(maze: RobotMaze, robot: Robot) -> bool:
    # four turns are none, so that a turn alone does not count as a change
    robot.gaze = (robot.gaze + 1) % 4
    return False


def _put(maze: RobotMaze, robot: Robot) -> bool:
    return _put_through(maze, robot, robot.gaze)


def _follow(maze: RobotMaze, robot: Robot) -> bool:
    side = robot.way.get(robot.cell, -1)
    if side < 0:
        return False
    robot.cell, robot.heading = maze.across[robot.cell][side], side
    robot.moves += 1
    return True


WORDS: dict[str, Word] = {
    "first": _exit(0),
    "second": _exit(1),
    "third": _exit(2),
    "back": _back,
    "toward": _toward,
    "fresh": _fresh,
    "take": _take,
    "pop": _pop,
    "spread": _spread,
    "turn": _turn,
    "put": _put,
    "follow": _follow,
}

FRONTIER = frozenset({"take", "pop", "spread", "turn", "put"})
"""The words by which options are taken up before a move is made."""
