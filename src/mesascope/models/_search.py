"""Search at run time in a world that is given: the wrapper whose thought is one simulation."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from ._base import AbstractPlanner


class Plan(NamedTuple):
    """The best simulation so far.

    Fields:
        actions: `(horizon,)` of it.
        utility: of it.
        simulations: number of thoughts.
        moves: how much of it has been played.
        key: of the next simulation.
    """

    actions: Int[Array, " horizon"]
    utility: Float[Array, ""]
    simulations: Int[Array, ""]
    moves: Int[Array, ""]
    key: PRNGKeyArray


class RandomShooting(AbstractPlanner):
    """The best of a number of random simulations, played move by move.

    A thought simulates one episode of random actions in the world that is given, and keeps it if it is the best so
    far; when all simulations are made, a thought goes on to the next move. In a deterministic world the outcome is the
    best of that many reference draws, so that its power is known: H_n / ln 2 bits for n simulations where no outcomes
    are tied.

    Fields:
        simulations: how many are made, at least 1.
        task, episode, key: the world to simulate in and its dice; None until given.
    """

    simulations: int = eqx.field(static=True)
    task: Any = eqx.field(static=True, default=None)
    episode: PyTree[Array] = None
    key: PRNGKeyArray | None = None

    def __check_init__(self):
        if self.simulations < 1:
            raise ValueError(f"RandomShooting(simulations={self.simulations}): a plan needs at least one simulation.")

    def given(self, task: Any, episode: PyTree[Array], key: PRNGKeyArray) -> "RandomShooting":
        return RandomShooting(self.simulations, task, episode, key)

    def blank(self, observation: Float[Array, " features"]) -> Plan:
        actions = jnp.zeros(self.task.horizon, jnp.int32)
        return Plan(actions, jnp.float32(-jnp.inf), jnp.int32(0), jnp.int32(0), self.key)

    def think(self, memory: Plan, observation: Float[Array, " features"]) -> Plan:
        simulated = self._simulate(memory)
        done = memory.simulations >= self.simulations
        onward = memory._replace(moves=memory.moves + 1)
        return jax.tree.map(lambda played, new: jnp.where(done, played, new), onward, simulated)

    def answer(self, memory: Plan, observation: Float[Array, " features"]) -> Float[Array, " actions"]:
        planned = jnp.arange(self.task.num_actions) == memory.actions[memory.moves]
        return jnp.where(planned, 0.0, -jnp.inf)

    def stages(self, observation: Float[Array, " features"], thinking: int) -> Float[Array, "1 features"]:
        return observation[None]

    def _simulate(self, memory: Plan) -> Plan:
        key, actions_key, world_key = jr.split(memory.key, 3)

        def move(world, keys):
            action_key, world_key = keys
            _, legal = self.task.see(self.episode, world)
            action = jr.categorical(action_key, jnp.where(legal, 0.0, -jnp.inf)).astype(jnp.int32)
            following = self.task.step(world_key, self.episode, world, action)
            over = self.task.over(self.episode, world)
            return jax.tree.map(lambda old, new: jnp.where(over, old, new), world, following), action

        keys = (jr.split(actions_key, self.task.horizon), jr.split(world_key, self.task.horizon))
        final, actions = jax.lax.scan(move, self.task.start(self.episode), keys)
        utility = self.task.utility(self.episode, final)
        better = utility > memory.utility
        kept = jnp.where(better, actions, memory.actions)
        return Plan(kept, jnp.maximum(utility, memory.utility), memory.simulations + 1, memory.moves, key)
