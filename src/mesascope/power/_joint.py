"""How many instances need a policy of their own: the power of solving all, against that of solving one."""

import abc
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

MAX_POLICIES = 2_000_000
"""The most partial policies that are followed."""


class AbstractWalk(abc.ABC):
    """One deterministic instance as a policy meets it: what is seen decides what is done.

    Two instances share a decision where they show the same; a policy has one action for it in both.
    """

    @abc.abstractmethod
    def start(self) -> Hashable:
        """The first state."""

    @abc.abstractmethod
    def see(self, state: Hashable) -> Hashable:
        """What is seen of a state: all that a policy may go by."""

    @abc.abstractmethod
    def step(self, state: Hashable, action: int) -> Hashable:
        """The next state."""

    @abc.abstractmethod
    def solved(self, state: Hashable) -> bool:
        """Whether the instance is solved in this state."""


class JointPower(NamedTuple):
    """Power under the policy reference.

    Fields:
        joint: bits of solving all instances with one deterministic policy drawn uniformly; inf where none can.
        single: bits of solving each.
        effective: joint / mean of single: the measured number of instances. It is their number where they share
            nothing, 1 where one policy serves all, and more than their number where they want opposite things.
    """

    joint: float
    single: tuple[float, ...]
    effective: float


def joint_power(walks: Sequence[AbstractWalk], num_actions: int) -> JointPower:
    """The measured effective number of instances, exactly.

    A policy's actions are drawn when they are first needed: each partial policy of n decisions has the chance
    num_actions^-n, and is followed until it solves all instances or runs in circles.

    Args:
        walks: the instances, at least one.
        num_actions: number of actions of every decision.

    Raises:
        ValueError: there are too many partial policies to follow.
    """
    if not walks or num_actions < 1:
        raise ValueError(f"joint_power({len(walks)} walks, num_actions={num_actions}): needs at least one of each.")
    single = tuple(_bits([walk], num_actions) for walk in walks)
    joint = _bits(walks, num_actions)
    mean = float(np.mean(single))
    if not np.isfinite(mean):
        unsolvable = int(np.argmax(single))
        raise ValueError(f"joint_power: no deterministic policy solves instance {unsolvable}; leave it out.")
    return JointPower(joint, single, joint / mean if mean > 0 else 1.0)


def _bits(walks: Sequence[AbstractWalk], num_actions: int) -> float:
    """-log2 of the share of deterministic policies that solve all the walks."""
    share, followed = 0.0, 0
    pending = [(0, walks[0].start(), frozenset(), {})]
    while pending:
        number, state, visited, policy = pending.pop()
        followed += 1
        if followed > MAX_POLICIES:
            raise ValueError(
                f"joint_power: more than {MAX_POLICIES:,} partial policies of {len(walks)} instances; measure fewer or "
                "smaller ones."
            )
        if walks[number].solved(state):
            if number + 1 == len(walks):
                share += float(num_actions) ** -len(policy)
            else:
                pending.append((number + 1, walks[number + 1].start(), frozenset(), policy))
        elif state not in visited:
            seen = walks[number].see(state)
            for action in [policy[seen]] if seen in policy else range(num_actions):
                following = walks[number].step(state, action)
                pending.append((number, following, visited | {state}, policy | {seen: action}))
    # 0.0 is added because a log2 of 1 is -0.0 once its sign is changed
    return 0.0 - float(np.log2(share)) if share > 0 else np.inf
