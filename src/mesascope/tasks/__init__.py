"""What is learned on (section 2.1 of the post)."""

from .._registry import Registry
from ._base import (
    AbstractAnswered as AbstractAnswered,
    AbstractBranching as AbstractBranching,
    AbstractNavigated as AbstractNavigated,
    AbstractPlayed as AbstractPlayed,
    AbstractTask as AbstractTask,
    AbstractTaught as AbstractTaught,
)
from .hash_game import HashGame, HashInstance as HashInstance
from .labels import Labels
from .maze import Maze, MazeWalk
from .tictactoe import TicTacToe
from .trail import Trail

TASKS = Registry(
    "tasks",
    {
        "maze": Maze,
        "maze-walk": MazeWalk,
        "trail": Trail,
        "tic-tac-toe": TicTacToe,
        "hash-game": HashGame,
        "labels": Labels,
    },
)
