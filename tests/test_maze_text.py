"""Drawings of mazes, there and back, and what is refused."""

import hypothesis
import hypothesis.strategies as st
import jax.random as jr
import numpy as np
import pytest

from mesascope.tasks.maze import Maze, read_mazes, write_block, write_thin

THIN = """\
+--+--+--+
|S    |  |
+  +--+  +
|      G |
+--+--+--+"""


def equal(one, other) -> bool:
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(one, other))


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5]))
def test_thin_walls_round_trip_any_maze(seed, share):
    maze = Maze(4, 6, braid=share).draw(jr.key(seed))
    assert equal(read_mazes(write_thin(maze))[0], maze)


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(st.lists(st.text("#.", min_size=5, max_size=5), min_size=0, max_size=5))
def test_blocks_round_trip_any_drawing(rows):
    drawing = "\n".join(["S...G", *rows])
    (maze,) = read_mazes(drawing)
    again = read_mazes(write_block(maze))[0]
    assert equal(again, maze)
    passages = np.asarray(maze.passages)
    assert not passages[0, :, 0].any() and not passages[:, 0, 3].any(), "outside is wall"


def test_thin_walls_are_read_where_they_stand():
    (maze,) = read_mazes(THIN)
    passages = np.asarray(maze.passages)
    assert passages.shape == (2, 3, 4)
    assert passages[0, 0].tolist() == [False, True, True, False]
    assert passages[0, 1].tolist() == [False, False, False, True]
    assert passages[0, 2].tolist() == [False, False, True, False]
    assert (int(maze.start), int(maze.goal)) == (0, 5)


def test_spaces_and_dots_are_floor_and_empty_lines_separate():
    first, second, third = read_mazes("S G\n\nS.G\n\n\n" + THIN + "\n")
    assert equal(first, second) and third.passages.shape == (2, 3, 4)


def test_a_wall_between_floor_cells_needs_thin_walls():
    with pytest.raises(ValueError, match="write_thin"):
        write_block(read_mazes(THIN)[0])


@pytest.mark.parametrize(
    "text, line, column, word",
    [
        ("S..\n.G", 2, 3, "ragged"),
        ("S..\n.G..", 2, 4, "ragged"),
        ("S.S\n..G", 1, 3, "second start"),
        ("S.G\n..G", 2, 3, "second goal"),
        ("S..\n...", 1, 1, "no goal"),
        ("...\n..G", 1, 1, "no start"),
        ("S#G", 1, 3, "cannot be reached"),
        ("S.x\n..G", 1, 3, "unknown character 'x'"),
        ("S.G\n\nS.G\n.?.", 4, 2, "unknown character"),
        ("", 1, 1, "no maze"),
        ("+--+\n|S |", 2, 4, "2 r \\+ 1 lines"),
        (THIN.replace("|S ", " S "), 2, 1, "outer wall"),
        (THIN.replace("+--+--+--+\n|S", "+  +--+--+\n|S"), 1, 2, "outer wall"),
        (THIN.replace("S", "x"), 2, 2, "'x' where"),
        (THIN.replace("S", " "), 1, 1, "no start"),
    ],
)
def test_faults_are_named_with_line_and_column(text, line, column, word):
    with pytest.raises(ValueError, match=f"line {line}, column {column}: .*{word}"):
        read_mazes(text)
