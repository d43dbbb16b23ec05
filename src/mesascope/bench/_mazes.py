"""Mazes drawn a second, and moves made a second, against others' environments."""

import jax
import jax.numpy as jnp
import jax.random as jr

from ..tasks import TASKS
from ._base import Row, Timed, not_measured, paired, ratio

DRAWN = 1024
WALKERS, MOVES = 1024, 100
SIDE = 7


def measure() -> list[Row]:
    """Generation against maze-dataset, by the same algorithm's name; walking against MiniGrid and gymnax."""
    return [_drawn("uniform", "gen_wilson"), _drawn("depth-first", "gen_dfs"), _walked(), _against_gymnax()]


def _drawn(style: str, theirs: str) -> Row:
    what = f"{style} mazes: times as many a second as maze-dataset's {theirs}"
    try:
        import numpy as np
        from maze_dataset.generation import LatticeMazeGenerators
    except ImportError as error:
        return not_measured(what, f"maze-dataset is not installed or does not load ({error})")
    task = TASKS.build("maze", {"rows": SIDE, "columns": SIDE, "style": style})
    draw = jax.jit(jax.vmap(task.draw))
    keys = jr.split(jr.key(0), DRAWN)
    few = DRAWN // 32
    generate = getattr(LatticeMazeGenerators, theirs)
    ours, others = paired(
        [lambda: draw(keys), lambda: [generate(np.array([SIDE, SIDE])) for _ in range(few)]], rounds=5
    )
    rates = f"{DRAWN / ours.best:,.0f} and {few / others.best:,.0f} a second, {SIDE} x {SIDE}"
    return ratio(what, others, ours, DRAWN / few, note=rates)


def walk():
    """A function that makes random moves in many mazes at once; the cells where they end."""
    task = TASKS.build("maze-walk", {"rows": SIDE, "columns": SIDE})
    mazes = jax.jit(jax.vmap(task.draw))(jr.split(jr.key(0), WALKERS))

    @jax.jit
    def walked(key):
        def move(worlds, key):
            actions = jr.randint(key, (WALKERS,), 0, 4)
            worlds = jax.vmap(task.step)(jr.split(key, WALKERS), mazes, worlds, actions)
            # others' environments make an observation in every step
            return worlds, jnp.sum(jax.vmap(task.see)(mazes, worlds)[0])

        worlds, seen = jax.lax.scan(move, jax.vmap(task.start)(mazes), jr.split(key, MOVES))
        return worlds.cell, seen

    return lambda: walked(jr.key(1))


def _walked() -> Row:
    what = "step-wise mazes: times as many moves a second as MiniGrid"
    try:
        import gymnasium
        import minigrid  # noqa: F401
    except ImportError:
        return not_measured(what, "minigrid is not installed")
    environment = gymnasium.make("MiniGrid-FourRooms-v0").unwrapped
    environment.reset(seed=0)

    def random_moves():
        for number in range(MOVES):
            if environment.step(number % 3)[2]:
                environment.reset()

    ours, theirs = paired([walk(), random_moves], rounds=5)
    return ratio(what, theirs, ours, WALKERS, note=_rates(ours, MOVES / theirs.best))


def _against_gymnax() -> Row:
    what = "step-wise mazes: times as many moves a second as gymnax's FourRooms"
    try:
        import gymnax
    except ImportError:
        return not_measured(what, "gymnax is not installed; it asks for older versions of JAX")
    environment, parameters = gymnax.make("FourRooms-misc")
    keys = jr.split(jr.key(0), WALKERS)

    @jax.jit
    def moved(keys):
        def move(states, key):
            each = jr.split(key, WALKERS)
            actions = jr.randint(key, (WALKERS,), 0, 4)
            step = jax.vmap(environment.step, in_axes=(0, 0, 0, None))
            return step(each, states, actions, parameters)[1], None

        states = jax.vmap(environment.reset, in_axes=(0, None))(keys, parameters)[1]
        return jnp.sum(jax.lax.scan(move, states, jr.split(keys[0], MOVES))[0].time)

    ours, theirs = paired([walk(), lambda: moved(keys)], rounds=5)
    return ratio(what, theirs, ours, note=_rates(ours, WALKERS * MOVES / theirs.best))


def _rates(ours: Timed, theirs: float) -> str:
    return f"{WALKERS * MOVES / ours.best:,.0f} and {theirs:,.0f} a second"
