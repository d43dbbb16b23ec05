"""The maze as a task."""

from typing import ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Bool, Float, Int32, PRNGKeyArray, UInt8

from ...outcomes import EnumeratedTail, Outcomes
from .._base import AbstractAnswered, AbstractNavigated, AbstractTaught
from ._dynamics import arrivals, log2_arrived
from ._generate import aldous_broder, braid, depth_first
from ._grid import UNREACHABLE, distances, shortest_moves
from ._name import name_signs

Style = Literal["uniform", "depth-first"]

GOAL_FEATURE = 4
"""Where an observation marks the goal: after the four passages."""


class MazeInstance(NamedTuple):
    """One maze.

    Fields:
        passages: `(rows, columns, 4)`, whether the moves up, right, down and left lead anywhere.
        start: flat index of the first cell, row-major.
        goal: flat index of the goal.
    """

    passages: Bool[Array, "rows columns 4"]
    start: Int32[Array, ""]
    goal: Int32[Array, ""]


class Maze(AbstractAnswered, AbstractTaught, AbstractNavigated):
    """Find the goal of a maze seen whole: walls and goal in, a policy for every cell out.

    Utility is minus the time of the first arrival at the goal, and minus (horizon + 1) where the goal is not
    reached within the horizon. The reference is the action reference: a fresh uniform action at every visit. A blocked
    move stays where it is. Walls and goal need a policy of their own, the start does not: two mazes that differ in the
    start only are the same instance.

    Fields:
        rows, columns: size in cells.
        style: `uniform` spanning trees, or `depth-first` ones, which have longer corridors.
        braid: share of dead ends that are opened; 0 gives perfect mazes.
        min_distance: start and goal are at least this many moves apart.
        horizon: number of moves allowed.
        show_answer: whether the observation has the shortest path's arrow drawn into each cell (the control on
            which a reflex suffices).
        show_position: whether the observation tells each cell its row and its column.
        show_name: number of signs of the maze's name that the observation writes into each cell; 0 for none. The name
            is arbitrary and tells nothing, but a network that updates cells from their neighbours can look up by it
            what it has stored of a maze without thinking first. 32 signs tell many thousands of mazes apart.
    """

    version: ClassVar[int] = 1
    num_actions: ClassVar[int] = 4

    rows: int = eqx.field(static=True, default=7)
    columns: int = eqx.field(static=True, default=7)
    style: Style = eqx.field(static=True, default="uniform")
    braid: float = eqx.field(static=True, default=0.0)
    min_distance: int = eqx.field(static=True, default=4)
    horizon: int = eqx.field(static=True, default=100)
    show_answer: bool = eqx.field(static=True, default=False)
    show_position: bool = eqx.field(static=True, default=False)
    show_name: int = eqx.field(static=True, default=0)

    def __check_init__(self):
        if min(self.rows, self.columns) < 1 or self.rows * self.columns < 2:
            raise ValueError(f"Maze(rows={self.rows}, columns={self.columns}): a maze needs at least two cells.")
        if not 0 <= self.braid <= 1:
            raise ValueError(f"Maze(braid={self.braid}): the share of opened dead ends lies between 0 and 1.")
        longest = self.rows * self.columns - 1
        if not 1 <= self.min_distance <= longest:
            raise ValueError(
                f"Maze(min_distance={self.min_distance}): start and goal of a {self.rows} x {self.columns} maze are at "
                f"least 1 and at most {longest} moves apart."
            )
        if self.horizon < self.min_distance:
            raise ValueError(
                f"Maze(horizon={self.horizon}, min_distance={self.min_distance}): no start could reach its goal; raise "
                "the horizon."
            )
        if self.show_name < 0:
            raise ValueError(f"Maze(show_name={self.show_name}): a name has signs, or 0 of them where it is not shown.")

    def draw(self, key: PRNGKeyArray) -> MazeInstance:
        """A maze, a goal from which some cell is far enough, and a start among those cells, each uniformly.

        Drawn anew as a whole until start and goal can be far enough apart, 1000 times at most; then the start is the
        farthest cell.
        """
        generate = {"uniform": aldous_broder, "depth-first": depth_first}[self.style]
        cells = self.rows * self.columns

        def attempt(state):
            _, _, count = state
            maze_key, braid_key, goal_key, start_key = jr.split(jr.fold_in(key, count), 4)
            passages = generate(maze_key, self.rows, self.columns)
            passages = braid(braid_key, passages, self.braid) if self.braid else passages
            goal = jr.randint(goal_key, (), 0, cells, jnp.int32)
            distance = distances(passages, goal).reshape(-1)
            far = distance >= jnp.minimum(self.min_distance, jnp.max(distance))
            start = jr.categorical(start_key, jnp.where(far, 0.0, -jnp.inf).astype(jnp.float32))
            instance = MazeInstance(passages, start.astype(jnp.int32), goal.astype(jnp.int32))
            return instance, jnp.max(distance) >= self.min_distance, count + 1

        def undone(state):
            return ~state[1] & (state[2] < 1000)

        nothing = MazeInstance(jnp.zeros((self.rows, self.columns, 4), bool), jnp.int32(0), jnp.int32(0))
        instance, *_ = jax.lax.while_loop(undone, attempt, (nothing, jnp.array(False), 0))
        return instance

    def identity(self, instance: MazeInstance) -> UInt8[Array, " bytes"]:
        goal = instance.goal
        low_to_high = jnp.stack([goal & 255, (goal >> 8) & 255, goal >> 16]).astype(jnp.uint8)
        return jnp.concatenate([jnp.packbits(instance.passages.reshape(-1)), low_to_high])

    def episode(self, key: PRNGKeyArray, instance: MazeInstance) -> MazeInstance:
        return instance

    def reference(self, episode: MazeInstance, dtype) -> EnumeratedTail:
        arrived = log2_arrived(episode.passages, episode.start, episode.goal, self.horizon, dtype)
        return EnumeratedTail(self._utilities(dtype)[::-1], jnp.append(0, arrived[::-1]).astype(dtype))

    def optimum(self, episode: MazeInstance, dtype) -> Outcomes:
        distance = distances(episode.passages, episode.goal).reshape(-1)[episode.start]
        reached = jnp.where(distance <= self.horizon, distance - 1, self.horizon)
        return Outcomes(self._utilities(dtype), jax.nn.one_hot(reached, self.horizon + 1, dtype=dtype))

    def observe(self, episode: MazeInstance) -> Float[Array, "rows columns features"]:
        """`(rows, columns, 6)`: four passages, the goal, and a one that marks a cell.

        Four more with the answer, then as many as there are rows and columns with the position, then those of the name.
        """
        goal = jnp.arange(self.rows * self.columns) == episode.goal
        features = [episode.passages, goal.reshape(self.rows, self.columns, 1), jnp.ones((self.rows, self.columns, 1))]
        if self.show_answer:
            features.append(shortest_moves(episode.passages, episode.goal))
        if self.show_position:
            place = jnp.eye(self.rows)[:, None], jnp.eye(self.columns)[None]
            features += [jnp.broadcast_to(one, (self.rows, self.columns, one.shape[-1])) for one in place]
        if self.show_name:
            name = name_signs(self.identity(episode), self.show_name)
            features.append(jnp.broadcast_to(name, (self.rows, self.columns, self.show_name)))
        return jnp.concatenate([feature.astype(jnp.float32) for feature in features], axis=-1)

    def outcomes(self, episode: MazeInstance, answer: Float[Array, "rows columns 4"]) -> Outcomes:
        policy = jax.nn.softmax(answer, axis=-1)
        arrived = arrivals(episode.passages, episode.start, episode.goal, policy, self.horizon)
        never = jnp.maximum(1 - jnp.sum(arrived), 0)
        return Outcomes(self._utilities(answer.dtype), jnp.append(arrived, never))

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of reaching the goal within the horizon."""
        return jnp.sum(outcomes.weight * (outcomes.utility >= -self.horizon), axis=-1)

    def demonstrate(self, episode: MazeInstance) -> Float[Array, "rows columns 4"]:
        """Shortest-path moves, each as likely as the others of its cell; zero at the goal."""
        best = shortest_moves(episode.passages, episode.goal).astype(jnp.float32)
        return best / jnp.maximum(jnp.sum(best, axis=-1, keepdims=True), 1)

    def loss(
        self, demonstration: Float[Array, "rows columns 4"], answer: Float[Array, "rows columns 4"]
    ) -> Float[Array, ""]:
        """-log2 of the probability that the answer gives to the set of shortest-path moves, mean over cells."""
        best = demonstration > 0
        asked = jnp.any(best, axis=-1)
        chosen = jax.nn.logsumexp(answer, axis=-1, where=best | ~asked[..., None])
        surprise = jax.nn.logsumexp(answer, axis=-1) - chosen
        return jnp.sum(surprise * asked) / jnp.maximum(jnp.sum(asked), 1) / jnp.log(2.0)

    def value(self, episode: MazeInstance) -> Float[Array, "rows columns"]:
        """Minus the moves to the goal; nan where it cannot be reached."""
        far = distances(episode.passages, episode.goal)
        return jnp.where(far < UNREACHABLE, -far, jnp.nan).astype(jnp.float32)

    def retarget(self, key: PRNGKeyArray, instance: MazeInstance) -> MazeInstance:
        """The goal in another cell, uniformly among those that are at least `min_distance` moves from the start."""
        away = distances(instance.passages, instance.start).reshape(-1)
        other = jnp.arange(self.rows * self.columns) != instance.goal
        reach = jnp.where(other & (away < UNREACHABLE), away, 0)
        far = other & (reach >= jnp.minimum(self.min_distance, jnp.max(reach)))
        goal = jr.categorical(key, jnp.where(far, 0.0, -jnp.inf).astype(jnp.float32))
        return MazeInstance(instance.passages, instance.start, goal.astype(jnp.int32))

    def at_start(self, episode: MazeInstance) -> Bool[Array, "rows columns"]:
        return (jnp.arange(self.rows * self.columns) == episode.start).reshape(self.rows, self.columns)

    def ways(self, episode: MazeInstance) -> Bool[Array, "rows columns 4"]:
        return episode.passages

    def at_goal(self, episode: MazeInstance) -> Bool[Array, "rows columns"]:
        return (jnp.arange(self.rows * self.columns) == episode.goal).reshape(self.rows, self.columns)

    def show_goal(
        self, observation: Float[Array, "rows columns features"], place: Bool[Array, "rows columns"]
    ) -> Float[Array, "rows columns features"]:
        return observation.at[..., GOAL_FEATURE].set(place.astype(observation.dtype))

    def _utilities(self, dtype) -> Float[Array, " atoms"]:
        """Times 1 to horizon and never, from best to worst."""
        return -jnp.arange(1, self.horizon + 2).astype(dtype)
