"""The path of one maze spelled out, turn by turn, as cheaply as that can be done."""

import heapq
import math
from collections.abc import Callable
from typing import NamedTuple

from ._language import END, InstructionSet, Program
from ._maze import RobotMaze
from ._words import WORDS, Robot, fresh_robot, open_sides

Price = Callable[[str, int], float]
"""(word, number of ways to choose among) -> bits."""

SPELLING = ("first", "second", "third", "back")
"""The words that a path is spelled out in: each names a side."""


class Literal(NamedTuple):
    """A path spelled out.

    Fields:
        bits: price of the words, without an end.
        program: the words.
        moves: of the walk.
    """

    bits: float
    program: Program
    moves: int


def literal_program(maze: RobotMaze, instructions: InstructionSet) -> Literal:
    """The shortest program that names one turn after the other, with its end."""
    code = {word: len(bits) for word, bits in instructions.code.items()}
    found = cheapest_path(maze, lambda word, ways: code[word])
    return found._replace(bits=found.bits + code[END])


def literal_bound(maze: RobotMaze) -> Literal:
    """A path whose turns are named as cheaply as any code can that knows no more than how many ways there are.

    log2 of the number of ways at each cell where the robot stops; nothing for the end. A code over all ways has no
    shorter words on average; it must still tell fractions of a bit and when to stop, so that this is a bound.
    """
    return cheapest_path(maze, lambda word, ways: math.log2(ways))


def cheapest_path(maze: RobotMaze, price: Price) -> Literal:
    """Of all walks within the limit the one whose turns are cheapest to name.

    By label setting (Dijkstra 1959) on pairs of bits and moves: a label is passed over if one that is no dearer has
    come to the same place, facing the same way, with no more moves.

    Args:
        maze: the maze with its limit.
        price: of a word, given the ways that there are: those ahead, or the one back in a dead end; all at the start.
    """
    labels = [(0.0, 0, 0, fresh_robot(maze), ())]
    fewest: dict[tuple[int, int], int] = {}
    count = 0
    while labels:
        bits, moves, _, robot, program = heapq.heappop(labels)
        if robot.cell == maze.goal:
            return Literal(bits, program, moves)
        place = robot.cell, robot.heading
        if moves >= fewest.get(place, maze.limit + 1):
            continue
        fewest[place] = moves
        ways = _ways(maze, robot)
        for word in SPELLING:
            onward = Robot(robot.cell, robot.heading, moves)
            if WORDS[word](maze, onward) and onward.moves + maze.left[onward.cell] <= maze.limit:
                count += 1
                label = (bits + price(word, ways), onward.moves, count, onward, (*program, word))
                heapq.heappush(labels, label)
    raise ValueError(f"cheapest_path(start={maze.start}, goal={maze.goal}): the goal cannot be reached.")


def _ways(maze: RobotMaze, robot: Robot) -> int:
    sides = open_sides(maze, robot)
    behind = robot.moves > 0 and len(sides) > 1
    return len(sides) - behind
