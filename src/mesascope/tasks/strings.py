"""Small algorithmic tasks on strings, whose longer ones are never trained on: what a network can come to compute."""

from collections.abc import Callable
from typing import ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int32, PRNGKeyArray, UInt8

from ..outcomes import EnumeratedTail, Outcomes
from ._base import AbstractExtended, AbstractTaught
from ._places import mean_surprise

NUM_SYMBOLS = 4
UTILITIES = (0.0, 1.0)

TURNS = ((0, 1, 2), (1, 0, 2), (0, 2, 1), (1, 2, 0))
"""What the symbols do to an order of three things: nothing, two exchanges, a rotation. They generate all six orders."""


class StringsInstance(NamedTuple):
    """A string at the left end of its frame.

    Fields:
        symbols: `(longest,)` of 0 to 3, 0 beyond the end.
        length: of the string.
    """

    symbols: UInt8[Array, " longest"]
    length: Int32[Array, ""]


def _parity(symbols: Int32[Array, " longest"], length: Int32[Array, ""]) -> Int32[Array, " longest"]:
    """Whether so far an odd number of symbols were odd."""
    return jnp.cumsum(symbols % 2) % 2


def _addition(symbols: Int32[Array, " longest"], length: Int32[Array, ""]) -> Int32[Array, " longest"]:
    """The digits of a sum: a symbol holds a binary digit of each of two numbers, the lowest digits first."""
    ones = symbols % 2 + symbols // 2

    def add(carry, digit_sum):
        total = digit_sum + carry
        return total // 2, total % 2

    return jax.lax.scan(add, jnp.int32(0), ones)[1]


def _turns(symbols: Int32[Array, " longest"], length: Int32[Array, ""]) -> Int32[Array, " longest"]:
    """Where the first of three things is after all turns so far."""

    def turn(place, symbol):
        place = jnp.array(TURNS, jnp.int32)[symbol, place]
        return place, place

    return jax.lax.scan(turn, jnp.int32(0), symbols)[1]


def _reversal(symbols: Int32[Array, " longest"], length: Int32[Array, ""]) -> Int32[Array, " longest"]:
    """The string from its end to its beginning."""
    return symbols[(length - 1 - jnp.arange(len(symbols))) % len(symbols)]


def _recall(symbols: Int32[Array, " longest"], length: Int32[Array, ""]) -> Int32[Array, " longest"]:
    """What followed the same symbol the last time; the symbol itself the first time."""
    places = jnp.arange(len(symbols))
    earlier = (symbols[:, None] == symbols) & (places < places[:, None])
    last = jnp.max(jnp.where(earlier, places, -1), axis=-1)
    return jnp.where(last < 0, symbols, symbols[last + 1])


Rule = Literal["parity", "addition", "turns", "reversal", "recall"]

RULES: dict[Rule, tuple[Callable, int]] = {
    "parity": (_parity, 2),
    "addition": (_addition, 2),
    "turns": (_turns, 3),
    "reversal": (_reversal, NUM_SYMBOLS),
    "recall": (_recall, NUM_SYMBOLS),
}
"""What is asked at each symbol, and how many answers there are to choose from."""


