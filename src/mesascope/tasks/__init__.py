"""What is learned on (section 2.1 of the post)."""

from .._registry import Registry
from ._base import (
    AbstractAnswered as AbstractAnswered,
    AbstractBranching as AbstractBranching,
    AbstractExtended as AbstractExtended,
    AbstractNavigated as AbstractNavigated,
    AbstractPlayed as AbstractPlayed,
    AbstractTask as AbstractTask,
    AbstractTaught as AbstractTaught,
)
from ._pools import (
    GENERATOR as GENERATOR,
    NUM_NOVEL as NUM_NOVEL,
    ROOT_SEED as ROOT_SEED,
    novel as novel,
    overlaps as overlaps,
    pool as pool,
    pool_up_to as pool_up_to,
    tempering as tempering,
)
from .carried import Carried, CarriedInstance as CarriedInstance
from .hash_game import HashGame, HashInstance as HashInstance
from .labels import Labels
from .maze import Maze, MazeKinds, MazeMove, MazeProgress, MazeWalk, ScrambledMaze
from .mnk import Mnk
from .strings import RULES as RULES, Rule as Rule, Strings as Strings
from .tictactoe import TicTacToe
from .trail import Trail

TASKS = Registry(
    "tasks",
    {
        "maze": Maze,
        "maze-kinds": MazeKinds,
        "maze-progress": MazeProgress,
        "maze-walk": MazeWalk,
        "maze-move": MazeMove,
        "maze-scrambled": ScrambledMaze,
        "trail": Trail,
        "carried": Carried,
        "tic-tac-toe": TicTacToe,
        "mnk": Mnk,
        "hash-game": HashGame,
        "labels": Labels,
        "strings": Strings,
    },
)
