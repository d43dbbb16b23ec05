"""One move of an m,n,k-game as a task."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, Int8, PRNGKeyArray, UInt8

from ...outcomes import EnumeratedTail, Outcomes
from .._base import AbstractAnswered, AbstractTaught
from .._decision import by_chance, decided, surely_kept, surprise
from ._solve import MOST_POSITIONS, decisions, most_positions

MOST_CELLS = 64
"""Beyond, even the bound on the number of positions takes long to work out."""


class MnkInstance(NamedTuple):
    """A position in which there is something to decide.

    Fields:
        board: `(rows, columns)`: 1 where the player to move has a stone, -1 where the other has.
        kept: `(rows, columns)`: the moves that keep the game value under perfect play.
    """

    board: Int8[Array, "rows columns"]
    kept: Bool[Array, "rows columns"]


class Mnk(AbstractAnswered, AbstractTaught):
    """Keep the game value: one move in a position of a game of k in a row on a board of m x n cells.

    The positions are those that play can reach in which some but not all legal moves keep the value, each as likely as
    any other. The answer is a logit for every cell, and a legal move is chosen with probabilities proportional to their
    exponentials. Utility is 1 if it keeps the value, else 0. The reference is uniform over the legal moves, so that the
    ceiling is -log2 of the share of legal moves that keep the value. Values are exact, of the whole game's tree.

    Tic-tac-toe is 3 x 3 with 3 in a row; connect four has `gravity`. The first row is the top one.

    Fields:
        rows, columns: size of the board.
        in_a_row: stones in a straight line that win.
        gravity: whether a stone falls to the lowest free cell of its column.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 1

    rows: int = eqx.field(static=True, default=3)
    columns: int = eqx.field(static=True, default=3)
    in_a_row: int = eqx.field(static=True, default=3)
    gravity: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        size = f"Mnk(rows={self.rows}, columns={self.columns}, in_a_row={self.in_a_row}, gravity={self.gravity})"
        if min(self.rows, self.columns) < 1 or not 2 <= self.in_a_row <= max(self.rows, self.columns):
            raise ValueError(
                f"{size}: a board has at least one row and one column, and a line of 2 or more stones has to fit on it."
            )
        if self.rows * self.columns > MOST_CELLS:
            raise ValueError(f"{size}: boards of over {MOST_CELLS} cells have too many positions; take a smaller one.")
        bound = most_positions(self.rows, self.columns, self.gravity)
        if bound > MOST_POSITIONS:
            raise ValueError(
                f"{size}: up to {bound:,} positions are too many to be solved here (at most {MOST_POSITIONS:,}); take "
                "a smaller board, such as 3 x 4, or 5 x 4 with gravity."
            )

    @property
    def num_instances(self) -> int:
        """The number of positions in which there is something to decide."""
        return len(decisions(self.rows, self.columns, self.in_a_row, self.gravity).own)

    def draw(self, key: PRNGKeyArray) -> MnkInstance:
        solved = decisions(self.rows, self.columns, self.in_a_row, self.gravity)
        chosen = jr.randint(key, (), 0, len(solved.own))
        kept = np.where(solved.wins > 0, solved.wins, solved.draws)
        own, other, kept = (self._cells(jnp.asarray(mask)[chosen]) for mask in (solved.own, solved.other, kept))
        return MnkInstance(own.astype(jnp.int8) - other.astype(jnp.int8), kept)

    def identity(self, instance: MnkInstance) -> UInt8[Array, " bytes"]:
        return (instance.board + 1).astype(jnp.uint8).reshape(-1)

    def episode(self, key: PRNGKeyArray, instance: MnkInstance) -> MnkInstance:
        return instance

    def reference(self, episode: MnkInstance, dtype) -> EnumeratedTail:
        return by_chance(self.legal(episode).reshape(-1), episode.kept.reshape(-1), dtype)

    def optimum(self, episode: MnkInstance, dtype) -> Outcomes:
        return surely_kept(dtype)

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of keeping the value."""
        return outcomes.weight[..., 1]

    def legal(self, episode: MnkInstance) -> Bool[Array, "rows columns"]:
        """Which cells a stone may be put in."""
        free = episode.board == 0
        if not self.gravity:
            return free
        return free & jnp.concatenate([~free[1:], jnp.ones((1, self.columns), bool)])

    def observe(self, episode: MnkInstance) -> Float[Array, "rows columns features"]:
        """`(rows, columns, 4)`: own stones, the other's, legal moves, and a one that marks a cell."""
        features = [episode.board == 1, episode.board == -1, self.legal(episode), jnp.ones_like(episode.kept)]
        return jnp.stack(features, axis=-1).astype(jnp.float32)

    def outcomes(self, episode: MnkInstance, answer: Float[Array, "rows columns 1"]) -> Outcomes:
        return decided(answer.reshape(-1), self.legal(episode).reshape(-1), episode.kept.reshape(-1))

    def demonstrate(self, episode: MnkInstance) -> Float[Array, "rows columns 1"]:
        """The moves that keep the value, each alike."""
        return (episode.kept / jnp.sum(episode.kept)).astype(jnp.float32)[..., None]

    def loss(
        self, demonstration: Float[Array, "rows columns 1"], answer: Float[Array, "rows columns 1"]
    ) -> Float[Array, ""]:
        """-log2 of the probability that the answer gives to the moves that keep the value, among all cells."""
        return surprise(demonstration.reshape(-1), answer.reshape(-1))

    def value(self, episode: MnkInstance) -> Float[Array, "rows columns"]:
        """1 for moves that keep the value, 0 for other legal moves; nan elsewhere."""
        return jnp.where(self.legal(episode), episode.kept, jnp.nan).astype(jnp.float32)

    def _cells(self, mask) -> Bool[Array, "rows columns"]:
        places = jnp.arange(self.rows * self.columns, dtype=jnp.uint32)
        return ((mask >> places) & 1).astype(bool).reshape(self.rows, self.columns)
