"""What a policy brings about in a played task: drawn, or enumerated where the tree is small."""

import functools
from collections.abc import Callable
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, PRNGKeyArray, PyTree

from ..models import AbstractModel, AbstractPlanner
from ..outcomes import Outcomes
from ..tasks import AbstractBranching, AbstractPlayed
from ._splitting import AbstractSource, Paths

Wipe = Literal["never", "move"]
"""When memory is wiped: before every move, or never within an episode."""

MAX_NODES = 1_000_000
"""The most situations that are enumerated at once."""


class _Situation(NamedTuple):
    world: PyTree[Array]
    memory: PyTree[Array]


def play(
    key: PRNGKeyArray,
    task: AbstractPlayed,
    model: AbstractModel,
    episode: PyTree[Array],
    *,
    num_draws: int,
    thinking: int = 1,
    first: int | None = None,
    wipe: Wipe = "never",
) -> Outcomes:
    """The outcomes of a model's play on one episode, drawn.

    Args:
        key: random key.
        task: what is played.
        model: who plays; it thinks `thinking` times before each move.
        episode: one episode.
        num_draws: number of games.
        thinking: units of thinking before each move.
        first: units of thinking before the first move; `thinking` unless given.
        wipe: when the memory is wiped.

    Returns:
        `(num_draws,)` atoms of equal weight.
    """
    before = thinking if first is None else first
    utility = _games(task, thinking, before, wipe, model, episode, jr.split(key, num_draws))
    return Outcomes(utility, jnp.full(num_draws, 1 / num_draws), exact=False)


def play_all(
    key: PRNGKeyArray,
    task: AbstractPlayed,
    model: AbstractModel,
    episodes: PyTree[Array],
    *,
    num_draws: int,
    thinking: int = 1,
    first: int | None = None,
    wipe: Wipe = "never",
) -> Outcomes:
    """The outcomes of a model's play on each of a set of episodes, `(episodes, num_draws)` atoms; as `play`."""
    before = thinking if first is None else first
    count = len(jax.tree.leaves(episodes)[0])
    keys = jr.split(key, (count, num_draws))
    utility = _all_games(task, thinking, before, wipe, model, episodes, keys)
    return Outcomes(utility, jnp.full((count, num_draws), 1 / num_draws), exact=False)


def enumerate_play(
    task: AbstractBranching,
    model: AbstractModel,
    episode: PyTree[Array],
    *,
    thinking: int = 1,
    wipe: Wipe = "never",
) -> Outcomes:
    """The outcomes of a model's play on one episode, exactly: every action and every chance is followed.

    Situations are merged where world and memory are the same, bit by bit, so that a policy without memory costs as
    much as there are worlds. Probabilities are float64.

    Raises:
        ValueError: there are more than `MAX_NODES` situations at once; draw with `play`.
    """
    with jax.enable_x64(True):
        return _enumerate(task, thinking, wipe, model, episode)


class PlayedSource(AbstractSource):
    """Episodes of a played task under uniformly random legal actions, for splitting.

    Args:
        task: what is played.
        episode: one episode.
        score: how near to a good outcome a world is, `(episode, world) -> number`; traced.
    """

    def __init__(self, task: AbstractPlayed, episode: PyTree[Array], score: Callable[[PyTree, PyTree], Array]):
        self._task, self._episode, self._score = task, episode, score

    def draw(self, generator: np.random.Generator, count: int) -> Paths:
        start = self._task.start(self._episode)
        steps = self._task.horizon + 1
        nothing = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (count, steps, *jnp.shape(leaf))), start)
        return self._run(generator, nothing, np.zeros(count, int))

    def branch(self, generator: np.random.Generator, paths: Paths, steps, level: float) -> Paths:
        return self._run(generator, paths.record, steps)

    def _run(self, generator, worlds, steps) -> Paths:
        key = jr.key(int(generator.integers(2**32)))
        count = len(steps)
        worlds = _padded(worlds)
        steps = np.resize(steps, len(jax.tree.leaves(worlds)[0]))
        found = _resumed(self._task, self._score, self._episode, jr.split(key, len(steps)), worlds, steps)
        utility, scores, record = jax.tree.map(lambda leaf: np.asarray(leaf)[:count], found)
        return Paths(utility, scores, record)


def _enumerate(task, thinking, wipe, model, episode) -> Outcomes:
    begin = _begin(task, model, episode)
    layer = jax.tree.map(lambda leaf: np.asarray(leaf)[None], begin)
    weight = np.ones(1)
    utilities, weights = [], []
    for moves in range(task.horizon + 1):
        over = np.asarray(_ended(task, episode, layer)) | (moves == task.horizon)
        utilities.append(np.asarray(_utilities(task, episode, layer))[over])
        weights.append(weight[over])
        if np.all(over):
            break
        layer, weight = _take(layer, ~over), weight[~over]
        onward, chances = _expand(task, thinking, wipe, model, episode, _padded(layer))
        layer, weight = _merged(_cut(onward, len(weight)), weight[:, None, None] * np.asarray(chances)[: len(weight)])
    return Outcomes(jnp.asarray(np.concatenate(utilities)), np.concatenate(weights))


def _begin(task, model, episode) -> _Situation:
    world = task.start(episode)
    return _Situation(world, model.blank(task.see(episode, world)[0]))


