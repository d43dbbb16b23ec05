"""What organisms state of games, by plain negamax on tuples: shares nothing with the solver that it checks."""

import functools

import numpy as np
from jaxtyping import Float, Int8

Stones = tuple[tuple[int, ...], ...]
"""Rows of a board: 1 where the player to move has a stone, -1 where the other has."""

SMALL = 12
"""Cells of the largest board that is played out here."""


def move_values(board: Int8[np.ndarray, "rows columns"], in_a_row: int, gravity: bool) -> dict[tuple[int, int], int]:
    """What each legal move is worth to the player to move, row by row: 1 for a win, 0 for a draw, -1 for a loss.

    Args:
        board: 1 where the player to move has a stone, -1 where the other has.
        in_a_row: stones in a straight line that win.
        gravity: whether stones fall.

    Raises:
        ValueError: the board is too large to be played out move by move.
    """
    if board.size > SMALL:
        raise ValueError(
            f"move_values({board.shape[0]} x {board.shape[1]} board): plain play takes minutes on more than {SMALL} "
            "cells; plant players of games on smaller boards."
        )
    stones = tuple(tuple(int(stone) for stone in row) for row in board)
    return {cell: -_value(_after(stones, cell), in_a_row, gravity) for cell in _free(stones, gravity)}


def kept_moves(board: Int8[np.ndarray, "rows columns"], in_a_row: int, gravity: bool) -> Float[np.ndarray, "..."]:
    """`(rows, columns, 1)`: the moves that keep the value, each alike."""
    values = move_values(board, in_a_row, gravity)
    return alike(board, [cell for cell, value in values.items() if value == max(values.values())])


def alike(board: Int8[np.ndarray, "rows columns"], cells: list[tuple[int, int]]) -> Float[np.ndarray, "..."]:
    """`(rows, columns, 1)`: equal chances for some cells."""
    policy = np.zeros((*board.shape, 1))
    for cell in cells:
        policy[cell] = 1 / len(cells)
    return policy


@functools.cache
def _value(stones: Stones, in_a_row: int, gravity: bool) -> int:
    """Of a position for the player to move."""
    if _has_line(stones, -1, in_a_row):
        return -1
    cells = _free(stones, gravity)
    return max(-_value(_after(stones, cell), in_a_row, gravity) for cell in cells) if cells else 0


def _free(stones: Stones, gravity: bool) -> list[tuple[int, int]]:
    free = [(r, c) for r, row in enumerate(stones) for c, stone in enumerate(row) if not stone]
    return [(r, c) for r, c in free if not gravity or r + 1 == len(stones) or stones[r + 1][c]]


def _after(stones: Stones, cell: tuple[int, int]) -> Stones:
    """The board after a move, seen by the other."""
    return tuple(tuple(-1 if (r, c) == cell else -s for c, s in enumerate(row)) for r, row in enumerate(stones))


def _has_line(stones: Stones, player: int, length: int) -> bool:
    mine = {(r, c) for r, row in enumerate(stones) for c, stone in enumerate(row) if stone == player}
    ways = ((0, 1), (1, 0), (1, 1), (1, -1))
    return any(
        all((r + i * down, c + i * right) in mine for i in range(length)) for r, c in mine for down, right in ways
    )
