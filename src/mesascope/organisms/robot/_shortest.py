"""All programs in the order of their length, up to the shortest that solve one maze."""

from typing import NamedTuple

from ._language import END, InstructionSet, Program, arrived, solves, step
from ._maze import RobotMaze
from ._words import Robot, fresh_robot


class Shortest(NamedTuple):
    """The shortest programs that solve a maze.

    Fields:
        bits: their length; None if there is none of at most the length that was asked for.
        programs: all of that length, in the order of their words.
        tried: programs that were run.
    """

    bits: int | None
    programs: tuple[Program, ...]
    tried: int


def shortest_programs(maze: RobotMaze, instructions: InstructionSet, max_bits: int) -> Shortest:
    """All shortest programs that solve a maze; exact, by trying every program that is shorter.

    Programs grow word by word, and the robot of each beginning is kept, as it is after the first pass. Beginnings
    that lead so far from the goal that no walk within the limit is left are not continued: no program with them
    succeeds. Nor are those that have arrived, whose continuations are longer.

    Args:
        maze: the maze with its limit.
        instructions: the words and their code.
        max_bits: of programs that are tried.
    """
    code = {word: len(bits) for word, bits in instructions.code.items()}
    beginnings: dict[int, list[tuple[Program, Robot]]] = {0: [((), fresh_robot(maze))]}
    tried = 0
    for bits in range(max_bits - code[END] + 1):
        found = []
        for program, robot in beginnings.pop(bits, ()):
            tried += 1
            if arrived(maze, robot) or solves(maze, program, robot.copy()):
                found.append(program)
            else:
                for word in instructions.words:
                    length = bits + code[word]
                    if length + code[END] <= max_bits and (onward := _onward(maze, robot, word)):
                        beginnings.setdefault(length, []).append(((*program, word), onward))
        if found:
            return Shortest(bits + code[END], tuple(found), tried)
    return Shortest(None, (), tried)


def _onward(maze: RobotMaze, robot: Robot, word: str) -> Robot | None:
    """The robot after one more word; None if it cannot arrive in time any more."""
    onward = robot.copy()
    lost = step(maze, onward, word) is None and not arrived(maze, onward)
    return None if lost else onward
