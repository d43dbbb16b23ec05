"""What tasks share whose instances are mazes, and which differ from `Maze` in what is drawn, seen or answered."""

import abc

from jaxtyping import Array, Float, PRNGKeyArray, UInt8

from ...outcomes import EnumeratedTail, Outcomes
from .._base import AbstractTask
from ._task import Maze, MazeInstance


class AbstractMazeOtherwise(AbstractTask):
    """A task whose instances, utility and reference are those of a `Maze`."""

    @abc.abstractmethod
    def maze(self) -> Maze:
        """The task by which instances and outcomes are measured."""

    def identity(self, instance: MazeInstance) -> UInt8[Array, " bytes"]:
        return self.maze().identity(instance)

    def episode(self, key: PRNGKeyArray, instance: MazeInstance) -> MazeInstance:
        return instance

    def reference(self, episode: MazeInstance, dtype) -> EnumeratedTail:
        return self.maze().reference(episode, dtype)

    def optimum(self, episode: MazeInstance, dtype) -> Outcomes:
        return self.maze().optimum(episode, dtype)

    def succeeded(self, outcomes: Outcomes) -> Float[Array, "*batch"]:
        """The probability of reaching the goal within the horizon."""
        return self.maze().succeeded(outcomes)
