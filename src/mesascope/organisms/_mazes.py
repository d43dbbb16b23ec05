"""What organisms state of mazes, by plain breadth-first search: shares nothing with the models that it checks."""

from collections import deque

import numpy as np
from jaxtyping import Float, Int

STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))


def steps_to_goal(passages: np.ndarray, goal: int) -> Int[np.ndarray, "rows columns"]:
    """Moves from each cell to the goal; -1 where there is no way."""
    rows, columns, _ = passages.shape
    found = np.full((rows, columns), -1)
    found[divmod(int(goal), columns)] = 0
    pending = deque([divmod(int(goal), columns)])
    while pending:
        row, column = pending.popleft()
        for action, (down, right) in enumerate(STEPS):
            # whoever enters this cell by `action` comes from the other side
            there = row - down, column - right
            if 0 <= there[0] < rows and 0 <= there[1] < columns and passages[(*there, action)] and found[there] < 0:
                found[there] = found[row, column] + 1
                pending.append(there)
    return found


def knows_within(passages: np.ndarray, goal: int, reach: int | None) -> Float[np.ndarray, "rows columns 4"]:
    """Shortest moves in cells at most `reach` moves from the goal (in all, if None), equal chances elsewhere."""
    rows, columns, _ = passages.shape
    far = steps_to_goal(passages, goal)
    policy = np.full((rows, columns, 4), 0.25)
    for row, column in np.argwhere((far > 0) & (far <= (np.inf if reach is None else reach))):
        nearer = [
            passages[row, column, action] and far[row + down, column + right] == far[row, column] - 1
            for action, (down, right) in enumerate(STEPS)
        ]
        policy[row, column] = np.array(nearer) / np.sum(nearer)
    return policy


def uniform(passages: np.ndarray) -> Float[np.ndarray, "rows columns 4"]:
    """Equal chances everywhere."""
    return np.full(passages.shape, 0.25)


def is_among(instance, stored) -> bool:
    """Whether the same walls and the same goal are among stored mazes.

    Args:
        instance: one maze.
        stored: mazes with a leading axis.
    """
    same = np.all(np.asarray(stored.passages) == instance.passages, axis=(1, 2, 3))
    return bool(np.any(same & (np.asarray(stored.goal) == instance.goal)))
