"""Random mazes: uniform spanning trees (Aldous 1990, Broder 1989), depth-first trees, and braids of either."""

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from ._grid import MOVES, OPPOSITE, look, open_grid

UNSET, ROOT = 4, 5
"""In an array of moves to a parent: not entered yet, and the cell that has none."""

MOVES_A_WORD = 16
WORDS_A_BLOCK = 8


def _steps(columns: int) -> Int[Array, " 4"]:
    return jnp.array([down * columns + right for down, right in MOVES], jnp.int32)


def _allowed(rows: int, columns: int) -> Bool[Array, "cells 4"]:
    return open_grid(rows, columns).reshape(rows * columns, 4)


def _random_moves(key: PRNGKeyArray, allowed: Bool[Array, "*cells 4"]) -> Int[Array, "*cells"]:
    """One of the allowed moves for each cell, equally likely to within 2^-30."""
    count = jnp.sum(allowed, axis=-1)
    rank = (jr.bits(key, count.shape, jnp.uint32) % count.astype(jnp.uint32)).astype(jnp.int32)
    return jnp.argmax(jnp.cumsum(allowed, axis=-1) > rank[..., None], axis=-1).astype(jnp.int32)


def _from_parents(parent: Int[Array, " cells"], rows: int, columns: int) -> Bool[Array, "rows columns 4"]:
    """The passages of the tree in which each cell's `parent` move leads towards the root."""
    up = jax.nn.one_hot(parent, 4, dtype=bool).reshape(rows, columns, 4)
    sides = [up[..., a] | look(up[..., OPPOSITE[a]], a, False) for a in range(4)]
    return jnp.stack(sides, axis=-1)


def aldous_broder(key: PRNGKeyArray, rows: int, columns: int) -> Bool[Array, "rows columns 4"]:
    """A uniformly random spanning tree of the grid: the first entrances of a random walk that visits every cell.

    The walk draws each of the four moves with probability exactly 1/4 and stays where a move leaves the grid. It is
    reversible with equal weights on all edges, so the tree is exactly uniform.

    Args:
        key: random key.
        rows: number of rows, at least 1.
        columns: number of columns, at least 1.

    Returns:
        `(rows, columns, 4)` passages of a perfect maze.

    References:
        Aldous (1990), The random walk construction of uniform spanning trees; Broder (1989), Generating random
        spanning trees.
    """
    cells = rows * columns
    allowed, steps = _allowed(rows, columns), _steps(columns)
    root_key, walk_key = jr.split(key)
    root = jr.randint(root_key, (), 0, cells, jnp.int32)

    def step(time, state):
        parent, cell, words = state
        move = (words[time // MOVES_A_WORD] >> (2 * (time % MOVES_A_WORD)).astype(jnp.uint32)) & 3
        onward = jnp.where(allowed[cell, move], cell + steps[move], cell)
        first = parent[onward] == UNSET
        entered = jnp.where(first, jnp.array(OPPOSITE, jnp.int8)[move], parent[onward])
        return parent.at[onward].set(entered), onward, words

    def walk(state):
        parent, cell, block = state
        words = jr.bits(jr.fold_in(walk_key, block), (WORDS_A_BLOCK,), jnp.uint32)
        # steps after the last cell was entered change nothing, so a block may run past the end
        parent, cell, _ = jax.lax.fori_loop(0, WORDS_A_BLOCK * MOVES_A_WORD, step, (parent, cell, words))
        return parent, cell, block + 1

    nothing = jnp.full(cells, UNSET, jnp.int8).at[root].set(ROOT)
    parent, *_ = jax.lax.while_loop(lambda state: jnp.any(state[0] == UNSET), walk, (nothing, root, 0))
    return _from_parents(parent, rows, columns)


def depth_first(key: PRNGKeyArray, rows: int, columns: int) -> Bool[Array, "rows columns 4"]:
    """A spanning tree of the grid by randomized depth-first search: long corridors, few junctions.

    Args:
        key: random key.
        rows: number of rows, at least 1.
        columns: number of columns, at least 1.

    Returns:
        `(rows, columns, 4)` passages of a perfect maze; not uniform among spanning trees.
    """
    cells = rows * columns
    allowed = _allowed(rows, columns)
    root_key, walk_key = jr.split(key)
    root = jr.randint(root_key, (), 0, cells, jnp.int32)
    steps = _steps(columns)

    def step(time, state):
        visited, parent, cell = state
        targets = jnp.clip(cell + steps, 0, cells - 1)
        free = allowed[cell] & ~visited[targets]
        stuck = ~jnp.any(free)
        onward_move = _random_moves(jr.fold_in(walk_key, time), free | stuck)
        back = jnp.where(cell == root, cell, cell + steps[jnp.minimum(parent[cell], 3)])
        onward = jnp.where(stuck, back, targets[onward_move])
        arrived = jnp.array(OPPOSITE, jnp.int32)[onward_move]
        parent = parent.at[onward].set(jnp.where(stuck, parent[onward], arrived))
        return visited.at[onward].set(True), parent, onward

    state = (jnp.zeros(cells, bool).at[root].set(True), jnp.full(cells, UNSET, jnp.int32), root)
    # every cell but the root is entered once and left once
    _, parent, _ = jax.lax.fori_loop(0, 2 * (cells - 1), step, state)
    return _from_parents(parent, rows, columns)


def braid(
    key: PRNGKeyArray, passages: Bool[Array, "rows columns 4"], share: Float[Array, ""] | float
) -> Bool[Array, "rows columns 4"]:
    """The maze with a share of its dead ends opened by removing one of their walls.

    Args:
        key: random key.
        passages: `(rows, columns, 4)` passages.
        share: probability in [0, 1] that a dead end is opened; 1 leaves none.

    Returns:
        `(rows, columns, 4)` passages. A dead end that an earlier opening has already relieved stays as it is.
    """
    rows, columns, _ = passages.shape
    cells = rows * columns
    allowed = _allowed(rows, columns)
    order_key, open_key, wall_key = jr.split(key, 3)
    order = jr.permutation(order_key, cells)
    chosen = jr.bernoulli(open_key, share, (cells,))

    def step(rank, flat):
        cell = order[rank]
        walls = allowed[cell] & ~flat[cell]
        opens = chosen[cell] & (jnp.sum(flat[cell]) == 1) & jnp.any(walls)
        move = _random_moves(jr.fold_in(wall_key, rank), walls | ~opens)
        other = cell + _steps(columns)[move]
        opened = flat.at[cell, move].set(True).at[other, jnp.array(OPPOSITE)[move]].set(True)
        return jnp.where(opens, opened, flat)

    flat = jax.lax.fori_loop(0, cells, step, passages.reshape(cells, 4))
    return flat.reshape(rows, columns, 4)
