"""Attention over places: a stack of fixed depth, or one that is looped as often as one thinks."""

import dataclasses
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from ._base import AbstractArchitecture, AbstractModel
from ._layers import Affine, evened, place_waves


class Block(eqx.Module):
    """Attention, then a perceptron of one hidden layer, each added to its input and fed by the evened input."""

    query: Affine
    key: Affine
    value: Affine
    mix: Affine
    widen: Affine
    narrow: Affine
    heads: int = eqx.field(static=True)

    def attend(self, tokens: Float[Array, "places channels"]) -> Float[Array, "places channels"]:
        seen = evened(tokens)
        query, key, value = (self._by_head(layer(seen)) for layer in (self.query, self.key, self.value))
        fit = jnp.einsum("phc,qhc->hpq", query, key) / query.shape[-1] ** 0.5
        read = jnp.einsum("hpq,qhc->phc", jax.nn.softmax(fit, axis=-1), value)
        return tokens + self.mix(read.reshape(tokens.shape))

    def ponder(self, tokens: Float[Array, "places channels"]) -> Float[Array, "places channels"]:
        return tokens + self.narrow(jax.nn.relu(self.widen(evened(tokens))))

    def _by_head(self, values):
        return values.reshape(len(values), self.heads, -1)


class TransformerNetwork(AbstractModel):
    """A stack of blocks over embedded places with fixed sines of their coordinates (Vaswani et al. 2017).

    Where it is looped, a thought is the whole stack, and what is embedded is added to the memory before each.
    """

    embed: Affine
    blocks: list[Block]
    readout: Affine
    looped: bool = eqx.field(static=True)

    def blank(self, observation: Float[Array, "*places features"]):
        if not self.looped:
            return ()
        return jnp.zeros((*observation.shape[:-1], self.readout.kernel.shape[0]), jnp.float32)

    def think(self, memory, observation: Float[Array, "*places features"]):
        return self._stack(memory, observation)[-1] if self.looped else memory

    def answer(self, memory, observation: Float[Array, "*places features"]) -> Float[Array, "*places actions"]:
        last = memory if self.looped else self._stack(jnp.float32(0), observation)[-1]
        return self.readout(evened(last))

    def stages(
        self, observation: Float[Array, "*places features"], thinking: int
    ) -> Float[Array, "stages *places channels"]:
        """The tokens after each half of a block, beside the observation itself; stage 0 shows it alone."""

        def step(memory, _):
            halves = self._stack(memory, observation)
            return halves[-1], halves

        start = jnp.zeros((*observation.shape[:-1], self.readout.kernel.shape[0]), jnp.float32)
        _, halves = jax.lax.scan(step, start, length=thinking if self.looped else 1)
        tokens = jnp.concatenate([start[None], halves.reshape(-1, *start.shape)])
        seen = jnp.broadcast_to(observation, (len(tokens), *observation.shape))
        return jnp.concatenate([tokens, seen], axis=-1)

    def _stack(self, memory, observation) -> Float[Array, "halves *places channels"]:
        """The tokens after each half of each block."""
        embedded = self.embed(observation)
        places = embedded.shape[:-1]
        embedded = embedded + place_waves(places, embedded.shape[-1])
        tokens = (memory + embedded).reshape(-1, embedded.shape[-1])
        halves = []
        for block in self.blocks:
            halves.append(block.attend(tokens))
            tokens = block.ponder(halves[-1])
            halves.append(tokens)
        return jnp.stack(halves).reshape(-1, *embedded.shape)


@dataclasses.dataclass(frozen=True)
class Transformer(AbstractArchitecture):
    """Attention over the places of an observation, without a mask.

    Fields:
        channels: width of a token, a multiple of `heads`.
        heads: of attention.
        hidden: width of the perceptron of a block.
        depth: blocks, each with weights of its own.
        thinking: how often the whole stack is repeated in training, always the same; 0 for a stack of fixed depth.
    """

    version: ClassVar[int] = 1

    channels: int = 24
    heads: int = 4
    hidden: int = 96
    depth: int = 1
    thinking: int = 0

    def __post_init__(self):
        if min(self.channels, self.heads, self.hidden, self.depth) < 1 or self.channels % self.heads:
            raise ValueError(
                f"Transformer(channels={self.channels}, heads={self.heads}, hidden={self.hidden}, depth={self.depth}): "
                "all are at least 1, and channels are shared out among heads evenly."
            )
        if self.thinking < 0:
            raise ValueError(f"Transformer(thinking={self.thinking}): at least 0; 0 for a stack of fixed depth.")

    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances *places features"], num_actions: int
    ) -> TransformerNetwork:
        embed_key, readout_key, *block_keys = jr.split(key, 2 + self.depth)
        blocks = [self._block(block_key) for block_key in block_keys]
        embed = Affine(embed_key, observations.shape[-1], self.channels)
        readout = Affine(readout_key, self.channels, num_actions, gain=0.5)
        return TransformerNetwork(embed, blocks, readout, self.thinking > 0)

    def _block(self, key: PRNGKeyArray) -> Block:
        *square_keys, widen_key, narrow_key = jr.split(key, 6)
        query, address, value, mix = (Affine(k, self.channels, self.channels) for k in square_keys)
        widen = Affine(widen_key, self.channels, self.hidden, gain=2**0.5)
        narrow = Affine(narrow_key, self.hidden, self.channels)
        return Block(query, address, value, mix, widen, narrow, self.heads)
