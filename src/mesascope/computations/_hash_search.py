"""What perfect play reaches in the game of hashes: exact, and nothing is trained."""

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from ..power import ceiling, references, score
from ..tasks import NUM_NOVEL, HashGame, novel
from ._base import AbstractComputation

SURE = 50.0
"""Logit of a move that is made for certain."""

NUM_STRINGS = 1024
"""Random strings on which the value of a game is counted."""


@dataclasses.dataclass(frozen=True)
class HashSearch(AbstractComputation):
    """Bits of perfect play in the last turns and random play before, on novel strings.

    Columns, a row for each number of turns: `depth`, turns that are searched, from none (the null) to all; `bits`, the
    mean over the evaluation set; `ceiling`, the mean of the best that can be, the same in all rows. The evaluation set
    is the same for every seed.

    Fields:
        turns, ones, players, side: of the game.
    """

    version: ClassVar[int] = 1

    turns: int = 10
    ones: int = 1
    players: Literal[1, 2] = 1
    side: Literal[1, 2] = 1

    @property
    def cost(self) -> float:
        # of a short game nearly all is compiling
        return 5e5 * NUM_NOVEL * 2**self.turns + 1e11

    def columns(self, seed: int) -> dict[str, np.ndarray]:
        task = HashGame(self.turns, self.ones, self.players, self.side)
        instances = novel(task)
        tails = references(task, instances)
        best = np.asarray(jax.lax.map(task.best, instances))
        # nodes are numbered as in a heap: those of turn t begin at 2^t - 1
        turn = np.floor(np.log2(np.arange(1, best.shape[1] + 1)))
        depths = np.arange(self.turns + 1)
        found = []
        for depth in depths:
            seen = (self.turns - turn <= depth)[None, :, None]
            logits = np.where(seen & ~best, -SURE, 0.0)[:, :, None].astype(np.float32)
            found.append(float(np.mean(score(task, instances, tails, logits).bits)))
        most = float(np.mean(ceiling(task, instances, tails).bits))
        return {"depth": depths, "bits": np.array(found), "ceiling": np.full(len(depths), most)}


@dataclasses.dataclass(frozen=True)
class HashValue(AbstractComputation):
    """Random strings from which the agent can win, whatever the other player does.

    Column, a row for each string: `won`. Other than an evaluation set, these strings are not chosen by whether they can
    be won.

    Fields:
        turns, ones, players, side: of the game.
    """

    version: ClassVar[int] = 1

    turns: int = 10
    ones: int = 1
    players: Literal[1, 2] = 1
    side: Literal[1, 2] = 1

    @property
    def cost(self) -> float:
        return 1e5 * NUM_STRINGS * 2**self.turns + 8e10

    def columns(self, seed: int) -> dict[str, np.ndarray]:
        task = HashGame(self.turns, self.ones, self.players, self.side)
        starts = jr.bits(jr.key(seed), (NUM_STRINGS, 32), jnp.uint8)
        # of the two utilities the second is a win
        won = jax.lax.map(lambda s: task.optimum(task.grown(s), jnp.float32).weight[1], starts, batch_size=64)
        return {"won": np.asarray(won) > 0.5}
