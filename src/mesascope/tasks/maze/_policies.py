"""The policy reference: a deterministic policy drawn uniformly among all of them."""

import jax.numpy as jnp
import numpy as np

from ...outcomes import EnumeratedTail
from ._task import MazeInstance

MAX_PATHS = 2_000_000


def policy_reference(maze: MazeInstance, horizon: int) -> EnumeratedTail:
    """How rare each arrival time is among uniformly random deterministic policies (the post's "policy space").

    Such a policy arrives after l moves exactly if it follows one of the self-avoiding paths of l moves, each with
    probability 4^-l, since every cell on the way fixes one action. On trees this agrees with the action reference for
    the shortest path; on graphs with loops it does not.

    Args:
        maze: one maze.
        horizon: number of moves allowed.

    Returns:
        The tail of minus the time of arrival, float64.

    Raises:
        ValueError: there are more than `MAX_PATHS` partial paths to enumerate.
    """
    by_length = _paths_by_length(maze, horizon)
    weights = by_length * 0.25 ** np.arange(1, horizon + 1)
    with np.errstate(divide="ignore"):
        tail = np.log2(np.cumsum(weights))[::-1]
    support = -np.arange(1.0, horizon + 2)[::-1]
    return EnumeratedTail(jnp.asarray(support), jnp.asarray(np.append(0.0, tail)))


def _paths_by_length(maze: MazeInstance, horizon: int) -> np.ndarray:
    """The number of self-avoiding paths from start to goal of 1, ..., `horizon` moves."""
    rows, columns, _ = maze.passages.shape
    passages = np.asarray(maze.passages).reshape(-1, 4)
    steps = (-columns, 1, columns, -1)
    onward = [[cell + step for step, is_open in zip(steps, row) if is_open] for cell, row in enumerate(passages)]
    counts, visited = np.zeros(horizon), 0
    goal = int(maze.goal)
    stack = [(int(maze.start), frozenset([int(maze.start)]))]
    while stack:
        cell, seen = stack.pop()
        visited += 1
        if visited > MAX_PATHS:
            raise ValueError(
                f"policy_reference({rows} x {columns} maze): over {MAX_PATHS:,} partial paths; the policy reference is "
                "enumerated, so choose a smaller maze, one with fewer loops, or the action reference."
            )
        for following in onward[cell]:
            if following == goal:
                counts[len(seen) - 1] += 1
            elif following not in seen and len(seen) < horizon:
                stack.append((following, seen | {following}))
    return counts
