"""How rare a joint result is under selection that selects nothing."""

import functools
import operator
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from ._splitting import AbstractSource, Paths

WIDTHS = (0.7, 0.4, 0.2, 0.1, 0.05)
"""How far a move goes, as a share of the spread; one is drawn for each move."""

MOVES = 10
"""Moves from a copied survivor to a new particle."""

TOGETHER = 16
"""Draws that are made, moved and scored at once."""


def sum_tail(log2_chances: Sequence[Float[np.ndarray, " values"]]) -> Float[np.ndarray, " sums"]:
    """log2 P(K_1 + ... + K_n >= k) for k = 0, 1, ..., of independent whole numbers; in log space, so far into the tail.

    Args:
        log2_chances: for each of them log2 P(K = 0), log2 P(K = 1), ...; -inf for what never comes.
    """
    total = np.zeros(1)
    for chances in log2_chances:
        longer = np.full(len(total) + len(chances) - 1, -np.inf)
        for value, log2_chance in enumerate(chances):
            reached = slice(value, value + len(total))
            longer[reached] = np.logaddexp2(longer[reached], total + log2_chance)
        total = longer
    return np.minimum(np.logaddexp2.accumulate(total[::-1])[::-1], 0)


@functools.lru_cache(maxsize=64)
def progress_tail(lengths: tuple[float, ...]) -> Float[np.ndarray, " sums"]:
    """log2 P(moves along all paths together >= k) of policies that choose one of four moves at random in each cell.

    The progress along one path is a geometric law, cut at the goal.

    Args:
        lengths: moves of each path.
    """
    chances = []
    for length in map(round, lengths):
        made = np.arange(length + 1)
        chances.append(-2.0 * made + np.where(made < length, np.log2(3 / 4), 0.0))
    return sum_tail(chances)


def best_draw_bits(spent: float) -> float:
    """Mean bits of the best of n = 2^spent neutral draws without ties, H_n / ln 2: what P can bring in, on average."""
    from scipy.special import digamma

    return float((digamma(2.0**spent + 1) + np.euler_gamma) / np.log(2))


class NormalSource(AbstractSource):
    """Draws of a normal law of mean zero, for splitting by a score of the whole draw.

    A draw is a trajectory of one step. It is begun anew by Markov moves x' = sqrt(1 - w^2) x + w y with a fresh y,
    which leave the law as it is; a move is taken if the score stays above the level.

    Args:
        fresh: random key -> one draw, a tree of arrays; its law is normal with mean zero.
        score: draw -> number; traced.

    References:
        Cerou, Del Moral, Furon & Guyader (2012), Sequential Monte Carlo for rare event estimation.
    """

    def __init__(self, fresh: Callable[[PRNGKeyArray], PyTree[Array]], score: Callable[[PyTree[Array]], Array]):
        self._fresh, self._score = fresh, score
        self._drawn, self._moved = jax.jit(self._draw), jax.jit(self._move)

    def draw(self, generator: np.random.Generator, count: int) -> Paths:
        return _paths(*_by_parts(self._drawn, count, self._keys(generator, count)))

    def branch(self, generator: np.random.Generator, paths: Paths, steps, level: float) -> Paths:
        count = len(paths.utility)
        keys = self._keys(generator, count)

        def move(keys, draws):
            return self._moved(keys, draws, jnp.float32(level))

        return _paths(*_by_parts(move, count, keys, paths.record))

    def _keys(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """Data of at least so many random keys."""
        key = jr.key(int(generator.integers(2**32)))
        return np.asarray(jr.key_data(jr.split(key, 1 << (count - 1).bit_length())))

    def _draw(self, keys):
        draws = jax.vmap(self._fresh)(jr.wrap_key_data(keys))
        return draws, jax.vmap(self._score)(draws)

    def _move(self, keys, draws, level):
        def one(key, draw):
            def move(i, state):
                draw, score = state
                width_key, fresh_key = jr.split(jr.fold_in(key, i))
                width = jr.choice(width_key, jnp.array(WIDTHS))
                fresh = self._fresh(fresh_key)
                other = jax.tree.map(lambda x, y: jnp.sqrt(1 - width**2) * x + width * y, draw, fresh)
                reached = self._score(other)
                kept = reached > level
                return jax.tree.map(lambda x, y: jnp.where(kept, y, x), (draw, score), (other, reached))

            return jax.lax.fori_loop(0, MOVES, move, (draw, self._score(draw)))

        return jax.vmap(one)(jr.wrap_key_data(keys), draws)


def _by_parts(program: Callable, count: int, *columns: PyTree[np.ndarray]) -> PyTree[np.ndarray]:
    """What a program makes of the first `count` rows, always so many at once that one compilation is enough."""
    rows = np.arange(-(-count // TOGETHER) * TOGETHER).clip(max=count - 1)
    parts = [jax.tree.map(operator.itemgetter(part), columns) for part in rows.reshape(-1, TOGETHER)]
    found = [program(*part) for part in parts]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *found)


def _paths(draws: PyTree[Array], scores: Array) -> Paths:
    utility = np.asarray(scores, float)
    return Paths(utility, utility[:, None], draws)
