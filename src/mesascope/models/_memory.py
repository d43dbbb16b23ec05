"""A recurrent network with a memory outside of itself, which it reads and writes by attention."""

import dataclasses
from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from ._base import AbstractArchitecture, AbstractModel
from ._layers import Affine, evened, place_waves


class Tape(NamedTuple):
    """What is remembered: the controller's `(hidden,)` state, and a `(places, width)` memory outside of it."""

    state: Float[Array, " hidden"]
    slots: Float[Array, "places width"]


class MemoryNetwork(AbstractModel):
    """A controller that reads and writes a slot for each place, after neural Turing machines (Graves et al. 2014).

    A slot is found by its content, by what is observed at its place and by where that is, all at once:

        shown = [slots, observation, sines of the place]
        read_h = softmax_places(4 e(query_h(state)) . e(key(shown)) / sqrt(width)) value(shown)   for each reading head
        state <- gated update of [read_1 ... read_heads, state]
        w_h = softmax_places(4 e(query_h(state)) . e(key(shown)) / sqrt(width))                   for each writing head
        slots <- slots (1 - min(1, sum_h w_h sigmoid(erase_h(state)))) + sum_h w_h tanh(add_h(state))

    where e divides a vector by its root mean square, so that no head is frozen by scores far apart.

    The answer of a place is an affine read-out of its slot, its observation and the controller's state.
    """

    key: Affine
    value: Affine
    ask: Affine
    update: Affine
    write: Affine
    readout: Affine
    heads: int = eqx.field(static=True)

    def blank(self, observation: Float[Array, "*places features"]) -> Tape:
        places = observation[..., 0].size
        state, width = self.ask.kernel.shape[0], self.value.kernel.shape[1]
        return Tape(jnp.zeros(state, jnp.float32), jnp.zeros((places, width), jnp.float32))

    def think(self, memory: Tape, observation: Float[Array, "*places features"]) -> Tape:
        shown = self._shown(memory, observation)
        keys, width = self.key(shown), memory.slots.shape[-1]
        reads = self._attention(keys, self.ask(memory.state)) @ self.value(shown)
        change, gate = jnp.split(self.update(jnp.concatenate([reads.reshape(-1), memory.state])), 2)
        state = memory.state + jax.nn.sigmoid(gate) * (jnp.tanh(change) - memory.state)
        written = self.write(state).reshape(self.heads, -1)
        queries, erase, add = jnp.split(written, [keys.shape[-1], keys.shape[-1] + width], axis=-1)
        weights = self._attention(keys, queries.reshape(-1))
        erased = jnp.minimum(weights.T @ jax.nn.sigmoid(erase), 1)
        return Tape(state, memory.slots * (1 - erased) + weights.T @ jnp.tanh(add))

    def answer(self, memory: Tape, observation: Float[Array, "*places features"]) -> Float[Array, "*places actions"]:
        places = observation.shape[:-1]
        state = jnp.broadcast_to(memory.state, (len(memory.slots), len(memory.state)))
        seen = observation.reshape(len(memory.slots), -1)
        return self.readout(jnp.concatenate([memory.slots, seen, state], axis=-1)).reshape(*places, -1)

    def stages(
        self, observation: Float[Array, "*places features"], thinking: int
    ) -> Float[Array, "stages *places channels"]:
        """Each place's slot and the controller's state after each thought, beside the observation."""
        places = observation.shape[:-1]

        def step(memory, _):
            memory = self.think(memory, observation)
            return memory, memory

        blank = self.blank(observation)
        _, later = jax.lax.scan(step, blank, length=thinking)
        states, slots = (jnp.concatenate([one[None], rest]) for one, rest in zip(blank, later))
        slots = slots.reshape(thinking + 1, *places, -1)
        states = states.reshape(thinking + 1, *(1 for _ in places), -1)
        states = jnp.broadcast_to(states, (*slots.shape[:-1], states.shape[-1]))
        seen = jnp.broadcast_to(observation, (thinking + 1, *observation.shape))
        return jnp.concatenate([slots, states, seen], axis=-1)

    def _shown(self, memory: Tape, observation) -> Float[Array, "places features"]:
        waves = place_waves(observation.shape[:-1], WAVES)
        here = jnp.concatenate([observation, waves], axis=-1)
        return jnp.concatenate([memory.slots, here.reshape(len(memory.slots), -1)], axis=-1)

    def _attention(self, keys: Float[Array, "places width"], queries) -> Float[Array, "heads places"]:
        queries = queries.reshape(self.heads, -1)
        return jax.nn.softmax(evened(queries) @ evened(keys).T / keys.shape[-1] ** 0.5 * SHARPNESS, axis=-1)


WAVES = 8
"""Channels of the sines that tell a place."""

SHARPNESS = 4.0
"""The largest score is this times the root of the width: enough to point at one place of a hundred."""


@dataclasses.dataclass(frozen=True)
class Memory(AbstractArchitecture):
    """A controller with an external memory of one slot a place.

    Fields:
        channels: numbers of the controller's state.
        slot: numbers of a slot, of a key and of what is read.
        heads: that read, and as many that write.
        thinking: reads and writes before the answer in training.
    """

    version: ClassVar[int] = 1

    channels: int = 16
    slot: int = 12
    heads: int = 4
    thinking: int = 16

    def __post_init__(self):
        if min(self.channels, self.slot, self.heads, self.thinking) < 1:
            raise ValueError(
                f"Memory(channels={self.channels}, slot={self.slot}, heads={self.heads}, thinking={self.thinking}): "
                "all are at least 1."
            )

    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances *places features"], num_actions: int
    ) -> MemoryNetwork:
        keys = jr.split(key, 7)
        features, read = observations.shape[-1], self.heads * self.slot
        shown = self.slot + features + WAVES
        ask = Affine(keys[2], self.channels, read)
        # a state of zeros would ask every head the same question
        ask = eqx.tree_at(lambda layer: layer.bias, ask, jr.normal(keys[6], ask.bias.shape))
        return MemoryNetwork(
            key=Affine(keys[0], shown, self.slot),
            value=Affine(keys[1], shown, self.slot),
            ask=ask,
            update=Affine(keys[3], read + self.channels, 2 * self.channels),
            write=Affine(keys[4], self.channels, 3 * read),
            readout=Affine(keys[5], self.slot + features + self.channels, num_actions, gain=0.5),
            heads=self.heads,
        )
