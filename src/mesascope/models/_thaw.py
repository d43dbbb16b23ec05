"""Networks of which only a part is trained, whatever trains them."""

import functools
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree

from ._base import AbstractModel, answer_after

Thaw = Literal["all", "inputs", "readout"]

NUM_DRAWS = 16
"""Networks on which it is tried which weights matter; one alone has units that are switched off by chance."""

SPREAD = 0.3
"""Standard deviation of their weights: small enough that nothing saturates."""


class PartlyFrozen(AbstractModel):
    """A network whose trained numbers are chosen ones of its weights.

    What is not chosen is kept as words of the same bits, which no base optimizer takes for a number: not a bit of it
    changes by gradients, decay, noise or selection.

    Fields:
        words: the network, its weights as words.
        places: which numbers of each array of weights are trained.
        values: those numbers.
    """

    words: AbstractModel
    places: list[Int[Array, " chosen"]]
    values: list[Float[Array, " chosen"]]

    def whole(self) -> AbstractModel:
        """The network itself."""
        leaves, structure = jax.tree.flatten(self.words, is_leaf=_is_words)
        places, values = iter(self.places), iter(self.values)
        return jax.tree.unflatten(
            structure, [leaf.filled(next(places), next(values)) if _is_words(leaf) else leaf for leaf in leaves]
        )

    def blank(self, observation: Float[Array, "*places features"]) -> PyTree[Array]:
        return self.whole().blank(observation)

    def think(self, memory: PyTree[Array], observation: Float[Array, "*places features"]) -> PyTree[Array]:
        return self.whole().think(memory, observation)

    def answer(
        self, memory: PyTree[Array], observation: Float[Array, "*places features"]
    ) -> Float[Array, "*places actions"]:
        return self.whole().answer(memory, observation)

    def stages(
        self, observation: Float[Array, "*places features"], thinking: int
    ) -> Float[Array, "stages *places channels"]:
        return self.whole().stages(observation, thinking)


class _Words(eqx.Module):
    """An array of float32 as words of the same bits."""

    bits: Int[Array, "..."]

    def filled(self, places, values):
        fixed = jax.lax.bitcast_convert_type(self.bits, jnp.float32)
        return fixed.reshape(-1).at[places].set(values).reshape(fixed.shape)


def _is_words(node) -> bool:
    return isinstance(node, _Words)


def partly_frozen(model: AbstractModel, chosen: list[Bool[np.ndarray, "..."]]) -> PartlyFrozen:
    """A network of which only chosen weights are trained.

    Args:
        model: the network, its weights in float32.
        chosen: for each of its arrays of weights, which numbers are trained.
    """
    weights, rest = eqx.partition(model, eqx.is_inexact_array)
    leaves, structure = jax.tree.flatten(weights)
    words = [_Words(jax.lax.bitcast_convert_type(leaf, jnp.uint32)) for leaf in leaves]
    places = [jnp.asarray(np.flatnonzero(mask), jnp.int32) for mask in chosen]
    values = [leaf.reshape(-1)[where] for leaf, where in zip(leaves, places)]
    frozen = jax.tree.map(
        lambda word, other: other if word is None else word,
        jax.tree.unflatten(structure, words),
        rest,
        is_leaf=lambda node: node is None or _is_words(node),
    )
    return PartlyFrozen(frozen, places, values)


def whole(model: AbstractModel) -> AbstractModel:
    """A network itself, whether or not a part of it is frozen."""
    return model.whole() if isinstance(model, PartlyFrozen) else model


def weights_of(model: AbstractModel, part: Thaw, observation, thinking: int) -> list[Bool[np.ndarray, "..."]]:
    """For each array of weights which of its numbers belong to a part of the network.

    `readout`: those below a field of that name. `inputs`: those that only what is observed is multiplied by, which
    change no answer where nothing is observed; biases are none of them.

    Args:
        model: the network.
        part: which part.
        observation: any, of the right shape.
        thinking: units of thinking.

    Raises:
        ValueError: the network has no such part.
    """
    weights = eqx.filter(model, eqx.is_inexact_array)
    if part == "inputs":
        found = _inputs(model, observation, thinking)
    else:
        paths = [path for path, _ in jax.tree_util.tree_leaves_with_path(weights)]
        names = [jax.tree_util.keystr(path, simple=True, separator=".").split(".") for path in paths]
        found = [
            np.full(leaf.shape, part == "all" or "readout" in name)
            for name, leaf in zip(names, jax.tree.leaves(weights))
        ]
    if not any(np.any(mask) for mask in found):
        raise ValueError(f"weights_of({type(model).__name__}, part={part!r}): it has none; choose another part.")
    return found


def _inputs(model, observation, thinking: int) -> list[Bool[np.ndarray, "..."]]:
    weights, rest = eqx.partition(model, eqx.is_inexact_array)
    leaves, structure = jax.tree.flatten(weights)

    def moves(key, shown):
        """Whether each weight of a network drawn at random moves a random sum of its answers."""
        draw_key, sum_key, show_key = jr.split(key, 3)
        keys = jr.split(draw_key, len(leaves))
        drawn = [SPREAD * jr.normal(k, leaf.shape) for k, leaf in zip(keys, leaves)]
        seen = shown * jr.normal(show_key, observation.shape)

        def asked(drawn):
            answer = answer_after(eqx.combine(jax.tree.unflatten(structure, drawn), rest), seen, thinking)
            return jnp.sum(answer * jr.normal(sum_key, answer.shape))

        return [gradient != 0 for gradient in jax.grad(asked)(drawn)]

    @functools.partial(jax.jit, static_argnums=0)
    def ever(shown):
        found = jax.lax.map(lambda key: moves(key, shown), jr.split(jr.key(0, impl="threefry2x32"), NUM_DRAWS))
        return [jnp.any(moved, axis=0) for moved in found]

    return [np.asarray(seen & ~unseen) for seen, unseen in zip(ever(1.0), ever(0.0))]
