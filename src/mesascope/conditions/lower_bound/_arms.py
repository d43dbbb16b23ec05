"""Selections whose bits are counted, and what nobody's selection would bring about."""

import dataclasses

from ...base import BASES, AbstractBase
from ...computations import COMPUTATIONS
from ...lab import Computation, Training
from ...models import MODELS
from ...tasks import TASKS

TABLE, NETWORK = "table", "network"
SHARED_POOL = 0
"""The seed of the pool that the trainings of an arm share: their neutral tail is found once."""


@dataclasses.dataclass(frozen=True)
class Selection:
    """One way of selecting.

    Fields:
        name: of the arm.
        learner: `table` or `network`.
        parents, offspring, steps: of the evolution.
        seeds: trainings.
    """

    name: str
    learner: str
    parents: int
    offspring: int
    steps: int
    seeds: int


@dataclasses.dataclass(frozen=True)
class Setup:
    """What all arms share.

    Fields:
        side, min_distance: of the mazes.
        channels, thinking: of the network.
        mutation: of the evolution.
        instances: N of the arms that are held against the bound.
        batch: instances a generation.
    """

    side: int
    min_distance: int
    channels: int
    thinking: int
    mutation: float
    instances: int
    batch: int

    def held(self, arm: Selection) -> list[Training]:
        """The trainings of an arm that is held against the bound: one pool, seen whole in every generation."""
        base = self._base(arm, self.instances)
        return [
            Training(self._task(), self._model(arm.learner), base, self.instances, seed, pool_seed=SHARED_POOL)
            for seed in range(arm.seeds)
        ]

    def race(self, arm: Selection, instances: int) -> list[Training]:
        """The trainings of a learner at some N, each on a pool of its own."""
        base = self._base(arm, self.batch)
        return [Training(self._task(), self._model(arm.learner), base, instances, seed) for seed in range(arm.seeds)]

    def neutral(self, arm: Selection, progress: float, particles: int, replicates: int) -> Computation:
        """The neutral tail of an arm of networks."""
        values = {
            "side": self.side,
            "min_distance": self.min_distance,
            "instances": self.instances,
            "channels": self.channels,
            "thinking": self.thinking,
            "steps": arm.steps,
            "mutation": self.mutation,
            "progress": progress,
            "particles": particles,
            "replicates": replicates,
        }
        return Computation(COMPUTATIONS.build("neutral-tail", values), SHARED_POOL)

    def _base(self, arm: Selection, batch: int) -> AbstractBase:
        values = {"parents": arm.parents, "offspring": arm.offspring, "steps": arm.steps, "mutation": self.mutation}
        return BASES.build("evolution", values | {"batch": batch})

    def _model(self, learner: str):
        if learner == TABLE:
            return MODELS.build("tabular", {})
        return MODELS.build("gridloop", {"channels": self.channels, "thinking": self.thinking})

    def _task(self):
        return TASKS.build(
            "maze-progress", {"rows": self.side, "columns": self.side, "min_distance": self.min_distance}
        )
