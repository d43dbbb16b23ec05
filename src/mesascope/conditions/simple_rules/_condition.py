"""The claim, its sweep, and the rule of its verdict."""

import dataclasses
from typing import ClassVar, Literal

import numpy as np

from ...base import BASES
from ...findings import Finding
from ...lab import NUM_NOVEL, Planted, Store, Training, Trial
from ...models import MODELS
from ...organisms import ORGANISMS
from ...tasks import TASKS, AbstractTask, Mnk
from .._base import AbstractCondition
from .._ledger import diverged
from ..diversity import BOUNDARIES
from ._cells import Cell, read_cells
from ._rule import EASY, HARD, PERFECT, REGISTERS, SMALLEST, THINKING, interval, judge
from ._shown import arms_table, asked_table, games_table, rungs_table, stages_chart, thinking_table

RUNGS = {
    EASY: ("mnk", {}),
    "three in a row on 3 x 4": ("mnk", {"columns": 4}),
    "connect four on 4 x 4": ("mnk", {"rows": 4, "columns": 4, "in_a_row": 4, "gravity": True}),
    "connect four on 5 x 4": ("mnk", {"rows": 5, "columns": 4, "in_a_row": 4, "gravity": True}),
    "first move in a maze": ("maze-move", {"rows": 4, "columns": 4, "min_distance": 3}),
}
"""Name of the rung -> its task."""

AS_FEW, DEEP, SHALLOW, FRESH = "thinking on few", "deep", "shallow", "untrained"
"""Arms besides the network with thoughts: the same on no more instances than tic-tac-toe has; a deep and a shallow one
without a knob; the first as it is drawn."""

PLAYERS = {
    REGISTERS: ("minimax", {}),
    "quick minimax": ("minimax", {"thinking": 9, "pace": 1}),
    "rules": ("rules", {}),
}
"""Name of the planted player -> organism and its settings."""

POOL = 256
"""Instances of the pool of a planted player."""


