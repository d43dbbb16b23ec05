"""A recurrent network that looks at the whole observation as often as one thinks."""

import dataclasses
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from ._base import AbstractArchitecture, AbstractModel
from ._layers import Affine


class Cells(NamedTuple):
    """What an LSTM remembers: its output and its cell state, `(hidden,)` each."""

    output: Float[Array, " hidden"]
    state: Float[Array, " hidden"]


class LstmNetwork(AbstractModel):
    """Long short-term memory (Hochreiter & Schmidhuber 1997) that ticks over one and the same observation.

        e = relu(embed(observation))
        [i, f, g, o] = update([e, output])
        state <- sigmoid(f + 1) state + sigmoid(i) tanh(g)
        output <- sigmoid(o) tanh(state)

    The answer of all places is an affine read-out of the output.
    """

    embed: Affine
    update: Affine
    readout: Affine

    def blank(self, observation: Float[Array, "*places features"]) -> Cells:
        zeros = jnp.zeros(self.readout.kernel.shape[0], jnp.float32)
        return Cells(zeros, zeros)

    def think(self, memory: Cells, observation: Float[Array, "*places features"]) -> Cells:
        seen = jax.nn.relu(self.embed(observation.reshape(-1)))
        write, keep, candidate, show = jnp.split(self.update(jnp.concatenate([seen, memory.output])), 4)
        state = jax.nn.sigmoid(keep + 1) * memory.state + jax.nn.sigmoid(write) * jnp.tanh(candidate)
        return Cells(jax.nn.sigmoid(show) * jnp.tanh(state), state)

    def answer(self, memory: Cells, observation: Float[Array, "*places features"]) -> Float[Array, "*places actions"]:
        return self.readout(memory.output).reshape(*observation.shape[:-1], -1)

    def stages(
        self, observation: Float[Array, "*places features"], thinking: int
    ) -> Float[Array, "stages *places channels"]:
        """What the network's own read-out makes of each tick, beside the observation; stage 0 shows it alone."""

        def step(memory, _):
            memory = self.think(memory, observation)
            return memory, self.answer(memory, observation)

        _, read = jax.lax.scan(step, self.blank(observation), length=thinking)
        read = jnp.concatenate([jnp.zeros_like(read[:1]), read])
        return jnp.concatenate([read, jnp.broadcast_to(observation, (thinking + 1, *observation.shape))], axis=-1)


@dataclasses.dataclass(frozen=True)
class Lstm(AbstractArchitecture):
    """An LSTM over the whole observation, run for a number of ticks.

    Fields:
        channels: numbers of the output, and as many of the state.
        embedding: numbers that the observation is brought down to at each tick.
        thinking: ticks before the answer in training.
    """

    version: ClassVar[int] = 1

    channels: int = 16
    embedding: int = 16
    thinking: int = 16

    def __post_init__(self):
        if min(self.channels, self.embedding, self.thinking) < 1:
            raise ValueError(
                f"Lstm(channels={self.channels}, embedding={self.embedding}, thinking={self.thinking}): all are at "
                "least 1."
            )

    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances *places features"], num_actions: int
    ) -> LstmNetwork:
        embed_key, update_key, readout_key = jr.split(key, 3)
        seen = observations[0].size
        asked = seen // observations.shape[-1]
        embed = Affine(embed_key, seen, self.embedding, gain=2**0.5)
        update = Affine(update_key, self.embedding + self.channels, 4 * self.channels)
        return LstmNetwork(embed, update, Affine(readout_key, self.channels, num_actions * asked, gain=0.5))
