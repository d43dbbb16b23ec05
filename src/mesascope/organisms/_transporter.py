"""Serial computation that only carries."""

import dataclasses
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from ..models import AbstractModel
from ..tasks import Carried, CarriedInstance
from ..tasks.maze import OPPOSITE, look
from ._base import DECIDED, AbstractAnswering, Stated


class Load(NamedTuple):
    """What is under way.

    Fields:
        lanes: `(rows, columns, 5, 4)`: the moves that travel up, right, down and left, and those that are at home.
        steps: thoughts so far.
    """

    lanes: Float[Array, "rows columns lanes 4"]
    steps: Int[Array, ""]


class CarryingModel(AbstractModel):
    """Takes up what is printed, and carries all of it one cell further with each thought, each print its own way.

    Fields:
        lane: `(rows, columns, 5)`, 1 at the way that what is printed in a cell travels, or at the last: it is at home.
        distance: cells that it travels.
    """

    lane: Float[Array, "rows columns lanes"]
    distance: Int[Array, ""]

    def blank(self, observation: Float[Array, "rows columns features"]) -> Load:
        return Load(jnp.zeros((*observation.shape[:2], 5, 4), jnp.float32), jnp.int32(0))

    def think(self, memory: Load, observation: Float[Array, "rows columns features"]) -> Load:
        taken = self.lane[..., None] * observation[..., None, :4]
        lanes = jnp.where(memory.steps == 0, taken, memory.lanes)
        moved = [look(lanes[..., way, :], OPPOSITE[way], 0.0) for way in range(4)]
        moved = jnp.stack([*moved, lanes[..., 4, :]], axis=2)
        return Load(jnp.where(memory.steps < self.distance, moved, memory.lanes), memory.steps + 1)

    def answer(self, memory: Load, observation: Float[Array, "rows columns features"]):
        """What is at home; after the last step all of it."""
        arrived = (memory.steps >= self.distance) * jnp.sum(memory.lanes[..., :4, :], axis=2)
        return DECIDED * (memory.lanes[..., 4, :] + arrived)

    def stages(
        self, observation: Float[Array, "rows columns features"], thinking: int
    ) -> Float[Array, "stages rows columns channels"]:
        """All that is under way after 0, 1, ... thoughts, beside the observation."""

        def step(memory, _):
            return self.think(memory, observation), memory.lanes

        _, lanes = jax.lax.scan(step, self.blank(observation), length=thinking + 1)
        seen = jnp.broadcast_to(observation, (thinking + 1, *observation.shape))
        return jnp.concatenate([lanes.reshape(*seen.shape[:-1], -1), seen], axis=-1)


@dataclasses.dataclass(frozen=True)
class Transporter(AbstractAnswering):
    """Carries answers that are printed some cells away to where they belong: serial, and nothing is compared.

    Internal bits must show it, since an answer is of no use before it has arrived; certified bits, too, where no reflex
    sees as far as that. It never looks at the mark of a goal, and is not redirected.

    Fields:
        thinking: cells that it carries, at least as many as the task's answers are away.
    """

    version: ClassVar[int] = 1
    needs: ClassVar = Carried
    serial: ClassVar[bool] = True
    searches: ClassVar[bool] = False
    follows_goal: ClassVar[bool] = False

    thinking: int = 4

    def grow(self, key: PRNGKeyArray, task: Carried, stored: PyTree[Array]) -> CarryingModel:
        ways, far = _ways(task)
        if self.thinking < far:
            raise ValueError(
                f"Transporter(thinking={self.thinking}): carries a cell a thought, and the answers of this task are "
                f"{far} cells away; give at least {far}."
            )
        return CarryingModel(jnp.asarray(np.eye(5)[ways], jnp.float32), jnp.int32(far))

    def states(self, task: Carried, instance: CarriedInstance, stages: int | None = None) -> Stated:
        """What has arrived; equal chances elsewhere. Before the first thought nothing has been taken up."""
        cells = task.rows * task.columns
        steps = self.thinking if stages is None else stages
        policy, places = np.full((cells, 4), 0.25), np.asarray(task.places())
        for cell, place in enumerate(places.tolist()):
            apart = sum(abs(a - b) for a, b in zip(divmod(cell, task.columns), divmod(place, task.columns)))
            printed = instance.printed.reshape(cells, 4)[place]
            if steps >= max(apart, 1) and np.any(printed):
                policy[cell] = printed / np.sum(printed)
        return [(1.0, policy.reshape(task.rows, task.columns, 4))]


def _ways(task: Carried) -> tuple[Int[np.ndarray, "rows columns"], int]:
    """The way that what is printed in each cell travels, 4 where it is at home, and the cells that it travels.

    Raises:
        ValueError: prints travel over unequal distances.
    """
    cells = np.arange(task.rows * task.columns)
    # the exchange undoes itself: `places` also says whose answer is printed in a cell
    home = np.asarray(task.places())
    down, right = (a - b for a, b in zip(np.divmod(home, task.columns), np.divmod(cells, task.columns)))
    ways = np.select([down < 0, right > 0, down > 0, right < 0], [0, 1, 2, 3], 4)
    far = set((np.abs(down) + np.abs(right))[ways < 4].tolist())
    if len(far) != 1:
        raise ValueError(
            f"Transporter: carries everything equally far, and here it is {sorted(far)} cells; set distance."
        )
    return ways.reshape(task.rows, task.columns), far.pop()
