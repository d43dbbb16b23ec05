"""Is there a game where heuristics cannot replace a tree search? The game of hashes, from the discussion."""

import dataclasses
from collections.abc import Iterator
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from .. import tasks
from ..base import PolicyGradient
from ..computations import HashSearch, HashValue
from ..findings import Chart, Field, Table
from ..lab import Computation, Training
from ..models import Feedforward, Tabular
from .frame import (
    NOVEL, AbstractClaim, AbstractPaired, Cell, Cells, Control, Least, Ledger, Measure, Plan, Runs, Threshold, bits,
    check_needed, check_seeds, each, grid, mean, table,
)  # fmt: skip

GAMES = {"first bit": {}, "eight bits": {"ones": 8}, "second of two": {"players": 2, "side": 2}}
"""Name of the game -> its settings. The first of two players is left out: hardly a string can be won, see `values`."""

SIDES = {
    **{game: GAMES[game] for game in ("first bit", "eight bits")},
    **{f"player {side} of two": {"players": 2, "side": side} for side in (1, 2)},
}
"""Games whose values are counted."""

LEARNED, ONE = "network, unlimited", "network, one string"
SHOWN, STORED = "network, answer shown", "table, one string"
LEARNERS = LEARNED, ONE, SHOWN, STORED
SEARCH, PERFECT = "search", "perfect play"

ENOUGH = 0.9
"""Of the way from the null to the ceiling: storing, search and the shown answer must go so far, learning must lack so
much."""


@dataclasses.dataclass(frozen=True)
class HashGame(AbstractClaim):
    """Do learned policies go any way towards what a tree search does, on strings they have not seen?

    One network, a perceptron on the current string, is applied at every node of the game. Primary measure: for each
    seed, the share of the way from the null to the ceiling, in bits on novel strings, that the network trained on
    unlimited strings lacks; of three games the least. There is no verdict unless on every game a table goes 0.9 of the
    way on the one string that it is trained on, the network does so on novel strings when each node shows the best
    letters, and a search of all turns does so: else nothing would follow from a failure to learn.
    """

    name: ClassVar[str] = "hash-game"
    section: ClassVar[str] = "discussion"
    claim: ClassVar[str] = (
        'Consider the following 2-player turn-based zero-sum game as an example for a task in which "heuristics" '
        "seemingly can't replace a tree search."
    )
    prediction: ClassVar[str] = (
        "on novel strings learned policies stay at the null and search reaches the ceiling; a table does for one string"
    )
    rule: ClassVar = Threshold(
        ENOUGH,
        "of the way from null to ceiling lacking",
        lambda effect: (
            f"The interval [{effect.low:.3f}, {effect.high:.3f}] of what is lacking is held against {ENOUGH:g}; "
            f"table, shown answer and search go at least {ENOUGH:g} of the way on every game."
        ),
    )
    knob: ClassVar = Field("game", "game", "category")
    unfinished: ClassVar[str] = "fewer than two seeds have finished every game"
    answers: ClassVar = {
        "supported": (
            "Yes, as far as this network shows. Trained on the game, it plays strings that it has never seen little "
            "better than chance, where a search of the tree plays them perfectly."
        ),
        "contradicted": (
            "No. In at least one of these games a trained network goes more than a tenth of the way from chance to "
            "perfect play, on strings that it has never seen, and it was given no search."
        ),
    }
    profiles: ClassVar = {
        "smoke": {"games": ("first bit",), "turns": 4, "seeds": 2, "steps": 24, "channels": 8},
        "quick": {"games": ("first bit", "eight bits"), "seeds": 2},
        "standard": {},
        "full": {"steps": 5000, "channels": 128, "depth": 8},
    }

    games: tuple[Literal["first bit", "eight bits", "second of two"], ...] = tuple(GAMES)
    turns: int = 10
    network: Feedforward = Feedforward(kind="convolution", width=1, depth=3, channels=32)
    base: PolicyGradient = PolicyGradient(steps=400, batch=16, learning_rate=0.01, lift=2.0)
    seeds: int = 5

    def __post_init__(self):
        check_needed(self, "games", set())
        check_seeds(self)
        # the task refuses numbers of turns that cannot be
        self._task(self.games[0])

    def plan(self) -> Plan:
        plan = {}
        for game in self.games:
            plan |= grid(LEARNERS, [game], self.seeds, self._trial)
            plan[Cell(SEARCH, game)] = {0: [Computation(HashSearch(self.turns, **GAMES[game]), 0)]}
        values = {name: Computation(HashValue(self.turns, **fields), 0) for name, fields in SIDES.items()}
        return plan | {Cell(PERFECT, name): {0: [value]} for name, value in values.items()}

    def _trial(self, arm: str, game: str, seed: int) -> Training:
        task, size = self._task(game, arm == SHOWN), 1 if arm in (ONE, STORED) else None
        if arm == STORED:
            return Training(task, Tabular(), dataclasses.replace(self.base, learning_rate=2.0), size, seed)
        return Training(task, self.network, self.base, size, seed)

    def _task(self, game: str, shown: bool = False) -> tasks.HashGame:
        return tasks.HashGame(turns=self.turns, show_answer=shown, **GAMES[game])

    def effect(self, boundary: int):
        return Least([Lack(game) for game in self.games])

    def _held(self, cells: Cells) -> Iterator[Control]:
        """Storing, search and the shown answer go nearly all of the way, on every game."""
        way, searches = way_of(cells), searched(cells)
        for game in self.games:
            reached = {arm: cells[arm, game].mean(way) for arm in (STORED, SHOWN)}
            reached[SEARCH] = searches[game].share if game in searches else np.nan
            for arm, value in reached.items():
                yield Control(f"The share of the way that “{arm}” goes on the game “{game}”", value, ENOUGH)

    def _arms(self, cells: Cells) -> Table:
        views = {"own bits": "own", "own ceiling": "own-ceiling"}
        views |= {"novel bits": "novel-tempered", "novel ceiling": "novel-ceiling"}
        way = way_of(cells)
        columns = {"game": lambda n: n.level, "arm": lambda n: n.arm, "seeds": lambda n: len(n.ledgers)}
        columns |= {head: mean(bits(view), 2) for head, view in views.items()}
        columns |= {way.name: mean(way, way.digits), "each seed": lambda n: each(n.by_seed(way), way.digits)}
        title = "Bits on own and novel strings; share of the way from null to ceiling"
        return table("arms", title, cells.of(*LEARNERS), columns)

    def _depths(self, cells: Cells) -> Table:
        searches = searched(cells)
        rows = [(n, *(round(game.bits[n], 3) for game in searches.values())) for n in range(self.turns + 1)]
        rows.append(("ceiling", *(round(game.ceiling, 3) for game in searches.values())))
        title = "Bits of perfect play in the last turns and random play before, on novel strings"
        return Table("search", title, ("turns searched", *searches), tuple(rows) if searches else ())

    def _values(self, cells: Cells) -> Table:
        """From how many random strings perfect play wins, by game and side."""
        won = {runs.level: runs.ledgers[0].record.metrics()["won"] for runs in cells.of(PERFECT)}
        rows = [(name, len(strings), round(100 * float(np.mean(strings)), 2)) for name, strings in won.items()]
        title = "Random strings from which perfect play wins"
        return Table("values", title, ("game", "strings", "won (%)"), tuple(rows))

    def _climb(self, cells: Cells) -> Chart:
        climbs = [(game, depth, of) for game, search in searched(cells).items() for depth, of in enumerate(search.bits)]
        learned = [(runs.level, depth, runs.mean(NOVEL)) for runs in cells.of(LEARNED) for depth in (0, self.turns)]
        lines, points = ([{"depth": d, "bits": b, "game": g} for g, d, b in part] for part in (learned, climbs))
        return Chart(
            "search", "Search climbs to the ceiling turn by turn; what was learned stays at the bottom",
            "Bits on novel strings: points and lines, perfect play in the last turns and random play before; dashed, "
            "the network trained on unlimited strings, mean over seeds.",
            "curves", tuple(point | {"seed": 0} for point in points), Field("depth", "turns searched"),
            Field("bits", "bits on novel strings"), self.knob, lines=tuple(lines),
        )  # fmt: skip

    controls: ClassVar = (_held,)
    shows: ClassVar = (_arms, _depths, _values, _climb)


