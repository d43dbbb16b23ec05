"""Append A or B, hash, repeat: a game in which nothing but its own course tells where it leads."""

from typing import ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, PRNGKeyArray, UInt8

from ..outcomes import EnumeratedTail, Outcomes
from ._base import AbstractAnswered
from ._sha256 import sha256

LETTERS = (65, 66)
"""A and B."""

MOST_ATTEMPTS = 64
"""Strings drawn until one can be won."""

UTILITIES = (0.0, 1.0)


class HashInstance(NamedTuple):
    """A string, with all that can become of it.

    Fields:
        strings: `(2^turns - 1, 32)`, the string at each node of the tree of turns, level by level: those after node i
            of a level are 2i and 2i + 1 of the next.
        won: `(2^turns,)`, whether the final string after each course is a winning one, for player 1.
    """

    strings: UInt8[Array, "nodes 32"]
    won: Bool[Array, " leaves"]


class HashGame(AbstractAnswered):
    """In each turn a player adds "A" or "B" to the string, which is then replaced with its SHA-256 hash.

    Player 1 wins if after the last turn the first bits of the string are 1. An instance is a string of 32 random bytes
    from which the agent can win; others are passed over. With one player all turns are the agent's; with two, player 1
    has the first turn and then every other, and whoever is not the agent keeps the game's value, with equal chances
    where both moves do. The answer is a policy at every node of the tree; places of turns that are not the agent's ask
    for nothing. A node's observation is the string there: an architecture that carries nothing from place to place
    plays as one that sees the current string alone. Utility is 1 for a win, else 0. The reference adds either letter
    with equal chances. Outcomes are exact.

    Fields:
        turns: letters added in a game.
        ones: first bits that must all be 1.
        players: 1 or 2.
        side: which player the agent is.
        show_answer: whether each node's observation shows which letters keep the value.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 2

    turns: int = eqx.field(static=True, default=10)
    ones: int = eqx.field(static=True, default=1)
    players: Literal[1, 2] = eqx.field(static=True, default=1)
    side: Literal[1, 2] = eqx.field(static=True, default=1)
    show_answer: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        if not (1 <= self.turns <= 12 and 1 <= self.ones <= 16):
            raise ValueError(f"HashGame(turns={self.turns}, ones={self.ones}): 1 to 12 turns, 1 to 16 bits.")
        if self.side > self.players:
            raise ValueError(f"HashGame(players={self.players}, side={self.side}): there is no such player.")

    def draw(self, key: PRNGKeyArray) -> HashInstance:
        def attempt(state):
            _, _, count = state
            start = jr.bits(jr.fold_in(key, count), (32,), jnp.uint8)
            instance = self.grown(start)
            return instance, self._values(instance, jnp.float32)[0][0] > 0, count + 1

        nodes = 2**self.turns
        nothing = HashInstance(jnp.zeros((nodes - 1, 32), jnp.uint8), jnp.zeros(nodes, bool))
        instance, *_ = jax.lax.while_loop(
            lambda state: ~state[1] & (state[2] < MOST_ATTEMPTS), attempt, (nothing, jnp.array(False), 0)
        )
        return instance

    def grown(self, start: UInt8[Array, "32"]) -> HashInstance:
        """The instance of a string, whether or not it can be won.

        Args:
            start: `(32,)` bytes of the string.
        """
        letters = jnp.array(LETTERS, jnp.uint8)
        level, levels = start[None], []
        for _ in range(self.turns):
            levels.append(level)
            twice = jnp.repeat(level, 2, axis=0)
            level = sha256(jnp.concatenate([twice, jnp.tile(letters, len(level))[:, None]], axis=1))
        first = jnp.unpackbits(level, axis=1)[:, : self.ones]
        return HashInstance(jnp.concatenate(levels), jnp.all(first == 1, axis=1))

    def identity(self, instance: HashInstance) -> UInt8[Array, " bytes"]:
        return instance.strings[0]

    def episode(self, key: PRNGKeyArray, instance: HashInstance) -> HashInstance:
        return instance

    def observe(self, episode: HashInstance) -> Float[Array, "nodes 1 features"]:
        """`(nodes, 1, 256 + turns)`: the string's bits as -1 and 1, and which turn it is; two more with the answer."""
        bits = 2.0 * jnp.unpackbits(episode.strings, axis=1) - 1
        turn = jnp.repeat(jnp.eye(self.turns), 2 ** jnp.arange(self.turns), axis=0, total_repeat_length=len(bits))
        features = [bits, turn]
        if self.show_answer:
            features.append(self.best(episode).astype(jnp.float32))
        return jnp.concatenate(features, axis=1).astype(jnp.float32)[:, None]

    def best(self, episode: HashInstance) -> Bool[Array, "nodes 2"]:
        """Which letters keep the value, at the nodes of both players."""
        return jnp.concatenate([_kept(after, ours) for after, ours in self._played(episode)])

    def outcomes(self, episode: HashInstance, answer: Float[Array, "nodes 1 2"]) -> Outcomes:
        policy = jax.nn.softmax(answer[:, 0], axis=-1)
        won = self._chance(episode, policy)
        return Outcomes(jnp.array(UTILITIES, answer.dtype), jnp.stack([1 - won, won]))

    def reference(self, episode: HashInstance, dtype) -> EnumeratedTail:
        won = self._chance(episode, jnp.full((len(episode.strings), 2), 0.5, dtype))
        return EnumeratedTail(jnp.array(UTILITIES, dtype), jnp.stack([jnp.zeros((), dtype), jnp.log2(won)]))

    def optimum(self, episode: HashInstance, dtype) -> Outcomes:
        value = self._values(episode, dtype)[0][0]
        return Outcomes(jnp.array(UTILITIES, dtype), jnp.stack([1 - value, value]))

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of a win."""
        return outcomes.weight[..., 1]

    def _is_ours(self, level: int) -> bool:
        return self.players == 1 or level % 2 == self.side - 1

    def _values(self, episode: HashInstance, dtype) -> list[Float[Array, " nodes"]]:
        """1 where the agent can win whatever the other does, else 0; by level, the leaves last."""
        values = [(episode.won if self.side == 1 else ~episode.won).astype(dtype)]
        for level in reversed(range(self.turns)):
            after = values[0].reshape(-1, 2)
            values.insert(0, jnp.max(after, axis=1) if self._is_ours(level) else jnp.min(after, axis=1))
        return values

    def _played(self, episode: HashInstance):
        """The values after both letters at the nodes of each level, and whether the turn is the agent's."""
        values = self._values(episode, jnp.float32)
        return [(values[level + 1].reshape(-1, 2), self._is_ours(level)) for level in range(self.turns)]

    def _chance(self, episode: HashInstance, policy: Float[Array, "nodes 2"]) -> Float[Array, ""]:
        """The probability that the agent wins with a policy, against one who keeps the value."""
        chance = (episode.won if self.side == 1 else ~episode.won).astype(policy.dtype)
        for level, (after, ours) in reversed(list(enumerate(self._played(episode)))):
            kept = _kept(after, ours).astype(policy.dtype)
            theirs = kept / jnp.sum(kept, axis=1, keepdims=True)
            first = 2**level - 1
            weights = policy[first : first + 2**level] if ours else theirs
            chance = jnp.sum(weights * chance.reshape(-1, 2), axis=1)
        return chance[0]


def _kept(after: Float[Array, "nodes 2"], ours: bool) -> Bool[Array, "nodes 2"]:
    """Which letters lead to the best of the two values, for the agent or for the other."""
    best = jnp.max(after, axis=1) if ours else jnp.min(after, axis=1)
    return after == best[:, None]
