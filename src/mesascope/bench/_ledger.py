"""The exact ledger in bits, against the same sums in NumPy."""

import numpy as np

from ..lab import novel
from ..power import references, score
from ._base import Row, paired, ratio
from ._step import standard_trial

TOLERANCE = 1e-6
"""Relative, of two float64 sums in different order."""

LOOK = {0: (-1, 0), 1: (0, 1), 2: (1, 0), 3: (0, -1)}
"""Rows and columns that a move goes."""


def measure() -> list[Row]:
    """Bits of 256 policies: the reference, the outcomes, the sum; compiled, and as arrays of NumPy."""
    task = standard_trial().task
    mazes = novel(task)
    logits = np.random.default_rng(0).normal(size=(len(mazes.start), task.rows, task.columns, 4)).astype(np.float32)

    def compiled():
        return score(task, mazes, references(task, mazes), logits).bits

    def plain():
        return bits_in_numpy(mazes.passages, mazes.start, mazes.goal, logits, task.horizon)

    np.testing.assert_allclose(compiled(), plain(), rtol=TOLERANCE)
    ours, theirs = paired([compiled, plain])
    note = f"{len(mazes.start)} mazes: {ours.best * 1e3:.0f} and {theirs.best * 1e3:.0f} ms, the same bits"
    return [ratio("ledger: times as fast as NumPy", theirs, ours, note=note)]


def bits_in_numpy(passages, start, goal, logits, horizon: int):
    """`(mazes,)` bits of softmax policies against a fresh uniform action at every visit."""
    passages, logits = np.asarray(passages), np.asarray(logits, np.float64)
    shape = passages.shape[:3]
    policy = np.exp(logits - logits.max(-1, keepdims=True))
    policy /= policy.sum(-1, keepdims=True)
    arrived = _arrival_times(passages, start, goal, policy, horizon)
    by = np.cumsum(_arrival_times(passages, start, goal, np.full((*shape, 4), 0.25), horizon), axis=0)
    # never to arrive is no feat: its tail has probability 1, which is 0 bits
    return np.sum(np.where(arrived > 0, arrived * -np.log2(np.where(by > 0, by, 1)), 0), axis=0)


def _arrival_times(passages, start, goal, policy, horizon: int):
    """`(horizon, mazes)`: P(T = t) from the distribution over cells, carried forward move by move."""
    mazes, rows, columns, _ = passages.shape
    mass, arrived = np.zeros((mazes, rows * columns)), np.zeros((horizon, mazes))
    each = np.arange(mazes)
    mass[each, start] = 1
    for time in range(horizon):
        flow = mass.reshape(mazes, rows, columns)[..., None] * policy
        onward = np.sum(np.where(passages, 0, flow), axis=-1)
        for action, (down, right) in LOOK.items():
            leaving = np.where(passages[..., action], flow[..., action], 0)
            # a passage never leads over the edge, so that nothing comes around it
            onward += np.roll(leaving, (down, right), axis=(1, 2))
        mass = onward.reshape(mazes, -1)
        arrived[time] = mass[each, goal]
        mass[each, goal] = 0
    return arrived
