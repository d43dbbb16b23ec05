"""Random observations with random labels: nothing to find, and nothing to compress."""

from typing import ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Int32, PRNGKeyArray, UInt8

from ..outcomes import EnumeratedTail, Outcomes
from ._base import AbstractAnswered, AbstractTaught
from ._places import mean_surprise

UTILITIES = (0.0, 1.0)


class LabelsInstance(NamedTuple):
    """An observation with its labels.

    Fields:
        seen: random bits of each place.
        label: of each place, drawn apart from them.
    """

    seen: UInt8[Array, "rows columns length"]
    label: Int32[Array, "rows columns"]


class Labels(AbstractAnswered, AbstractTaught):
    """Name the label of a random string of bits, where every string has a label that was drawn apart from it.

    The string alone is an instance: two with the same string and different labels are the same, and the second is
    passed over. Utility is 1 for the right label, else 0. The reference names each label with equal chances. On a grid
    there are a string and a label for each place, all strings of the grid are one instance, and one place, drawn
    uniformly after the answer, is asked for.

    Fields:
        length: bits of the string of a place.
        num_labels: labels that there are.
        rows, columns: of the grid.
    """

    version: ClassVar[int] = 1

    length: int = eqx.field(static=True, default=32)
    num_labels: int = eqx.field(static=True, default=4)
    rows: int = eqx.field(static=True, default=1)
    columns: int = eqx.field(static=True, default=1)

    def __check_init__(self):
        if not 1 <= self.length <= 4096 or self.num_labels < 2:
            raise ValueError(
                f"Labels(length={self.length}, num_labels={self.num_labels}): 1 to 4096 bits, and 2 labels or more."
            )
        if min(self.rows, self.columns) < 1:
            raise ValueError(f"Labels(rows={self.rows}, columns={self.columns}): a grid has at least one place.")

    @property
    def num_actions(self) -> int:
        """One for each label."""
        return self.num_labels

    def draw(self, key: PRNGKeyArray) -> LabelsInstance:
        seen_key, label_key = jr.split(key)
        grid = self.rows, self.columns
        seen = jr.bernoulli(seen_key, 0.5, (*grid, self.length)).astype(jnp.uint8)
        return LabelsInstance(seen, jr.randint(label_key, grid, 0, self.num_labels, jnp.int32))

    def identity(self, instance: LabelsInstance) -> UInt8[Array, " bytes"]:
        return jnp.packbits(instance.seen.reshape(-1))

    def episode(self, key: PRNGKeyArray, instance: LabelsInstance) -> LabelsInstance:
        return instance

    def observe(self, episode: LabelsInstance) -> Float[Array, "rows columns features"]:
        """`(rows, columns, length)`: the bits as -1 and 1."""
        return (2.0 * episode.seen - 1).astype(jnp.float32)

    def outcomes(self, episode: LabelsInstance, answer: Float[Array, "rows columns labels"]) -> Outcomes:
        named = jnp.mean(jnp.take_along_axis(jax.nn.softmax(answer), episode.label[..., None], axis=-1))
        return Outcomes(jnp.array(UTILITIES, answer.dtype), jnp.stack([1 - named, named]))

    def reference(self, episode: LabelsInstance, dtype) -> EnumeratedTail:
        right = -jnp.log2(jnp.asarray(self.num_labels, dtype))
        return EnumeratedTail(jnp.array(UTILITIES, dtype), jnp.stack([jnp.zeros((), dtype), right]))

    def optimum(self, episode: LabelsInstance, dtype) -> Outcomes:
        return Outcomes(jnp.array(UTILITIES, dtype), jnp.array([0.0, 1.0], dtype))

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of the right label."""
        return outcomes.weight[..., 1]

    def demonstrate(self, episode: LabelsInstance) -> Float[Array, "rows columns labels"]:
        """The label of each place."""
        return jax.nn.one_hot(episode.label, self.num_labels, dtype=jnp.float32)

    def loss(
        self, demonstration: Float[Array, "rows columns labels"], answer: Float[Array, "rows columns labels"]
    ) -> Float[Array, ""]:
        """-log2 of the probability of the right label, mean over places."""
        return mean_surprise(demonstration, answer)

    def value(self, episode: LabelsInstance) -> Float[Array, "rows columns"]:
        """1 at each place, where the right label can be given."""
        return jnp.ones((self.rows, self.columns), jnp.float32)
