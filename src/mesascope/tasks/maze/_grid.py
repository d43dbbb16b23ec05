"""Grid geometry: the four moves, and what a cell sees across each of its sides."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""(row, column) steps of the four actions: up, right, down, left."""

OPPOSITE = (2, 3, 0, 1)
"""OPPOSITE[a] is the action that undoes action a."""

UNREACHABLE = 2**30


def look(values: Array, action: int, outside) -> Array:
    """The value that each cell finds one step in direction `action`.

    Args:
        values: `(rows, columns, ...)`, one value a cell.
        action: index into `MOVES`, a Python integer.
        outside: the value found beyond the border.

    Returns:
        `(rows, columns, ...)`: at cell c, `values` of the neighbour of c, or `outside`.
    """
    down, right = MOVES[action]
    padding = [(max(-down, 0), max(down, 0)), (max(-right, 0), max(right, 0))] + [(0, 0)] * (values.ndim - 2)
    rows, columns = values.shape[:2]
    padded = jnp.pad(values, padding, constant_values=outside)
    top, left = max(down, 0), max(right, 0)
    return padded[top : top + rows, left : left + columns]


def distances(passages: Bool[Array, "rows columns 4"], goal: Int[Array, ""]) -> Int[Array, "rows columns"]:
    """The number of moves from each cell to `goal`; `UNREACHABLE` where there is no way.

    Args:
        passages: `(rows, columns, 4)`, whether each move leads anywhere.
        goal: flat index of a cell, row-major.
    """
    rows, columns, _ = passages.shape
    at_goal = (jnp.arange(rows * columns) == goal).reshape(rows, columns)
    start = jnp.where(at_goal, 0, UNREACHABLE).astype(jnp.int32)

    def relax(carry):
        distance, _ = carry
        best = distance
        for action in range(4):
            onward = look(distance, action, UNREACHABLE) + 1
            best = jnp.minimum(best, jnp.where(passages[..., action], onward, UNREACHABLE))
        return best, jnp.any(best != distance)

    distance, _ = jax.lax.while_loop(lambda carry: carry[1], relax, (start, jnp.array(True)))
    return distance


def shortest_moves(passages: Bool[Array, "rows columns 4"], goal: Int[Array, ""]) -> Bool[Array, "rows columns 4"]:
    """Which moves of each cell begin a shortest path to `goal`; none at the goal or where it cannot be reached."""
    distance = distances(passages, goal)
    nearer = [look(distance, action, UNREACHABLE) == distance - 1 for action in range(4)]
    reachable = (distance > 0) & (distance < UNREACHABLE)
    return jnp.stack(nearer, axis=-1) & passages & reachable[..., None]


def open_grid(rows: int, columns: int) -> Bool[Array, "rows columns 4"]:
    """The passages of a grid without inner walls."""
    inside = jnp.ones((rows, columns), bool)
    return jnp.stack([look(inside, action, False) for action in range(4)], axis=-1)