def _decide(task, thinking, wipe, model, episode, situation: _Situation):
    """The memory after thinking so often, and the log-probabilities of the actions."""
    observation, legal = task.see(episode, situation.world)
    memory = situation.memory if wipe == "never" else model.blank(observation)
    memory = jax.lax.fori_loop(0, thinking, lambda _, m: model.think(m, observation), memory)
    logits = jnp.where(legal, model.answer(memory, observation), -jnp.inf)
    # float64 where it is enabled, as it is for exact outcomes
    return memory, jax.nn.log_softmax(logits.astype(float))


@eqx.filter_jit
def _games(task, thinking, first, wipe, model, episode, keys):
    def game(key):
        planner_key, moves_key = jr.split(key)
        player = model.given(task, episode, planner_key) if isinstance(model, AbstractPlanner) else model

        def move(situation, now):
            moment, key = now
            action_key, world_key = jr.split(key)
            thoughts = jnp.where(moment == 0, first, thinking)
            memory, log_chances = _decide(task, thoughts, wipe, player, episode, situation)
            action = jr.categorical(action_key, log_chances)
            over = task.over(episode, situation.world)
            following = task.step(world_key, episode, situation.world, action)
            world = jax.tree.map(lambda old, new: jnp.where(over, old, new), situation.world, following)
            return _Situation(world, memory), None

        moments = jnp.arange(task.horizon)
        final, _ = jax.lax.scan(move, _begin(task, player, episode), (moments, jr.split(moves_key, task.horizon)))
        return task.utility(episode, final.world)

    return jax.lax.map(game, keys, batch_size=256)


@eqx.filter_jit
def _all_games(task, thinking, first, wipe, model, episodes, keys):
    def games(row):
        return _games(task, thinking, first, wipe, model, *row)

    return jax.lax.map(games, (episodes, keys))


@eqx.filter_jit
def _expand(task, thinking, wipe, model, episode, layer):
    """Every situation that follows, `(situations, actions, branches)`, and its chance."""

    def one(situation):
        memory, log_chances = _decide(task, thinking, wipe, model, episode, situation)
        worlds, chances = jax.vmap(lambda a: task.branch(episode, situation.world, a))(jnp.arange(task.num_actions))
        shape = chances.shape
        memory = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (*shape, *leaf.shape)), memory)
        return _Situation(worlds, memory), jnp.exp(log_chances)[:, None] * chances

    return jax.vmap(one)(layer)


@functools.partial(jax.jit, static_argnums=0)
def _ended(task, episode, layer):
    return jax.vmap(lambda situation: task.over(episode, situation.world))(layer)


@functools.partial(jax.jit, static_argnums=0)
def _utilities(task, episode, layer):
    return jax.vmap(lambda situation: task.utility(episode, situation.world))(layer)


@eqx.filter_jit
def _resumed(task, score, episode, keys, worlds, steps):
    """Random play from `worlds[:, step]` of each path on; what came before is kept."""

    def one(key, worlds, step):
        def move(world, now):
            moment, key, kept = now
            action_key, world_key = jr.split(key)
            _, legal = task.see(episode, world)
            action = jr.categorical(action_key, jnp.where(legal, 0.0, -jnp.inf))
            following = task.step(world_key, episode, world, action)
            stays = task.over(episode, world)
            following = jax.tree.map(lambda old, new: jnp.where(stays, old, new), world, following)
            world = jax.tree.map(lambda old, new: jnp.where(moment <= step, old, new), kept, following)
            return world, world

        first = jax.tree.map(lambda leaf: leaf[0], worlds)
        rest = jax.tree.map(lambda leaf: leaf[1:], worlds)
        moments = jnp.arange(1, task.horizon + 1)
        final, others = jax.lax.scan(move, first, (moments, jr.split(key, task.horizon), rest))
        path = jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), first, others)
        return task.utility(episode, final), jax.vmap(lambda world: score(episode, world))(path), path

    return jax.vmap(one)(keys, worlds, steps)


def _take(layer, chosen):
    return jax.tree.map(lambda leaf: np.asarray(leaf)[chosen], layer)


def _cut(layer, size):
    return jax.tree.map(lambda leaf: np.asarray(leaf)[:size], layer)


def _padded(layer):
    """The rows repeated up to a power of two, so that few programs serve all sizes."""
    size = len(jax.tree.leaves(layer)[0])
    rows = 1 << (size - 1).bit_length()
    return jax.tree.map(lambda leaf: np.resize(leaf, (rows, *leaf.shape[1:])), layer)


def _merged(layer, weight):
    """Situations with a leading axis, equal ones together, impossible ones left out."""
    dimensions = weight.ndim
    flat_weight = weight.reshape(-1)
    possible = np.flatnonzero(flat_weight > 0)
    leaves, structure = jax.tree.flatten(layer)
    leaves = [leaf.reshape(-1, *leaf.shape[dimensions:])[possible] for leaf in leaves]
    rows = [np.ascontiguousarray(leaf).reshape(len(possible), -1).view(np.uint8) for leaf in leaves if leaf.size]
    together = np.ascontiguousarray(np.concatenate(rows, axis=1))
    keys = together.view(np.dtype((np.void, together.shape[1]))).reshape(-1)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if len(first) > MAX_NODES:
        raise ValueError(
            f"enumerate_play: {len(first):,} situations at once, more than {MAX_NODES:,}; draw games with `play`, or "
            "wipe the memory before every move."
        )
    summed = np.zeros(len(first))
    np.add.at(summed, inverse, flat_weight[possible])
    return jax.tree.unflatten(structure, [leaf[first] for leaf in leaves]), summed