class Strings(AbstractExtended, AbstractTaught):
    """Answer each symbol of a random string by a rule: short strings to learn on, longer ones never trained on.

    One symbol of the string, drawn uniformly after the answer, is asked for: utility is 1 if it is answered right, else
    0. The reference names each answer with equal chances. Lengths are uniform over their range, symbols over four.

    Fields:
        rule: `parity`, `addition`, `turns`, `reversal` or `recall`.
        shortest, longest: lengths.
        frame: places that there are, at least `longest`: the longer strings have up to as many symbols.
    """

    version: ClassVar[int] = 1

    rule: Rule = eqx.field(static=True, default="parity")
    shortest: int = eqx.field(static=True, default=8)
    longest: int = eqx.field(static=True, default=12)
    frame: int = eqx.field(static=True, default=24)

    def __check_init__(self):
        if self.rule not in RULES:
            raise ValueError(f"Strings(rule={self.rule!r}): known are {', '.join(RULES)}.")
        if not 1 <= self.shortest <= self.longest <= self.frame:
            raise ValueError(
                f"Strings(shortest={self.shortest}, longest={self.longest}, frame={self.frame}): a string has at least "
                "one symbol, at most `longest`, and fits its frame."
            )

    @property
    def num_actions(self) -> int:
        """One for each answer that there is to choose from."""
        return RULES[self.rule][1]

    def beyond(self) -> "Strings":
        """Longer strings, up to the whole frame."""
        if self.longest == self.frame:
            raise ValueError(f"{self}: no longer string fits the frame.")
        return Strings(self.rule, self.longest + 1, self.frame, self.frame)

    def draw(self, key: PRNGKeyArray) -> StringsInstance:
        length_key, symbols_key = jr.split(key)
        length = jr.randint(length_key, (), self.shortest, self.longest + 1, jnp.int32)
        symbols = jr.randint(symbols_key, (self.frame,), 0, NUM_SYMBOLS, jnp.int32)
        return StringsInstance(jnp.where(self._asked(length), symbols, 0).astype(jnp.uint8), length)

    def identity(self, instance: StringsInstance) -> UInt8[Array, " bytes"]:
        return jnp.append(instance.symbols, instance.length.astype(jnp.uint8))

    def episode(self, key: PRNGKeyArray, instance: StringsInstance) -> StringsInstance:
        return instance

    def observe(self, episode: StringsInstance) -> Float[Array, "1 frame 5"]:
        """`(1, frame, 5)`: which symbol, and that there is one; zeros beyond the end."""
        asked = self._asked(episode.length)
        symbols = jax.nn.one_hot(episode.symbols, NUM_SYMBOLS, dtype=jnp.float32)
        return jnp.concatenate([symbols, jnp.ones((self.frame, 1), jnp.float32)], axis=-1)[None] * asked[:, None]

    def outcomes(self, episode: StringsInstance, answer: Float[Array, "1 frame answers"]) -> Outcomes:
        right = self.right(episode)
        named = jnp.take_along_axis(jax.nn.softmax(answer[0]), right[:, None], axis=-1)[:, 0]
        named = jnp.sum(named * self._asked(episode.length)) / episode.length
        return Outcomes(jnp.array(UTILITIES, answer.dtype), jnp.stack([1 - named, named]))

    def right(self, episode: StringsInstance) -> Int32[Array, " frame"]:
        """The right answer at each place; of no meaning beyond the end."""
        rule, _ = RULES[self.rule]
        return rule(episode.symbols.astype(jnp.int32), episode.length)

    def reference(self, episode: StringsInstance, dtype) -> EnumeratedTail:
        right = -jnp.log2(jnp.asarray(self.num_actions, dtype))
        return EnumeratedTail(jnp.array(UTILITIES, dtype), jnp.stack([jnp.zeros((), dtype), right]))

    def optimum(self, episode: StringsInstance, dtype) -> Outcomes:
        return Outcomes(jnp.array(UTILITIES, dtype), jnp.array([0.0, 1.0], dtype))

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of the right answer."""
        return outcomes.weight[..., 1]

    def demonstrate(self, episode: StringsInstance) -> Float[Array, "1 frame answers"]:
        """The right answer at each place; zeros beyond the end."""
        right = jax.nn.one_hot(self.right(episode), self.num_actions, dtype=jnp.float32)
        return (right * self._asked(episode.length)[:, None])[None]

    def loss(
        self, demonstration: Float[Array, "1 frame answers"], answer: Float[Array, "1 frame answers"]
    ) -> Float[Array, ""]:
        """-log2 of the probability of the right answer, mean over the places of the string."""
        return mean_surprise(demonstration, answer)

    def value(self, episode: StringsInstance) -> Float[Array, "1 frame"]:
        """1 at each place of the string, where the right answer can be given; nan beyond the end."""
        return jnp.where(self._asked(episode.length), 1.0, jnp.nan)[None]

    def _asked(self, length: Int32[Array, ""]) -> Bool[Array, " frame"]:
        return jnp.arange(self.frame) < length
