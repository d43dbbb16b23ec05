"""Exact distributions of the time to the goal, by dynamic programming over the cells with the goal absorbing."""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from ._grid import OPPOSITE, look


def arrivals(
    passages: Bool[Array, "rows columns 4"],
    start: Int[Array, ""],
    goal: Int[Array, ""],
    policy: Float[Array, "rows columns 4"],
    horizon: int,
) -> Float[Array, " horizon"]:
    """P(T = t) for t = 1 ... horizon, where T is the first time at the goal.

    The sum falls short of 1 by the probability of not arriving within the horizon. Differentiable in `policy`.
    Linear arithmetic: a result below the smallest float of the dtype is 0, which a weight may be and a reference
    may not; references use `log2_arrived`.

    Args:
        passages: `(rows, columns, 4)`, whether each move leads anywhere; a blocked move stays.
        start: flat index of the first cell; not the goal.
        goal: flat index of the goal.
        policy: `(rows, columns, 4)` probabilities of the actions in each cell.
        horizon: number of moves allowed.
    """
    rows, columns, _ = passages.shape
    cells = jnp.arange(rows * columns).reshape(rows, columns)
    away = (cells != goal).astype(policy.dtype)
    leave = jnp.where(passages, policy, 0) * away[..., None]
    stay = jnp.sum(jnp.where(passages, 0, policy), axis=-1) * away
    enter = [look(leave[..., OPPOSITE[action]], action, 0) for action in range(4)]

    def move(mass, _):
        onward = mass * stay
        for action in range(4):
            onward = onward + look(mass, action, 0) * enter[action]
        return onward * away, jnp.sum(onward * (1 - away))

    _, arrived = jax.lax.scan(move, (cells == start).astype(policy.dtype), length=horizon)
    return arrived


def log2_arrived(
    passages: Bool[Array, "rows columns 4"], start: Int[Array, ""], goal: Int[Array, ""], horizon: int, dtype
) -> Float[Array, " horizon"]:
    """log2 P(T <= t) for t = 1 ... horizon under the action reference: a fresh uniform action at every visit.

    Runs backwards from the goal. A cell whose shortest path has d moves is reached with at least 4^-d, and d is below
    the number of cells: where that fits the dtype the recursion is linear, beyond it runs on logarithms, so that no
    path underflows.

    Args:
        passages: `(rows, columns, 4)`, whether each move leads anywhere; a blocked move stays.
        start: flat index of the first cell.
        goal: flat index of the goal.
        horizon: number of moves allowed.
        dtype: floating dtype of the result.

    Returns:
        `(horizon,)` in bits, never above 0; -inf where the goal cannot be reached in time.
    """
    rows, columns, _ = passages.shape
    at_goal = (jnp.arange(rows * columns) == goal).reshape(rows, columns)
    linear = 2 * rows * columns < -jnp.finfo(dtype).minexp
    impossible = jnp.array(0 if linear else -jnp.inf, dtype)
    certain = jnp.array(1 if linear else 0, dtype)
    average = _average if linear else _log2_average

    def move(reached, _):
        onward = [jnp.where(passages[..., a], look(reached, a, impossible), reached) for a in range(4)]
        reached = jnp.where(at_goal, certain, average(onward))
        return reached, reached.reshape(-1)[start]

    _, arrived = jax.lax.scan(move, jnp.where(at_goal, certain, impossible), length=horizon)
    return jnp.log2(arrived) if linear else arrived


def _average(chances: list[Float[Array, "rows columns"]]) -> Float[Array, "rows columns"]:
    return sum(chances) / len(chances)


def _log2_average(log2_chances: list[Float[Array, "rows columns"]]) -> Float[Array, "rows columns"]:
    top = functools.reduce(jnp.maximum, log2_chances)
    shift = jnp.where(jnp.isfinite(top), top, 0)
    return shift + jnp.log2(_average([jnp.exp2(values - shift) for values in log2_chances]))
