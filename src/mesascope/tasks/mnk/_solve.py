"""Exact values of all positions of an m,n,k-game, by working back from the ends of play.

A position is a number of 2 x cells bits: the stones of the player to move in the low half, those of the other in the
high half, cell 0 in the lowest bit of each.
"""

import functools
import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, UInt32, UInt64

MOST_POSITIONS = 6_000_000
"""Larger games are refused: by a bound on the number of positions, found without playing."""


class Decisions(NamedTuple):
    """The positions in which some but not all legal moves keep the game value, as bit masks of cells.

    Fields:
        own, other: `(decisions,)`, stones of the player to move, and of the other.
        wins, draws: `(decisions,)`, moves after which the player to move wins, or draws, by perfect play.
        positions: number of all positions that play can reach, ends included.
        value: of the empty board for who moves first: 1, 0 or -1.
    """

    own: UInt32[np.ndarray, " decisions"]
    other: UInt32[np.ndarray, " decisions"]
    wins: UInt32[np.ndarray, " decisions"]
    draws: UInt32[np.ndarray, " decisions"]
    positions: int
    value: int


def row_masks(rows: int, columns: int, in_a_row: int) -> UInt64[np.ndarray, " lines"]:
    """The masks of all straight lines of `in_a_row` cells, flat index row-major."""
    found = []
    for row, column in np.ndindex(rows, columns):
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            cells = [(row + down * i, column + right * i) for i in range(in_a_row)]
            if all(0 <= r < rows and 0 <= c < columns for r, c in cells):
                found.append(sum(1 << (r * columns + c) for r, c in cells))
    return np.array(found, np.uint64)


def most_positions(rows: int, columns: int, gravity: bool) -> int:
    """A bound on the number of positions: stones may lie where they lie, whoever has won."""
    cells = rows * columns
    if not gravity:
        ways = [math.comb(cells, stones) for stones in range(cells + 1)]
    else:
        # heights of columns that add up to so many stones
        ways = [1]
        for _ in range(columns):
            ways = [sum(ways[max(0, s - rows) : s + 1]) for s in range(len(ways) + rows)]
    return sum(way * math.comb(stones, stones // 2) for stones, way in enumerate(ways))


@functools.lru_cache(maxsize=8)
def decisions(rows: int, columns: int, in_a_row: int, gravity: bool) -> Decisions:
    """All decisions of a game, in order of the number of stones; solved once a process.

    Args:
        rows, columns: size of the board.
        in_a_row: stones in a straight line that win.
        gravity: whether a stone falls to the lowest free cell of its column.

    Raises:
        ValueError: there is no decision in the whole game.
    """
    board = _Board(rows, columns, in_a_row, gravity)
    levels = board.levels()
    found, after = [], None
    for positions in reversed(levels):
        value, wins, draws = board.values(positions, after)
        after = positions, value
        kept = np.where(wins > 0, wins, draws)
        chosen = (kept > 0) & (kept != board.legal(positions))
        own, other = board.stones(positions[chosen])
        found.append([part.astype(np.uint32) for part in (own, other, wins[chosen], draws[chosen])])
    masks = [np.concatenate(parts) for parts in zip(*reversed(found))]
    if not len(masks[0]):
        raise ValueError(
            f"decisions(rows={rows}, columns={columns}, in_a_row={in_a_row}, gravity={gravity}): in no position of "
            "this game do some but not all moves keep its value; choose a larger board or another length of line."
        )
    return Decisions(*masks, sum(map(len, levels)), int(after[1][0]))


class _Board:
    """The rules of a game on arrays of positions."""

    def __init__(self, rows: int, columns: int, in_a_row: int, gravity: bool):
        self.cells = rows * columns
        self.full = np.uint64((1 << self.cells) - 1)
        self.half = np.uint64(self.cells)
        self.lines = row_masks(rows, columns, in_a_row)
        self.columns = np.uint64(columns)
        self.bottom = np.uint64(((1 << columns) - 1) << (self.cells - columns)) if gravity else self.full

    def stones(self, positions: UInt64[np.ndarray, " n"]):
        return positions & self.full, positions >> self.half

    def lost(self, positions: UInt64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Whether the other has a line."""
        _, other = self.stones(positions)
        return functools.reduce(np.logical_or, [(other & line) == line for line in self.lines])

    def legal(self, positions: UInt64[np.ndarray, " n"]) -> UInt64[np.ndarray, " n"]:
        """The mask of legal moves; none where the game is over."""
        own, other = self.stones(positions)
        taken = own | other
        # the cell below is `columns` bits further up
        free = ~taken & self.full & (self.bottom | (taken >> self.columns))
        return np.where(self.lost(positions), np.uint64(0), free)

    def moved(self, positions: UInt64[np.ndarray, " n"], cell: int) -> UInt64[np.ndarray, " n"]:
        """The positions after a move there, seen by the other."""
        own, other = self.stones(positions)
        return other | ((own | np.uint64(1 << cell)) << self.half)

    def moves(self, positions: UInt64[np.ndarray, " n"]):
        """Cell, rows of the positions in which it is a legal move, and the positions after it."""
        legal = self.legal(positions)
        for cell in range(self.cells):
            rows = np.flatnonzero(legal & np.uint64(1 << cell))
            yield cell, rows, self.moved(positions[rows], cell)

    def levels(self) -> list[UInt64[np.ndarray, " n"]]:
        """The positions that play can reach, by number of stones, each level in ascending order."""
        found = [np.zeros(1, np.uint64)]
        while len(found[-1]):
            found.append(np.unique(np.concatenate([after for _, _, after in self.moves(found[-1])])))
        return found[:-1]

    def values(self, positions: UInt64[np.ndarray, " n"], after: tuple[np.ndarray, np.ndarray] | None):
        """The value of each position for the player to move, and the masks of its winning and its drawing moves."""
        value = np.where(self.lost(positions), -1, np.where(self.legal(positions) == 0, 0, -1)).astype(np.int8)
        wins, draws = np.zeros((2, len(positions)), np.uint64)
        for cell, rows, following in self.moves(positions):
            if not len(rows):
                continue
            theirs = after[1][np.searchsorted(after[0], following)]
            for mask, worth in ((wins, -1), (draws, 0)):
                mask[rows[theirs == worth]] |= np.uint64(1 << cell)
        value = np.where(draws > 0, 0, value)
        return np.where(wins > 0, 1, value).astype(np.int8), wins, draws
