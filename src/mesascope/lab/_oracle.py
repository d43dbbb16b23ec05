"""A meter of its own for what organisms state: plain NumPy, sharing nothing with the one under test."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, PyTree

from ..organisms import move_values


class Worth(NamedTuple):
    """What policies bring about.

    Fields:
        bits: `(instances,)` against fresh random actions.
        utility: `(instances,)` expected: of mazes minus the time, horizon + 1 where the goal is not reached.
    """

    bits: Float[np.ndarray, " instances"]
    utility: Float[np.ndarray, " instances"]


def walked_worth(mazes: PyTree[Array], policies: Float[np.ndarray, "instances rows columns 4"], horizon: int) -> Worth:
    """The worth of policies, by powers of the walk's matrix.

    Args:
        mazes: instances with `passages`, `start` and `goal`.
        policies: action probabilities of every cell.
        horizon: moves allowed.
    """
    chances = arrival_chances(mazes, policies, horizon)
    return Worth(bits_of_chances(chances, reference_chances(mazes, horizon)), chances @ -np.arange(1.0, horizon + 2))


def decided_worth(
    positions: PyTree[Array], policies: Float[np.ndarray, "instances rows columns 1"], in_a_row: int, gravity: bool
) -> Worth:
    """The worth of policies for one move of a game, by plain play of every game from there.

    Args:
        positions: instances with a `board`.
        policies: probabilities of the cells.
        in_a_row, gravity: of the game.
    """
    chances, bits = [], []
    for board, policy in zip(np.asarray(positions.board), policies):
        values = move_values(board, in_a_row, gravity)
        kept = [cell for cell, value in values.items() if value == max(values.values())]
        chances.append(sum(policy[cell][0] for cell in kept))
        bits.append(chances[-1] * np.log2(len(values) / len(kept)))
    return Worth(np.array(bits), np.array(chances))


def reference_chances(mazes: PyTree[Array], horizon: int) -> Float[np.ndarray, "instances times"]:
    """Chances of the time of arrival under fresh random actions."""
    return arrival_chances(mazes, np.full(np.shape(mazes.passages), 0.25), horizon)


def arrival_chances(
    mazes: PyTree[Array], policies: Float[np.ndarray, "instances rows columns 4"], horizon: int
) -> Float[np.ndarray, "instances times"]:
    """`(instances, horizon + 1)`: chances to arrive after 1, 2, ... moves, and never within the horizon."""
    passages = np.asarray(mazes.passages)
    count, rows, columns, _ = passages.shape
    cells, numbers = rows * columns, np.arange(count)
    sides, chosen = passages.reshape(count, cells, 4), policies.reshape(count, cells, 4)
    walk = np.zeros((count, cells, cells))
    for action, step in enumerate((-columns, 1, columns, -1)):
        target = np.where(sides[:, :, action], np.arange(cells) + step, np.arange(cells))
        np.add.at(walk, (numbers[:, None], np.arange(cells), target), chosen[:, :, action])
    mass = np.zeros((count, 1, cells))
    mass[numbers, 0, np.asarray(mazes.start)] = 1
    arrived = np.zeros((count, horizon + 1))
    for time in range(horizon):
        mass = mass @ walk
        arrived[:, time] = mass[numbers, 0, np.asarray(mazes.goal)]
        mass[numbers, 0, np.asarray(mazes.goal)] = 0
    arrived[:, horizon] = np.maximum(1 - np.sum(arrived, axis=1), 0)
    return arrived


def bits_of_chances(
    chances: Float[np.ndarray, "instances times"], reference: Float[np.ndarray, "instances times"]
) -> Float[np.ndarray, " instances"]:
    """sum over times t of P(T = t) * -log2 P_ref(T <= t)."""
    as_soon = np.cumsum(reference, axis=1)
    as_soon[:, -1] = 1
    possible = chances > 0
    return np.sum(np.where(possible, chances * -np.log2(np.where(possible, as_soon, 1)), 0), axis=1)


def directedness(
    utility: Float[np.ndarray, " instances"], reference: Float[np.ndarray, "instances times"]
) -> Float[np.ndarray, " instances"]:
    """Signed maximum-entropy goal-directedness in bits, by maximizing over the inverse temperature numerically."""
    from scipy.optimize import minimize_scalar

    utilities = -np.arange(1.0, reference.shape[1] + 1)
    found = []
    for mean, row in zip(utility, reference):
        possible, chances = utilities[row > 0], row[row > 0]

        def loss(beta, gaps=possible - mean, chances=chances):
            tilted = beta * gaps
            top = np.max(tilted)
            return top + np.log(np.sum(chances * np.exp(tilted - top)))

        best = -minimize_scalar(loss, bounds=(-60, 60), method="bounded", options={"xatol": 1e-7}).fun
        found.append(np.sign(mean - chances @ possible) * best / np.log(2))
    return np.array(found)