class Search(NamedTuple):
    """What a tree search reaches on novel strings.

    Fields:
        bits: mean, by the number of last turns that are played perfectly.
        ceiling: mean of the best that can be.
    """

    bits: tuple[float, ...]
    ceiling: float

    @property
    def null(self) -> float:
        """Bits of the reference itself: a search of no turns."""
        return self.bits[0]

    @property
    def share(self) -> float:
        """How far from the null to the ceiling a search of all turns goes."""
        return (self.bits[-1] - self.null) / (self.ceiling - self.null)


def searched(cells: Cells) -> dict[str, Search]:
    """The finished searches by game."""
    found = {runs.level: runs.ledgers[0].record.metrics() for runs in cells.of(SEARCH)}
    return {game: Search(tuple(of["bits"].tolist()), float(of["ceiling"][0])) for game, of in found.items()}


def way_of(cells: Cells) -> Measure:
    """How far from the null to the ceiling a network goes: on its own string where it is trained on one, else on novel
    strings at the chosen temperature."""
    searches = searched(cells)

    def of(ledger: Ledger, runs: Runs) -> float | None:
        own = ledger.record.trial.num_instances is not None
        if not own and runs.level not in searches:
            return None
        found = ledger.mean("own" if own else "novel-tempered")
        top = ledger.mean("own-ceiling" if own else "novel-ceiling")
        # of a single string the null is what a coin of its own reference is worth: p log2(1 / p)
        null = top * 2**-top if own else searches[runs.level].null
        return (found - null) / (top - null)

    return Measure("share of the way", of, 3)


@dataclasses.dataclass(frozen=True)
class Lack(AbstractPaired):
    """How much of the way the network trained on unlimited strings lacks, by seed."""

    game: str

    def by_unit(self, cells):
        found = cells[LEARNED, self.game].by_seed(way_of(cells))
        return {seed: 1 - share for seed, share in found.items()}

    def terms(self):
        # a share of shares
        return None
