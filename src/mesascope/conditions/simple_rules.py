"""Does a task that simple rules solve perfectly do without computation at run time? (section 2.1)"""

import dataclasses
from typing import ClassVar, Literal

from ..base import PolicyGradient
from ..findings import Field
from ..lab import Planted, Training
from ..models import Feedforward, Gridloop
from ._ladder import (
    EASY, HARD, INTERNAL, MINIMAX, OWN, PLAYERS, RUNGS, THINKING, arms_table, asked_table, check_room, games_table,
    internal_share, rungs_table, stages_chart, thinking_table,
)  # fmt: skip
from .frame import (
    BOUNDARIES, AbstractClaim, AbstractRule, At, Cell, Cells, Control, Judged, Plan, check_needed, check_seeds,
    check_thinks, grid, number,
)  # fmt: skip

AS_FEW, DEEP, SHALLOW, FRESH = "thinking on few", "deep", "shallow", "untrained"
"""The network with thoughts on no more instances than tic-tac-toe has; a deep and a shallow one without a knob; the
first as it is drawn."""

PERFECT = 0.95
"""Of the ceiling on own instances: perfect play, as far as a softmax goes."""


@dataclasses.dataclass(frozen=True)
class BelowAtAll(AbstractRule):
    """Wholly below a share at every depth, where by the same recipe a harder rung is above it."""

    boundaries: ClassVar = BOUNDARIES

    smallest_effect: float = 0.1
    unit: str = "of the ceiling computed beyond stage 3"

    def judge(self, effects, cells=None):
        if (MINIMAX, EASY) not in cells:
            return Judged(None, "No verdict yet: no planted player is finished.")
        limit = self.smallest_effect
        found = ", ".join(f"[{number(e.low, 3)}, {number(e.high, 3)}] at depth {b}" for b, e in effects.items())
        said = f"Internal bits of perfect tic-tac-toe as a share of the ceiling: {found}; held against {limit:g}"
        if all(effect.low > limit for effect in effects.values()):
            return Judged("contradicted", f"{said}.")
        if not all(effect.high < limit for effect in effects.values()):
            return Judged("inconclusive", f"{said}, not all of them wholly on one side of it.")
        harder = {rung: At(THINKING, INTERNAL, rung).estimate(cells) for rung in HARD}
        above = ", ".join(rung for rung, effect in harder.items() if effect and effect.low > limit)
        if not above:
            said = f"{said}; but on no harder rung do they exceed it: the measure might see nothing."
            return Judged("inconclusive", said)
        return Judged("supported", f"{said}; above it by the same recipe: {above}.")

    def p_value(self, found, p):
        return p(self.smallest_effect, found == "contradicted")

    @property
    def words(self) -> str:
        return (
            f"Supported where the whole 95% interval lies below {self.smallest_effect:g} {self.unit}, and above it on "
            f"{' or '.join(HARD)}; contradicted where it lies above; the same with reflexes ending at serial depth "
            f"{', '.join(map(str, BOUNDARIES))}; else inconclusive."
        )


