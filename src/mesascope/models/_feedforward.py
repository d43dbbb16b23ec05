"""Networks without a run-time knob: untied convolutions and perceptrons of any depth, an affine map among them."""

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, PRNGKeyArray

from ._base import AbstractArchitecture, AbstractModel
from ._layers import Affine, square_shifts


class ConvolutionNetwork(AbstractModel):
    """Residual layers with weights of their own, then an affine read-out of each cell.

        h_0 = relu(layer_0(square around the cell of the observation))
        h_i = h_(i-1) + relu(layer_i(square around the cell of h_(i-1)))

    The observation goes into the first layer only.
    """

    layers: list[Affine]
    readout: Affine

    def blank(self, observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return ()

    def think(self, memory: tuple[()], observation: Float[Array, "rows columns features"]) -> tuple[()]:
        return memory

    def answer(
        self, memory: tuple[()], observation: Float[Array, "rows columns features"]
    ) -> Float[Array, "rows columns actions"]:
        return self.readout(self._hidden(observation)[-1])

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """The output of each layer beside the observation itself; stage 0 shows the observation alone."""
        hidden = self._hidden(observation)
        hidden = jnp.stack([jnp.zeros_like(hidden[0]), *hidden])
        seen = jnp.broadcast_to(observation, (len(hidden), *observation.shape))
        return jnp.concatenate([hidden, seen], axis=-1)

    def _hidden(self, observation):
        first, *others = self.layers
        width = round((first.kernel.shape[0] / observation.shape[-1]) ** 0.5)
        hidden = [jax.nn.relu(first(square_shifts(observation, width)))]
        for layer in others:
            hidden.append(hidden[-1] + jax.nn.relu(layer(square_shifts(hidden[-1], width))))
        return hidden


class PerceptronNetwork(AbstractModel):
    """Residual layers over the whole observation at once, then an affine read-out of all cells."""

    layers: list[Affine]
    readout: Affine

    def blank(self, observation: Float[Array, "*places features"]) -> tuple[()]:
        return ()

    def think(self, memory: tuple[()], observation: Float[Array, "*places features"]) -> tuple[()]:
        return memory

    def answer(
        self, memory: tuple[()], observation: Float[Array, "*places features"]
    ) -> Float[Array, "*places actions"]:
        return self._read(self._hidden(observation)[-1], observation)

    def stages(
        self, observation: Float[Array, "*places features"], thinking: int
    ) -> Float[Array, "stages *places channels"]:
        """What the network's own read-out makes of each layer, beside the observation; stage 0 shows it alone."""
        read = jnp.stack([self._read(hidden, observation) for hidden in self._hidden(observation)])
        read = jnp.concatenate([jnp.zeros_like(read[:1]), read])
        seen = jnp.broadcast_to(observation, (len(read), *observation.shape))
        return jnp.concatenate([read, seen], axis=-1)

    def _hidden(self, observation):
        if not self.layers:
            return [observation.reshape(-1)]
        first, *others = self.layers
        hidden = [jax.nn.relu(first(observation.reshape(-1)))]
        for layer in others:
            hidden.append(hidden[-1] + jax.nn.relu(layer(hidden[-1])))
        return hidden

    def _read(self, hidden, observation):
        return self.readout(hidden).reshape(*observation.shape[:-1], -1)


@dataclasses.dataclass(frozen=True)
class Feedforward(AbstractArchitecture):
    """A network of `depth` hidden layers with a rectifier each, and an affine read-out.

    Fields:
        kind: `convolution` over a grid, or a `perceptron` over the whole observation.
        depth: number of hidden layers: the serial depth; a perceptron of depth 0 is an affine map.
        channels: width of a hidden layer, in a cell or in all.
        width: side of the square that a convolution sees, odd.
        thinking: always 0: there is no such knob.
    """

    version: ClassVar[int] = 1

    kind: Literal["convolution", "perceptron"] = "convolution"
    depth: int = 16
    channels: int = 6
    width: int = 3
    thinking: int = 0

    def __post_init__(self):
        least = 0 if self.kind == "perceptron" else 1
        if self.depth < least or self.width % 2 == 0 or self.thinking != 0:
            raise ValueError(
                f"Feedforward(depth={self.depth}, width={self.width}, thinking={self.thinking}): depth is at least 1 "
                "(0 for a perceptron), width is odd, and a feed-forward network has no thinking steps; choose "
                "`gridloop` for those."
            )

    def init(
        self, key: PRNGKeyArray, observations: Float[Array, "instances *places features"], num_actions: int
    ) -> ConvolutionNetwork | PerceptronNetwork:
        convolution = self.kind == "convolution"
        places = observations[0, ..., 0].size
        area, seen = (self.width**2, 1) if convolution else (1, places)
        *layer_keys, readout_key = jr.split(key, self.depth + 1)
        shown = area * seen * observations.shape[-1]
        inputs = [shown] + [area * self.channels] * (self.depth - 1)
        # residual branches start small enough that a deep stack neither fades nor explodes
        gains = [2**0.5] + [(2 / max(self.depth, 1)) ** 0.5] * (self.depth - 1)
        layers = [Affine(k, size, self.channels, gain) for k, size, gain in zip(layer_keys, inputs, gains)]
        readout = Affine(readout_key, self.channels if layers else shown, num_actions * seen, gain=0.5)
        return (ConvolutionNetwork if convolution else PerceptronNetwork)(layers, readout)
