"""The robot's language: instruction sets, their prefix codes, and how a program runs."""

import dataclasses

from ._maze import RobotMaze
from ._words import WORDS, Robot, fresh_robot

END = "end"
TURNS = ("first", "second", "third")

Program = tuple[str, ...]
"""Words without the end."""


@dataclasses.dataclass(frozen=True)
class InstructionSet:
    """Words with a prefix code.

    A program is its words and then `end`; it runs from the first word to the last and begins again. It succeeds as
    soon as the robot is at the goal, and fails as soon as the goal can no longer be reached within the limit of moves,
    or when four passes on end change nothing but the gaze. Words that move the robot:

        first, second, third: leave by that open side, counted clockwise from the left, the one behind last; run along
            the corridor until the goal or a cell that has not just two ways. Without such a side: nothing.
        back: the same, by the side behind.
        toward: by the side that points most nearly to the goal, the one behind only if there is no other.
        fresh: by the first side that this cell was not left by before; by the last if there is none.
        follow: one move along the mark in this cell; without a mark nothing.

    Words that move nothing but thoughts, and cost no moves:

        take, pop: take the oldest, or the newest, cell out of the frontier, which holds the goal at first.
        spread: put into the frontier each cell without a mark across an open side of the cell taken last, and mark it
            with the side that leads back.
        turn, put: look through the next side of that cell; put the one cell across.

    The three turns have two bits each; the other words share what begins with 11, `end` among them, by a truncated
    binary code.

    Fields:
        words: all but `end`, the turns first.
    """

    words: tuple[str, ...]

    @property
    def code(self) -> dict[str, str]:
        """The code word of each word."""
        others = (*self.words[len(TURNS) :], END)
        return dict(zip(TURNS, ("00", "01", "10"))) | {
            word: "11" + tail for word, tail in zip(others, _truncated_binary(len(others)))
        }

    def encode(self, program: Program) -> str:
        """The program as a string of 0 and 1.

        Raises:
            ValueError: a word is not of this set.
        """
        code = self.code
        for word in program:
            if word not in self.words:
                raise ValueError(f"encode({' '.join(program)}): {word!r} is none of {', '.join(self.words)}.")
        return "".join(code[word] for word in (*program, END))

    def decode(self, bits: str) -> tuple[Program, str]:
        """The program that a string begins with, and the rest of the string.

        Raises:
            ValueError: the string ends before a program does.
        """
        words, program, at = {code: word for word, code in self.code.items()}, [], 0
        for i in range(1, len(bits) + 1):
            word = words.get(bits[at:i])
            if word == END:
                return tuple(program), bits[i:]
            if word:
                program.append(word)
                at = i
        raise ValueError(f"decode({bits}): the string ends before a program does.")

    def bits(self, program: Program) -> int:
        """Length of a program in bits."""
        return len(self.encode(program))


def _truncated_binary(count: int) -> list[str]:
    """The complete prefix code of `count` words whose lengths differ by 1 at most, the shorter first."""
    if count == 1:
        return [""]
    length = count.bit_length() - 1
    short = 2 ** (length + 1) - count
    tails = [format(i, f"0{length}b") for i in range(short)]
    return tails + [format(i + short, f"0{length + 1}b") for i in range(short, count)]


BODY = (*TURNS, "back", "toward", "fresh")

INSTRUCTION_SETS = {
    "without a frontier": InstructionSet(BODY),
    "with a frontier": InstructionSet((*BODY, "take", "pop", "spread", "follow")),
    "side by side": InstructionSet((*BODY, "take", "pop", "turn", "put", "follow")),
}
"""Name -> words. The last has a frontier, too, but looks through one side at a time."""

GENERAL = {
    "left hand": ("without a frontier", ("first",)),
    "toward the goal": ("without a frontier", ("toward",)),
    "depth-first on foot": ("without a frontier", ("fresh",)),
    "depth-first search": ("with a frontier", ("pop", "spread", "follow")),
    "breadth-first search": ("with a frontier", ("take", "spread", "follow")),
    "breadth-first, side by side": ("side by side", ("take", *("put", "turn") * 4, "follow")),
}
"""Programs written by hand: name -> instruction set, words."""


PASSES = 4
"""After so many turns the gaze is where it was: if nothing else changed meanwhile, nothing ever will."""


def step(maze: RobotMaze, robot: Robot, word: str) -> bool | None:
    """Whether a word changes anything; None where it ends the run, at the goal or too far from it."""
    changed = WORDS[word](maze, robot)
    ended = robot.cell == maze.goal or robot.moves + maze.left[robot.cell] > maze.limit
    return None if ended else changed


def arrived(maze: RobotMaze, robot: Robot) -> bool:
    """Whether the robot is at the goal within the limit of moves."""
    return robot.cell == maze.goal and robot.moves <= maze.limit


def solves(maze: RobotMaze, program: Program, robot: Robot | None = None) -> bool:
    """Whether a program brings the robot to the goal within the limit of moves.

    Args:
        maze: the maze with its limit.
        program: words without the end.
        robot: one that has gone through the program already, which is changed; a fresh one unless given.
    """
    robot = fresh_robot(maze) if robot is None else robot
    idle = 0
    while idle < PASSES:
        changed = False
        for word in program:
            found = step(maze, robot, word)
            if found is None:
                return arrived(maze, robot)
            changed |= found
        idle = 0 if changed else idle + 1
    return False