@dataclasses.dataclass(frozen=True)
class SimpleRules(AbstractClaim):
    """Is nothing computed at run time where a few rules suffice?

    One instance is a position in which some but not all moves keep the game value. One network with thoughts is trained
    by one recipe on tic-tac-toe, on all positions that are not held out, and on a ladder of harder games and mazes.
    Primary measure: for each seed, internal bits on novel positions of tic-tac-toe (read-outs after the last thought
    against after the third) as a share of the ceiling. The interval is Student's over seeds.

    There is no verdict unless the network plays tic-tac-toe perfectly (0.95 of the ceiling on its own positions, mean
    over seeds) and a planted minimax player's share on the same novel positions is above 0.1 at every boundary. For
    support, moreover, the same network by the same recipe must have a share above 0.1 (lower limit, boundary 3) on
    connect four or on the mazes: else the measure might see nothing anywhere. That network need not be perfect there,
    since what is not learned can only lower the share.

    Fields:
        instances: N on tic-tac-toe; all that are not held out unless fewer are asked for.
        many: N on the other rungs.
        depth: layers of the deep network, which is as wide as the one with thoughts.
    """

    name: ClassVar[str] = "simple-rules"
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
    rule: ClassVar = BelowAtAll()
    unfinished: ClassVar[str] = "fewer than two seeds of tic-tac-toe are finished"
    answers: ClassVar = {
        "supported": (
            "Yes. A network that plays tic-tac-toe perfectly computes next to nothing beyond its first serial stages. "
            "On a harder rung the same recipe makes one that does."
        ),
        "contradicted": (
            "No. Though rules would do, a network that plays tic-tac-toe perfectly computes beyond its first serial "
            "stages."
        ),
    }
    knob: ClassVar[Field] = Field("rung", "rung", "category")
    views: ClassVar[tuple[str, ...]] = ("novel-ceiling", "novel", "novel-tempered", "readout")
    profiles: ClassVar = {
        "smoke": {
            "rungs": (EASY,), "arms": (THINKING,), "players": (), "seeds": 2, "steps": 12, "channels": 6,
            "thinking": 6, "width": 3,
        },
        "quick": {"rungs": (EASY, "connect four on 5 x 4"), "arms": (THINKING, SHALLOW), "seeds": 2},
        "standard": {},
        "full": {"rungs": tuple(RUNGS), "steps": 6400, "channels": 32, "thinking": 16, "many": 32_768},
    }  # fmt: skip

    rungs: tuple[Literal[*RUNGS], ...] = (EASY, "three in a row on 3 x 4", *HARD)
    arms: tuple[Literal[THINKING, AS_FEW, DEEP, SHALLOW, FRESH], ...] = (THINKING, AS_FEW, DEEP, SHALLOW, FRESH)
    players: tuple[Literal[*PLAYERS], ...] = tuple(PLAYERS)
    network: Gridloop = Gridloop(channels=16, thinking=8, width=5)
    base: PolicyGradient = PolicyGradient(steps=1600, learning_rate=0.01, lift=2.0)
    instances: int = 2679
    many: int = 16_384
    seeds: int = 5
    depth: int = 8

    def __post_init__(self):
        check_needed(self, "rungs", {EASY})
        check_needed(self, "arms", {THINKING})
        check_needed(self, "players", set(), least=0)
        check_seeds(self)
        check_thinks(self)
        for cell, trials in self.plan().items():
            check_room(self.name, cell.level, trials[0][0].num_instances)

    def plan(self) -> Plan:
        plan = {}
        for rung in self.rungs:
            # on tic-tac-toe there are no more than those few
            arms = [arm for arm in self.arms if (arm, rung) != (AS_FEW, EASY)]
            plan |= grid(arms, [rung], self.seeds, self._trial)
        return plan | {Cell(name, EASY): {0: [Planted(RUNGS[EASY], PLAYERS[name], 256, 0)]} for name in self.players}

    def _trial(self, arm: str, rung: str, seed: int) -> Training:
        model, depth = self.network, {DEEP: self.depth, SHALLOW: 3}.get(arm)
        if depth:
            model = Feedforward(kind="convolution", depth=depth, channels=model.channels, width=model.width)
        base = dataclasses.replace(self.base, steps=0) if arm == FRESH else self.base
        return Training(RUNGS[rung], model, base, self.instances if rung == EASY or arm == AS_FEW else self.many, seed)

    def effect(self, boundary: int):
        return At(THINKING, internal_share(boundary), EASY)

    def _held(self, cells: Cells) -> list[Control]:
        own, player = cells[THINKING, EASY].mean(OWN), cells[MINIMAX, EASY]
        shares = {boundary: player.mean(internal_share(boundary)) for boundary in BOUNDARIES} if player.ledgers else {}
        said = "The internal share of the planted minimax player"
        seen = [Control(f"{said} at depth {b}", share, self.rule.smallest_effect) for b, share in shares.items()]
        return [Control("The share of the ceiling on own positions of tic-tac-toe", own, PERFECT), *seen]

    def _imperfect(self, cells: Cells) -> list[str]:
        owns = {f"{n.level} ({n.arm})": n.mean(OWN) for n in cells.of(*self.arms) if n.arm != FRESH}
        short = [f"{who} {own:.2f}" for who, own in owns.items() if own < PERFECT]
        return [f"Below {PERFECT:g} of the ceiling on their own instances: {', '.join(short)}."] if short else []

    controls: ClassVar = (_held,)
    remarks: ClassVar = (_imperfect,)
    shows: ClassVar = (arms_table, thinking_table, games_table, rungs_table, asked_table, stages_chart)
