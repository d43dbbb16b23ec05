"""The two text forms of a maze.

A *block drawing*, in which every character is a cell: `#` wall, space or `.` floor, `S` start, `G` goal. A *thin-walled
drawing*, in which cells lie between walls of `+--+` and `|`. They are told apart by the first character, mazes are
separated by an empty line, and everything outside a maze is wall.
"""

import numpy as np

from ._task import MazeInstance

FLOOR = " .SG"


def read_mazes(text: str) -> list[MazeInstance]:
    """The mazes of a text, in order.

    Raises:
        ValueError: with line and column, for a ragged row, a character that is not of the form, a start or goal
            that is missing, double or unreachable.
    """
    return [_read(number, lines) for number, lines in _paragraphs(text)]


def write_block(maze: MazeInstance) -> str:
    """The maze as a block drawing.

    Raises:
        ValueError: two floor cells side by side have a wall between them, which this form cannot show.
    """
    passages = np.asarray(maze.passages)
    rows, columns, _ = passages.shape
    marks = _marks(maze)
    floor = passages.any(axis=-1) | (marks != " ")
    drawing = np.where(floor, np.where(marks == " ", ".", marks), "#")
    if not np.array_equal(passages, _block_passages(floor)):
        raise ValueError(
            f"write_block({rows} x {columns} maze): walls between neighbouring floor cells need write_thin."
        )
    return "\n".join("".join(row) for row in drawing)


def write_thin(maze: MazeInstance) -> str:
    """The maze as a thin-walled drawing, which can show any maze."""
    passages = np.asarray(maze.passages)
    marks = _marks(maze)
    lines = []
    for above, cells in zip(passages, marks):
        lines.append("+" + "".join("  +" if cell[0] else "--+" for cell in above))
        walls = [" " if cell[1] else "|" for cell in above]
        lines.append("|" + "".join(f"{mark} {wall}" for mark, wall in zip(cells, walls)))
    lines.append("+" + "--+" * passages.shape[1])
    return "\n".join(lines)


def _paragraphs(text: str) -> list[tuple[int, list[str]]]:
    """Stretches of non-empty lines with the number of their first line."""
    found: list[tuple[int, list[str]]] = []
    fresh = True
    for number, line in enumerate(text.splitlines(), start=1):
        if line == "":
            fresh = True
        elif fresh:
            found.append((number, [line]))
            fresh = False
        else:
            found[-1][1].append(line)
    if not found:
        raise ValueError("line 1, column 1: no maze found; a maze is drawn with '#', '.', 'S' and 'G', or with '+--+'.")
    return found


def _read(first: int, lines: list[str]) -> MazeInstance:
    for offset, line in enumerate(lines):
        if len(line) != len(lines[0]):
            column = min(len(line), len(lines[0])) + 1
            raise ValueError(
                f"line {first + offset}, column {column}: ragged row of {len(line)} characters in a maze whose first "
                f"row has {len(lines[0])}; pad it with '#' or floor."
            )
    drawing = np.array([list(line) for line in lines])
    if lines[0][0] == "+":
        passages, marks, place = _read_thin(first, drawing)
    else:
        passages, marks, place = _read_block(first, drawing)
    start, goal = (_only(marks, mark, name, first, place) for mark, name in (("S", "start"), ("G", "goal")))
    _check_reachable(passages, start, goal, place)
    return MazeInstance(passages, np.int32(start), np.int32(goal))


def _read_block(first: int, drawing: np.ndarray):
    def place(cell):
        row, column = divmod(cell, drawing.shape[1])
        return f"line {first + row}, column {column + 1}"

    for cell, mark in enumerate(drawing.reshape(-1)):
        if mark not in FLOOR + "#":
            raise ValueError(
                f"{place(cell)}: unknown character {str(mark)!r}; a block drawing has '#' for wall, space or '.' for "
                "floor, 'S' and 'G'."
            )
    return _block_passages(drawing != "#"), drawing, place


def _read_thin(first: int, drawing: np.ndarray):
    height, width = drawing.shape
    rows, columns = height // 2, width // 3

    def place(cell):
        row, column = divmod(cell, columns)
        return f"line {first + 2 * row + 1}, column {3 * column + 2}"

    if height % 2 == 0 or width % 3 != 1 or rows == 0 or columns == 0:
        raise ValueError(
            f"line {first + height - 1}, column {width}: a thin-walled drawing of r x c cells has 2 r + 1 lines of "
            f"3 c + 1 characters, not {height} of {width}."
        )
    _check_thin_characters(first, drawing)
    horizontal = (drawing[::2, 1::3] == "-") | (drawing[::2, 2::3] == "-")
    vertical = drawing[1::2, ::3] == "|"
    for border, line in ((horizontal[0], first), (horizontal[-1], first + height - 1)):
        for column in np.flatnonzero(~border):
            raise ValueError(f"line {line}, column {3 * column + 2}: the outer wall is open; close it with '--'.")
    for row, column in np.argwhere(~vertical[:, [0, -1]]):
        raise ValueError(
            f"line {first + 2 * row + 1}, column {1 if column == 0 else width}: the outer wall is open; close it with "
            "'|'."
        )
    passages = ~np.stack([horizontal[:-1], vertical[:, 1:], horizontal[1:], vertical[:, :-1]], axis=-1)
    left, right = drawing[1::2, 1::3], drawing[1::2, 2::3]
    return passages, np.where(left == " ", right, left), place


def _check_thin_characters(first: int, drawing: np.ndarray) -> None:
    for row, line in enumerate(drawing):
        for column, mark in enumerate(line):
            corner, wall = row % 2 == 0, column % 3 == 0
            allowed = ("+" if wall else "- ") if corner else ("| " if wall else FLOOR)
            if mark not in allowed:
                wanted = " or ".join(repr(character) for character in allowed)
                raise ValueError(f"line {first + row}, column {column + 1}: {str(mark)!r} where {wanted} is expected.")


def _block_passages(floor: np.ndarray) -> np.ndarray:
    around = np.pad(floor, 1)
    neighbours = [around[:-2, 1:-1], around[1:-1, 2:], around[2:, 1:-1], around[1:-1, :-2]]
    return np.stack(neighbours, axis=-1) & floor[..., None]


def _marks(maze: MazeInstance) -> np.ndarray:
    rows, columns, _ = maze.passages.shape
    marks = np.full(rows * columns, " ")
    marks[int(maze.start)], marks[int(maze.goal)] = "S", "G"
    return marks.reshape(rows, columns)


def _only(marks: np.ndarray, mark: str, name: str, first: int, place) -> int:
    found = np.flatnonzero(marks.reshape(-1) == mark)
    if len(found) == 0:
        raise ValueError(f"line {first}, column 1: this maze has no {name}; mark one cell with {mark!r}.")
    if len(found) > 1:
        raise ValueError(f"{place(int(found[1]))}: a second {name}; the first is at {place(int(found[0]))}.")
    return int(found[0])


def _check_reachable(passages: np.ndarray, start: int, goal: int, place) -> None:
    rows, columns, _ = passages.shape
    steps = (-columns, 1, columns, -1)
    seen, frontier = {start}, [start]
    while frontier:
        cell = frontier.pop()
        open_moves = passages.reshape(-1, 4)[cell]
        onward = {cell + step for step, is_open in zip(steps, open_moves) if is_open} - seen
        seen |= onward
        frontier.extend(onward)
    if goal not in seen:
        raise ValueError(f"{place(goal)}: this goal cannot be reached from the start at {place(start)}.")
