"""The rule of the verdict, fixed before anything is run."""

import numpy as np

from ...outcomes import Estimate
from ...stats import Verdict, mean_interval
from ..diversity import BOUNDARIES
from ._cells import Cell

EASY = "tic-tac-toe"
HARD = ("connect four on 5 x 4", "first move in a maze")
"""The claim's own game; and where internal bits must show: the hard end of the ladder, and mazes of like ceilings."""

THINKING, REGISTERS = "thinking", "minimax"
"""The network whose internal bits are the measure, and the planted player that the measure must see."""

SMALLEST = 0.1
"""Of the ceiling."""

PERFECT = 0.95
"""Of the ceiling on own instances: perfect play, as far as a softmax goes."""


def interval(cell: Cell | None, boundary: int) -> Estimate | None:
    """The share of internal bits beyond a serial stage over seeds; None for fewer than two."""
    if cell is None or len(cell.ledgers) < 2:
        return None
    return mean_interval(np.array([*cell.internal(boundary).values()]))


def judge(cells: dict[tuple[str, str], Cell]) -> tuple[Verdict | None, str]:
    """The verdict, and how the rule leads to it, from cells by rung and arm."""
    learner, player = cells.get((EASY, THINKING)), cells.get((EASY, REGISTERS))
    effects = {boundary: interval(learner, boundary) for boundary in BOUNDARIES}
    if player is None or None in effects.values():
        return None, "No verdict yet: fewer than two seeds of tic-tac-toe, or no planted player, are finished."
    if obstacle := _obstacle(learner, player):
        return "inconclusive", obstacle
    found = ", ".join(f"[{e.low:.3f}, {e.high:.3f}] at depth {boundary}" for boundary, e in effects.items())
    said = f"Internal bits of perfect tic-tac-toe as a share of the ceiling: {found}; held against {SMALLEST:g}"
    if all(effect.low > SMALLEST for effect in effects.values()):
        return "contradicted", f"{said}."
    if not all(effect.high < SMALLEST for effect in effects.values()):
        return "inconclusive", f"{said}, not all of them wholly on one side of it."
    shown = [rung for rung in HARD if (e := interval(cells.get((rung, THINKING)), 3)) and e.low > SMALLEST]
    if not shown:
        return "inconclusive", f"{said}; but on no harder rung do they exceed it: the measure might see nothing."
    return "supported", f"{said}; above it by the same recipe: {', '.join(shown)}."


def _obstacle(learner: Cell, player: Cell) -> str | None:
    """What stands in the way of any verdict."""
    own = float(np.mean([*learner.own().values()]))
    if own < PERFECT:
        return f"Tic-tac-toe is played at {own:.2f} of the ceiling, below {PERFECT:g}: not perfectly."
    planted = {boundary: player.internal(boundary)[0] for boundary in BOUNDARIES}
    if min(planted.values()) > SMALLEST:
        return None
    found = ", ".join(f"{share:.2f} at depth {boundary}" for boundary, share in planted.items())
    return f"The planted minimax player does not register at every depth: {found}."
