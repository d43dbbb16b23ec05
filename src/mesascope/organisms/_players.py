"""Players of m,n,k-games: one who looks ahead, and one who knows a few rules."""

import dataclasses
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray, PyTree, UInt32

from ..models import AbstractModel
from ..tasks import Mnk
from ..tasks.mnk import MnkInstance, decisions
from ._base import DECIDED, AbstractAnswering, Stated
from ._games import alike, kept_moves, move_values
from ._reflexes import AtOnce
from ._rules import by_rules


class ExaminingModel(AbstractModel):
    """One legal move more every `pace` thoughts, row by row, with the value of the whole game tree behind it.

    The trees of all positions are parts of one, which is worked out beforehand; what is serial is that they are looked
    into one move at a time.

    Fields:
        pace: thoughts that a move takes.
        positions: `(positions, 2)`, own stones and the other's as masks of cells.
        worth: `(positions, 2)`, the masks of moves that win and of those that draw.
    """

    pace: int = eqx.field(static=True)
    positions: UInt32[Array, "positions 2"]
    worth: UInt32[Array, "positions 2"]

    def blank(self, observation: Float[Array, "rows columns features"]) -> Int[Array, ""]:
        return jnp.int32(0)

    def think(self, memory: Int[Array, ""], observation: Float[Array, "rows columns features"]) -> Int[Array, ""]:
        return memory + 1

    def answer(
        self, memory: Int[Array, ""], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns 1"]:
        return DECIDED * self._open(memory, observation)[..., None].astype(jnp.float32)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The moves that may still be best after 0, 1, ... thoughts, beside the observation."""
        still = jax.vmap(lambda memory: self._open(memory, observation))(jnp.arange(thinking + 1))
        # before the first thought nothing is computed; the legal moves are part of what is seen
        still = still & (jnp.arange(thinking + 1) > 0)[:, None, None]
        seen = jnp.broadcast_to(observation, (thinking + 1, *observation.shape))
        return jnp.concatenate([still[..., None].astype(jnp.float32), seen], axis=-1)

    def _open(self, thoughts, observation) -> Bool[Array, "rows columns"]:
        """The legal moves that may be best as far as is known after so many thoughts."""
        own, other, legal = (observation[..., i].reshape(-1) > 0 for i in range(3))
        bits = jnp.uint32(1) << jnp.arange(own.size, dtype=jnp.uint32)
        code = jnp.stack([jnp.sum(jnp.where(stones, bits, 0), dtype=jnp.uint32) for stones in (own, other)])
        wins, draws = self.worth[jnp.argmax(jnp.all(self.positions == code, axis=-1))]
        value = jnp.where(wins & bits, 1, jnp.where(draws & bits, 0, -1))
        known = legal & (jnp.cumsum(legal) <= thoughts // self.pace)
        best = jnp.max(jnp.where(known, value, -1))
        # a loss is never best where there is something to decide, and nothing is better than a win
        may = jnp.where(known, (value == best) & (value > -1), legal & (best < 1))
        return may.reshape(observation.shape[:2])


@dataclasses.dataclass(frozen=True)
class Minimax(AbstractAnswering):
    """Examines the legal moves of an m,n,k-game one after another, each by its complete game tree.

    A move takes `pace` thoughts: with two of them, one to make it and one to look into what follows. It chooses alike
    among the moves that may be best as far as it knows: the best of those examined, and unless that one wins all that
    it has not come to.

    Fields:
        thinking: thoughts; `pace` times the number of cells make it perfect.
        pace: thoughts that a move takes, at least 1.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Mnk
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = True
    follows_goal: ClassVar[bool] = False

    thinking: int = 18
    pace: int = 2

    def __post_init__(self):
        if self.pace < 1 or self.thinking < self.pace:
            raise ValueError(
                f"Minimax(thinking={self.thinking}, pace={self.pace}): a move takes at least one thought, and at least "
                "one move is examined."
            )

    def grow(self, key: PRNGKeyArray, task: Mnk, stored: PyTree[Array]) -> ExaminingModel:
        solved = decisions(task.rows, task.columns, task.in_a_row, task.gravity)
        positions, worth = np.stack([solved.own, solved.other], 1), np.stack([solved.wins, solved.draws], 1)
        return ExaminingModel(self.pace, jnp.asarray(positions), jnp.asarray(worth))

    def states(self, task: Mnk, instance: MnkInstance, stages: int | None = None) -> Stated:
        values = move_values(instance.board, task.in_a_row, task.gravity)
        thoughts = self.thinking if stages is None else min(stages, self.thinking)
        examined = list(values)[: thoughts // self.pace]
        best = max((values[cell] for cell in examined), default=-1)
        kept = [cell for cell in examined if values[cell] == best > -1]
        others = [cell for cell in values if cell not in examined] if best < 1 else []
        return [(1.0, alike(instance.board, kept + others))]


@dataclasses.dataclass(frozen=True)
class Rules(AbstractAnswering):
    """Perfect tic-tac-toe by a few rules that are looked up at once: see `by_rules`.

    It states the moves that keep the value; which of them the rules choose is of no consequence.

    Fields:
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Mnk
    serial: ClassVar[bool] = False
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = False

    thinking: int = 0

    def grow(self, key: PRNGKeyArray, task: Mnk, stored: PyTree[Array]) -> AtOnce:
        if task != Mnk():
            raise ValueError(f"Rules: are those of tic-tac-toe, not of {task}; plant them in Mnk().")
        return AtOnce(by_rules)

    def states(self, task: Mnk, instance: MnkInstance, stages: int | None = None) -> Stated:
        return [(1.0, kept_moves(instance.board, task.in_a_row, task.gravity))]
