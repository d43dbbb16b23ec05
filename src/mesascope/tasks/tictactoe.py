"""Tic-tac-toe against a random opponent: a game whose every position is known."""

import functools
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Int8, Int32, PRNGKeyArray, UInt8

from ..outcomes import EnumeratedTail, Outcomes
from ._base import AbstractBranching

LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))
NONE = 9
"""The opening of an episode in which the agent moves first."""

UTILITIES = (-1.0, 0.0, 1.0)


class Game(NamedTuple):
    """A position with the agent to move, or the end of a game.

    Fields:
        board: `(9,)`, row-major: 1 where the agent stands, -1 where the opponent does.
    """

    board: Int8[Array, " 9"]


class TicTacToe(AbstractBranching):
    """Win against an opponent who plays uniformly at random; a draw is better than a loss.

    There is one instance. The episode is the opponent's opening: a square, or 9 where the agent moves first. Utility is
    1, 0 or -1. The reference is uniform over the legal moves. Outcomes are exact.

    Fields:
        horizon: the most moves of the agent.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 9

    horizon: int = eqx.field(static=True, default=5)

    def __check_init__(self):
        if self.horizon != 5:
            raise ValueError(f"TicTacToe(horizon={self.horizon}): the agent has at most 5 moves in a game.")

    def draw(self, key: PRNGKeyArray) -> Int32[Array, ""]:
        return jnp.int32(0)

    def identity(self, instance: Int32[Array, ""]) -> UInt8[Array, " bytes"]:
        return jnp.zeros(1, jnp.uint8)

    def episode(self, key: PRNGKeyArray, instance: Int32[Array, ""]) -> Int32[Array, ""]:
        """The opponent's opening: in half of the episodes none, in the others each square alike."""
        first_key, square_key = jr.split(key)
        return jnp.where(jr.bernoulli(first_key), NONE, jr.randint(square_key, (), 0, 9, jnp.int32))

    def reference(self, episode: Int32[Array, ""], dtype) -> EnumeratedTail:
        chances = jnp.asarray(_outcomes_of_all_positions(best=False), dtype)[self._code(episode)]
        tail = jnp.minimum(jnp.cumsum(chances[::-1])[::-1], 1)
        return EnumeratedTail(jnp.array(UTILITIES, dtype), jnp.log2(tail))

    def optimum(self, episode: Int32[Array, ""], dtype) -> Outcomes:
        chances = jnp.asarray(_outcomes_of_all_positions(best=True), dtype)[self._code(episode)]
        return Outcomes(jnp.array(UTILITIES, dtype), chances)

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of a win."""
        return jnp.sum(outcomes.weight * (outcomes.utility > 0), axis=-1)

    def start(self, episode: Int32[Array, ""]) -> Game:
        return Game(-(jnp.arange(9) == episode).astype(jnp.int8))

    def see(self, episode: Int32[Array, ""], world: Game) -> tuple[Float[Array, " features"], Bool[Array, " actions"]]:
        """`(27,)`: own marks, the opponent's, empty squares."""
        seen = jnp.concatenate([world.board == 1, world.board == -1, world.board == 0])
        return seen.astype(jnp.float32), world.board == 0

    def step(self, key: PRNGKeyArray, episode: Int32[Array, ""], world: Game, action: Int[Array, ""]) -> Game:
        worlds, chances = self.branch(episode, world, action)
        chosen = jr.categorical(key, jnp.log(chances))
        return jax.tree.map(lambda leaf: leaf[chosen], worlds)

    def over(self, episode: Int32[Array, ""], world: Game) -> Bool[Array, ""]:
        return (winner(world.board) != 0) | jnp.all(world.board != 0)

    def utility(self, episode: Int32[Array, ""], world: Game) -> Float[Array, ""]:
        return winner(world.board).astype(jnp.float32)

    def branch(self, episode: Int32[Array, ""], world: Game, action: Int[Array, ""]) -> tuple[Game, Float[Array, " 9"]]:
        """The nine squares of the opponent's reply; the first alone where the game ends before it."""
        moved = jnp.where(self.over(episode, world), world.board, world.board.at[action].set(1))
        ended = self.over(episode, Game(moved))
        replies = jnp.where(~ended & jnp.eye(9, dtype=bool), jnp.int8(-1), moved)
        free = jnp.where(ended, jnp.arange(9) == 0, moved == 0)
        return Game(replies), free / jnp.sum(free)

    def _code(self, episode) -> Int[Array, ""]:
        return jnp.sum((self.start(episode).board % 3) * 3 ** jnp.arange(9))


def winner(board: Int8[Array, " 9"]) -> Int[Array, ""]:
    """1 where the agent has three in a row, -1 where the opponent has, 0 where nobody has."""
    sums = jnp.sum(board[jnp.array(LINES)], axis=-1)
    return jnp.any(sums == 3) * 1 - jnp.any(sums == -3) * 1


@functools.lru_cache(maxsize=2)
def _outcomes_of_all_positions(best: bool) -> Float[np.ndarray, "19683 3"]:
    """Chances of loss, draw and win from each position with the agent to move; a position is a number in base 3.

    Args:
        best: whether the agent plays the move of highest expected utility; uniformly otherwise.
    """
    digits = np.arange(3**9)[:, None] // 3 ** np.arange(9) % 3
    lines = digits[:, np.array(LINES)]
    won, lost = (np.any(np.all(lines == mark, axis=2), axis=1) for mark in (1, 2))
    ended = won | lost | np.all(digits > 0, axis=1)
    final = np.eye(3)[won * 2 + ~(won | lost) * 1]
    free = digits == 0
    place = 3 ** np.arange(9)
    codes = np.arange(3**9)[:, None]
    after = np.where(free, codes + place, codes)
    replied = np.where(free, codes + 2 * place, codes)
    chances = final
    for _ in range(5):
        replies = np.sum(chances[replied] * free[..., None], axis=1) / np.maximum(np.sum(free, axis=1), 1)[:, None]
        onward = np.where(ended[:, None], final, replies)[after]
        worth = np.where(free, onward @ UTILITIES, -np.inf)
        equally = free / np.maximum(np.sum(free, axis=1, keepdims=True), 1)
        chosen = np.eye(9)[np.argmax(worth, axis=1)] if best else equally
        chances = np.where(ended[:, None], final, np.sum(chosen[..., None] * onward, axis=1))
    return chances