@dataclasses.dataclass(frozen=True)
class SimpleRules(AbstractCondition):
    """Is nothing computed at run time where a few rules suffice?

    One instance is a position in which some but not all moves keep the game value. One network with thoughts is trained
    by one recipe on tic-tac-toe, on all positions that are not held out, and on a ladder of harder games and mazes.
    Primary measure: for each seed, internal bits on novel positions of tic-tac-toe (read-outs after the last thought
    against after the third) as a share of the ceiling. The interval is Student's over seeds, and the rule is applied
    with the boundary of reflexes at serial depth 2, 3 and 5. Below 0.1 at all of them the claim is supported, above 0.1
    at all of them contradicted, else the result is inconclusive.

    There is no verdict unless the network plays tic-tac-toe perfectly (0.95 of the ceiling on its own positions, mean
    over seeds) and a planted minimax player's share on the same novel positions is above 0.1 at every boundary. For
    support, moreover, the same network by the same recipe must have a share above 0.1 (lower limit, boundary 3) on
    connect four or on the mazes: else the measure might see nothing anywhere. That network need not be perfect there,
    since what is not learned can only lower the share.

    Fields:
        rungs: names of `RUNGS`, tic-tac-toe among them.
        arms: of the trained networks; what each of them is stands in the module.
        players: names of `PLAYERS`; no verdict without minimax.
        instances: N on tic-tac-toe; all that are not held out unless fewer are asked for.
        many: N on the other rungs.
        seeds: of every trained arm.
        steps, batch, learning_rate: of all trainings.
        channels, thinking, width: of the network with thoughts.
        depth: layers of the deep network.
    """

    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "tic-tac-toe can be perfectly solved by simple rules. Thus, a base optimizer has no need to generate a "
        "mesa-optimizer to solve tic-tac-toe, since a simple learned algorithm implementing the rules for perfect play "
        "will do."
    )
    prediction: ClassVar[str] = (
        "internal bits of perfect tic-tac-toe stay below a tenth of the ceiling; by the same recipe those of connect "
        "four, or of mazes of like ceilings, do not"
    )
    unit: ClassVar[str] = "of the ceiling computed beyond stage 3"
    smallest_effect: ClassVar[float] = SMALLEST
    profiles: ClassVar = {
        "smoke": {
            "rungs": (EASY,),
            "arms": (THINKING,),
            "players": (),
            "seeds": 2,
            "steps": 12,
            "channels": 6,
            "thinking": 6,
            "width": 3,
        },
        "quick": {"rungs": (EASY, "connect four on 5 x 4"), "arms": (THINKING, SHALLOW), "seeds": 2},
        "standard": {},
        "full": {"rungs": tuple(RUNGS), "steps": 6400, "channels": 32, "thinking": 16, "many": 32_768},
    }

    rungs: tuple[
        Literal[
            "tic-tac-toe",
            "three in a row on 3 x 4",
            "connect four on 4 x 4",
            "connect four on 5 x 4",
            "first move in a maze",
        ],
        ...,
    ] = (EASY, "three in a row on 3 x 4", *HARD)
    arms: tuple[Literal["thinking", "thinking on few", "deep", "shallow", "untrained"], ...] = (
        THINKING,
        AS_FEW,
        DEEP,
        SHALLOW,
        FRESH,
    )
    players: tuple[Literal["minimax", "quick minimax", "rules"], ...] = tuple(PLAYERS)
    instances: int = 2679
    many: int = 16_384
    seeds: int = 5
    steps: int = 1600
    batch: int = 64
    learning_rate: float = 0.01
    channels: int = 16
    thinking: int = 8
    width: int = 5
    depth: int = 8

    def __post_init__(self):
        for name, wanted in (("rungs", {EASY}), ("arms", {THINKING}), ("players", set())):
            chosen = getattr(self, name)
            if not wanted <= set(chosen) or len(set(chosen)) < len(chosen):
                among = f", {', '.join(wanted)} among them" if wanted else ""
                raise ValueError(f"simple-rules: {name}={chosen} should be different ones{among}.")
        if self.seeds < 1:
            raise ValueError(f"simple-rules: seeds={self.seeds}: at least one seed is needed.")
        if self.thinking <= max(BOUNDARIES):
            raise ValueError(
                f"simple-rules: thinking={self.thinking}: internal bits are those beyond stage {max(BOUNDARIES)} too; "
                f"choose {max(BOUNDARIES) + 1} or more thoughts."
            )
        for rung in self.rungs:
            for size in {self.size(rung, arm) for arm in self.arms}:
                self._check_room(rung, size)

    def _check_room(self, rung: str, size: int) -> None:
        """Refuses more instances than a game has beyond those held out."""
        task = self.task(rung)
        held_out = 2 * NUM_NOVEL
        if isinstance(task, Mnk) and size > task.num_instances - held_out:
            raise ValueError(
                f"simple-rules: {rung} has {task.num_instances:,} positions with something to decide, of which "
                f"{held_out} are held out: {size:,} cannot be trained on; choose at most "
                f"{task.num_instances - held_out:,} for {'instances' if rung == EASY else 'instances and many'}."
            )

    def sweep(self) -> list[Trial]:
        return [trial for trials in self.groups().values() for trial in trials]

    def groups(self) -> dict[tuple[str, str], list[Trial]]:
        """The trials by rung and arm, one a seed; on tic-tac-toe the planted players, too."""
        # on tic-tac-toe there are no more than those few
        chosen = [(rung, arm) for rung in self.rungs for arm in self.arms if (rung, arm) != (EASY, AS_FEW)]
        trained = {(rung, arm): [self._training(rung, arm, seed) for seed in range(self.seeds)] for rung, arm in chosen}
        return trained | {(EASY, player): [self._planted(player)] for player in self.players}

    def task(self, rung: str) -> AbstractTask:
        """The task of a rung."""
        return TASKS.build(*RUNGS[rung])

    def size(self, rung: str, arm: str) -> int:
        """N of an arm on a rung."""
        return self.instances if rung == EASY or arm == AS_FEW else self.many

    def _training(self, rung: str, arm: str, seed: int) -> Training:
        loop = ("gridloop", {"channels": self.channels, "thinking": self.thinking, "width": self.width})
        untied = {"kind": "convolution", "channels": self.channels, "width": self.width}
        kinds = {DEEP: ("feedforward", untied | {"depth": self.depth}), SHALLOW: ("feedforward", untied | {"depth": 3})}
        rates = {"batch": self.batch, "learning_rate": self.learning_rate, "lift": 2.0}
        base = BASES.build("policy-gradient", rates | {"steps": 0 if arm == FRESH else self.steps})
        return Training(self.task(rung), MODELS.build(*kinds.get(arm, loop)), base, self.size(rung, arm), seed)

    def _planted(self, player: str) -> Planted:
        return Planted(self.task(EASY), ORGANISMS.build(*PLAYERS[player]), POOL, 0)

    def analyse(self, store: Store) -> Finding:
        cells = read_cells(store, self.groups())
        outcome, reason = judge(cells)
        shown = list(cells.values())
        return self.finding(
            "simple-rules",
            interval(cells.get((EASY, THINKING)), 3),
            outcome,
            reason,
            self._remarks(cells),
            (
                arms_table(shown),
                thinking_table([cell for cell in shown if not cell.planted]),
                games_table({rung: self.task(rung) for rung in self.rungs}, shown),
                rungs_table(cells, EASY),
                asked_table(self.task(EASY), [cell for cell in shown if cell.rung == EASY]),
            ),
            (stages_chart([cell for cell in shown if cell.arm == THINKING or cell.planted]),),
        )

    def _remarks(self, cells: dict[tuple[str, str], Cell]) -> tuple[str, ...]:
        trained = [cell for cell in cells.values() if not cell.planted and cell.arm != FRESH]
        remarks = diverged(ledger for cell in trained for ledger in cell.ledgers)
        short = [f"{c.rung} ({c.arm}) {own:.2f}" for c in trained if (own := np.mean([*c.own().values()])) < PERFECT]
        if short:
            remarks.append(f"Below {PERFECT:g} of the ceiling on their own instances: {', '.join(short)}.")
        return tuple(remarks)
