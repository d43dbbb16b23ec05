"""Who plays where, and how a policy is measured."""

import dataclasses
from typing import Literal

import jax
import numpy as np

from ..outcomes import Ties
from ._agents import AbstractAgent, step_key
from ._dice import Dice
from ._world import Episode, RandomActions, World, copied, same

REPEATS = 10
"""Episodes of a policy that leaves something to chance."""

COMPARED = 200
"""Steps of an episode of which the agent's answers are kept, to be compared when it is played again."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a policy is measured.

    Fields:
        episodes: number of instances: the reset seeds `seed`, `seed + 1`, ...
        seed: the first of them, and of all random numbers.
        draws: plain reference episodes of each instance.
        repeats: episodes of the policy on each instance; 1 where nothing is left to chance, else 10, unless given.
        method: `monte-carlo` draws only; `splitting` always splits; `auto` splits where fewer than 10 draws do as well
            as the policy and the environment can be replayed. A score that cannot rise to the policy's utility splits
            nothing: `auto` counts plain draws and says so, and so does `splitting` where 10 of them do as well;
            otherwise it is refused.
        ties: `conservative` counts references that do equally well as doing as well, `mid` half of them.
        thinking: amounts of thinking; none unless given.
        tolerance: utilities that differ by no more are tied; what rounding alone may do unless given, from the type and
            size of rewards and utilities of an instance.
        particles: episodes that splitting keeps at once, in each of its 10 replicates.
    """

    episodes: int = 16
    seed: int = 0
    draws: int = 1000
    repeats: int | None = None
    method: Literal["auto", "monte-carlo", "splitting"] = "auto"
    ties: Ties = "conservative"
    thinking: tuple[int, ...] = ()
    particles: int = 200
    tolerance: float | None = None

    def __post_init__(self):
        least = {"episodes": 1, "seed": 0, "draws": 1, "repeats": 1, "particles": 2, "tolerance": 0}
        for name, bound in least.items():
            value = getattr(self, name)
            # nan is not at least anything
            if value is not None and not value >= bound:
                raise ValueError(f"measure({name}={value}): at least {bound} is needed.")
        for name, known in (("method", ("auto", "monte-carlo", "splitting")), ("ties", ("conservative", "mid"))):
            if getattr(self, name) not in known:
                raise ValueError(f"measure({name}={getattr(self, name)!r}): choose one of {', '.join(known)}.")
        if any(depth < 0 for depth in self.thinking) or len(set(self.thinking)) < len(self.thinking):
            raise ValueError(f"measure(thinking={self.thinking}): give distinct numbers that are not negative.")


class Arena:
    """An agent in its world, and the world of the reference.

    Args:
        world: where the agent plays.
        reference: where the reference plays; the same, or one that shows less.
        agent: is measured.
        plan: how it is measured.

    Attributes:
        fault: why the reference's episodes cannot be replayed; empty if they can.
    """

    def __init__(self, world: World, reference: World, agent: AbstractAgent, plan: Plan):
        self.world, self.reference, self.agent, self.plan = world, reference, agent, plan
        self.actions = RandomActions(world.env.action_space)
        self.fault = ""
        self._first: tuple = ()

    def policy_episodes(self, seed: int, thinking: int | None) -> list[Episode]:
        """The agent's episodes from a reset seed: one if it leaves nothing to chance."""
        first = self._policy_episode(seed, 0, thinking)
        repeats = self.plan.repeats or (1 if first.sure and not self.fault else REPEATS)
        return [first, *(self._policy_episode(seed, i, thinking) for i in range(1, repeats))]

    def answers_otherwise(self) -> bool:
        """Whether the agent answers its first episode otherwise when that is played again after all others.

        Observations are compared too: where they differ, the environment is at fault.
        """
        if not self._first or self.fault:
            return False
        (seed, thinking), before = self._first
        self._policy_episode(seed, 0, thinking)
        for (view, answer), (other_view, other) in zip(before, self._trace):
            if not same(view, other_view):
                return False
            # the same network may round otherwise from call to call
            if answer.shape != other.shape or not np.allclose(answer, other, rtol=1e-3, atol=1e-5, equal_nan=True):
                return True
        return False

    def _policy_episode(self, seed: int, number: int, thinking: int | None) -> Episode:
        # the same dice for every amount of thinking: the curve is paired
        generator = np.random.default_rng([self.plan.seed, seed, 1, number])
        key = jax.random.key(int(generator.integers(2**32)))
        dice, agent, trace = Dice(int(generator.integers(2**32))), self.agent, []

        def choose(observation, mask, step):
            # the agent may write into what it is shown, and the environment may do so later
            shown = copied(observation)
            with dice.in_hand():
                found = agent.act(copied(observation), mask, step_key(key, step), generator, thinking)
            if step < COMPARED:
                trace.append((shown, np.array(agent.answer)))
            return found

        with dice.in_hand():
            # a policy may draw actions from the space itself
            self.world.env.action_space.seed(int(generator.integers(2**31)))
            agent.begin()
        episode = self.world.play(seed, choose)
        self._trace = trace
        self._first = self._first or ((seed, thinking), trace)
        return episode
