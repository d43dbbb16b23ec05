"""What is learned on (section 2.1 of the post)."""

from .._registry import Registry
from ._base import AbstractAnswered as AbstractAnswered, AbstractTask as AbstractTask, AbstractTaught as AbstractTaught
from .maze import Maze

TASKS = Registry("tasks", {"maze": Maze})
