"""How rare a joint result is for networks under evolution that selects nothing."""

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from ..base import Evolution, mutated
from ..models import Gridloop, answer_after
from ..power import NormalSource, split_tail
from ..tasks import MazeProgress, pool
from ._base import AbstractComputation


@dataclasses.dataclass(frozen=True)
class NeutralTail(AbstractComputation):
    """The tail of the joint utility of a pool of mazes when `evolution` selects at random, by splitting.

    Random selection leaves a network drawn afresh with the noise of one line of descent added: all parameters are
    normal with mean zero, independently. The joint utility is the sum over the pool of the utility of `MazeProgress`.
    Columns: replicate, utility, weight; each replicate is a weighted sample of the law.

    Fields:
        side, style, min_distance: of the mazes, which are square.
        instances: N.
        channels, thinking: of the weight-tied grid network.
        steps, mutation: of the evolution.
        progress: moves of progress a maze up to which the tail is followed.
        particles, replicates: of splitting.
    """

    version: ClassVar[int] = 1

    side: int = 5
    style: Literal["uniform", "depth-first"] = "depth-first"
    min_distance: int = 4
    instances: int = 16
    channels: int = 8
    thinking: int = 8
    steps: int = 1
    mutation: float = 0.1
    progress: float = 2.0
    particles: int = 256
    replicates: int = 10

    @property
    def cost(self) -> float:
        cells, size = self.side**2, 15 * self.channels**2 * self.thinking
        # some twenty levels, a quarter of the particles renewed at each of them by ten moves; what is no matrix product
        # takes most of the time
        return 700.0 * self.replicates * self.particles * self.instances * cells * size

    def columns(self, seed: int) -> dict[str, np.ndarray]:
        task, network = self._task(), Gridloop(channels=self.channels, thinking=self.thinking)
        mazes = pool(task, seed, self.instances)
        shown = jax.vmap(task.observe)(jax.tree.map(lambda leaf: leaf[:1], mazes))
        width = Evolution(steps=self.steps, mutation=self.mutation).neutral_width

        def fresh(key):
            init_key, noise_key = jr.split(key)
            return mutated(noise_key, network.init(init_key, shown, task.num_actions), width)

        def joint(model):
            def utility(maze):
                return task.outcomes(maze, answer_after(model, task.observe(maze), self.thinking)).utility[0]

            return jnp.sum(jax.vmap(utility)(mazes))

        lengths = mazes.far.reshape(self.instances, -1)[np.arange(self.instances), mazes.start]
        target = -float(np.sum(lengths)) + self.progress * self.instances
        tail = split_tail(
            NormalSource(fresh, joint), target, np.random.default_rng(seed), self.particles, self.replicates
        )
        used = np.asarray(tail.weight) > 0
        return {
            "replicate": np.nonzero(used)[0].astype(np.int32),
            "utility": np.asarray(tail.utility)[used],
            "weight": np.asarray(tail.weight)[used],
        }

    def _task(self) -> MazeProgress:
        return MazeProgress(self.side, self.side, self.style, self.min_distance)
