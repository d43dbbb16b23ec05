"""Can heuristics replace a tree search? The game of hashes, from the discussion."""

import dataclasses
from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from ..base import BASES
from ..findings import Chart, Field, Finding, Table
from ..lab import Store, Training, novel
from ..models import MODELS
from ..outcomes import Estimate
from ..power import ceiling, references, score
from ..stats import mean_interval
from ..tasks import TASKS, HashGame
from ._base import AbstractCondition
from ._ledger import Ledger, diverged

GAMES = {
    "first bit": {},
    "eight bits": {"ones": 8},
    "second of two": {"players": 2, "side": 2},
}
"""Name of the game -> its settings. The first of two players is left out: hardly a string can be won, see `values`."""

STORED, SHOWN = "table, one string", "network, answer shown"
PRIMARY = "network, unlimited"
ONE = "network, one string"
ENOUGH = 0.9
"""Of the way from the null to the ceiling: storing, search and the shown answer must go so far, learning must lack so
much."""

VIEWS = ("own", "own-ceiling", "novel-tempered", "novel-ceiling")

SURE = 50.0
"""Logit of a move that is made for certain."""

NUM_VALUES = 1024
"""Random strings on which the values of the games are counted."""


@dataclasses.dataclass(frozen=True)
class Hashes(AbstractCondition):
    """Do learned policies go any way towards what a tree search does, on strings they have not seen?

    One network, a perceptron on the current string, is applied at every node of the game. Primary measure: for each
    seed, the share of the way from the null to the ceiling, in bits on novel strings, that the network trained on
    unlimited strings lacks; of three games the least. The interval is Student's over seeds. Above 0.9 the claim is
    supported, below 0.9 contradicted. There is no verdict unless on every game a table goes 0.9 of the way on the one
    string that it is trained on, the network does so on novel strings when each node shows the best letters, and a
    search of all turns does so: else nothing would follow from a failure to learn.
    """

    section: ClassVar[str] = "discussion"
    claim: ClassVar[str] = (
        'Consider the following 2-player turn-based zero-sum game as an example for a task in which "heuristics" '
        "seemingly can't replace a tree search."
    )
    prediction: ClassVar[str] = (
        "on novel strings learned policies stay at the null and search reaches the ceiling; a table does for one string"
    )
    unit: ClassVar[str] = "of the way from null to ceiling lacking"
    smallest_effect: ClassVar[float] = ENOUGH
    profiles: ClassVar = {
        "smoke": {"games": ("first bit",), "turns": 4, "seeds": 2, "steps": 24, "channels": 8},
        "quick": {"games": ("first bit", "eight bits"), "seeds": 2},
        "standard": {},
        "full": {"steps": 5000, "channels": 128, "depth": 8},
    }

    games: tuple[Literal["first bit", "eight bits", "second of two"], ...] = tuple(GAMES)
    turns: int = 10
    seeds: int = 5
    steps: int = 400
    batch: int = 16
    depth: int = 3
    channels: int = 32
    learning_rate: float = 0.01

    def __post_init__(self):
        if not self.games or len(set(self.games)) < len(self.games):
            raise ValueError(f"hash-game: games={self.games} should be one or more different games.")
        if self.seeds < 1:
            raise ValueError(f"hash-game: seeds={self.seeds}: at least one seed is needed.")

    def sweep(self) -> list[Training]:
        return [trial for game in self.games for arm in self.arms(game).values() for trial in arm]

    def task(self, game: str, shown: bool = False) -> HashGame:
        """A game, or its answer-shown twin."""
        return TASKS.build("hash-game", {"turns": self.turns, "show_answer": shown, **GAMES[game]})

    def arms(self, game: str) -> dict[str, list[Training]]:
        """The trials of each arm of a game, one a seed."""
        network = MODELS.build(
            "feedforward",
            {"kind": "convolution", "width": 1, "depth": self.depth, "channels": self.channels},
        )
        kinds = {
            PRIMARY: (network, self.learning_rate, None, False),
            ONE: (network, self.learning_rate, 1, False),
            SHOWN: (network, self.learning_rate, None, True),
            STORED: (MODELS.build("tabular", {}), 2.0, 1, False),
        }
        return {
            arm: [Training(self.task(game, shown), model, self._base(rate), size, seed) for seed in range(self.seeds)]
            for arm, (model, rate, size, shown) in kinds.items()
        }

    def _base(self, rate: float):
        rates = {"steps": self.steps, "batch": self.batch, "learning_rate": rate, "lift": 2.0}
        return BASES.build("policy-gradient", rates)

    def analyse(self, store: Store) -> Finding:
        games = [_Game(self, game, store) for game in self.games]
        effect = self._effect(games)
        outcome, reason = self._judge(games, effect)
        return self.finding(
            "hash-game",
            effect,
            outcome,
            reason,
            self._remarks(games),
            (_arms_table(games), _search_table(games), self._values_table()),
            (_chart(games),),
        )

    def _effect(self, games: list["_Game"]) -> Estimate | None:
        """The least lack over the games, for the seeds that have all of them; None for fewer than two."""
        lacks = [{seed: 1 - share for seed, share in game.shares(PRIMARY).items()} for game in games]
        seeds = sorted(set.intersection(*(set(lack) for lack in lacks)))
        return mean_interval(np.array([min(lack[s] for lack in lacks) for s in seeds])) if len(seeds) > 1 else None

    def _judge(self, games: list["_Game"], effect: Estimate | None):
        if effect is None:
            return None, "No verdict yet: fewer than two seeds have finished every game."
        for game in games:
            reached = {"search": game.search_share(self.turns)}
            reached |= {arm: np.mean([*game.shares(arm).values()] or [np.nan]) for arm in (STORED, SHOWN)}
            short = [f"{name} {share:.2f}" for name, share in reached.items() if not share >= ENOUGH]
            if short:
                return "inconclusive", (
                    f"On the game “{game.name}” not all controls go {ENOUGH:g} of the way: {', '.join(short)}; a "
                    "failure to learn would show nothing."
                )
        if effect.low > ENOUGH:
            outcome = "supported"
        else:
            outcome = "contradicted" if effect.high < ENOUGH else "inconclusive"
        return outcome, (
            f"The interval [{effect.low:.3f}, {effect.high:.3f}] of what is lacking is held against {ENOUGH:g}; "
            f"table, shown answer and search go at least {ENOUGH:g} of the way on every game."
        )

    def _remarks(self, games: list["_Game"]) -> tuple[str, ...]:
        return tuple(diverged(ledger for game in games for arm in game.arms.values() for ledger in arm))

    def _values_table(self) -> Table:
        """From how many random strings perfect play wins, by game and side."""
        kinds = {"first bit": {}, "eight bits": {"ones": 8}}
        kinds |= {f"player {side} of two": {"players": 2, "side": side} for side in (1, 2)}
        rows = []
        for name, values in kinds.items():
            share = _winnable(TASKS.build("hash-game", {"turns": self.turns, **values}))
            rows.append((name, NUM_VALUES, round(100 * share, 2)))
        return Table(
            "values", "Random strings from which perfect play wins", ("game", "strings", "won (%)"), tuple(rows)
        )


class _Game:
    """What was measured on one game."""

    def __init__(self, condition: Hashes, name: str, store: Store):
        self.name, self.task = name, condition.task(name)
        self.arms = {
            arm: [Ledger(record) for record in store.records(trials)] for arm, trials in condition.arms(name).items()
        }
        instances = novel(self.task)
        tails = references(self.task, instances)
        best = np.asarray(jax.lax.map(self.task.best, instances))
        level = np.floor(np.log2(np.arange(1, best.shape[1] + 1)))
        self.ceiling = float(np.mean(ceiling(self.task, instances, tails).bits))
        self.search = []
        for depth in range(condition.turns + 1):
            seen = (condition.turns - level <= depth)[None, :, None]
            logits = np.where(seen & ~best, -SURE, 0.0)[:, :, None].astype(np.float32)
            self.search.append(float(np.mean(score(self.task, instances, tails, logits).bits)))

    @property
    def null(self) -> float:
        """Bits of the reference itself: a search of no turns."""
        return self.search[0]

    def search_share(self, depth: int) -> float:
        """How far a search of so many turns goes."""
        return (self.search[depth] - self.null) / (self.ceiling - self.null)

    def shares(self, arm: str) -> dict[int, float]:
        """How far each seed goes from the null to the ceiling: on its own string where it is trained on one, else on
        novel strings at the chosen temperature."""
        found = {}
        for ledger in self.arms[arm]:
            own = ledger.record.trial.num_instances is not None
            bits = ledger.mean("own" if own else "novel-tempered")
            top = ledger.mean("own-ceiling" if own else "novel-ceiling")
            # of a single string the null is what a coin of its own reference is worth: p log2(1 / p)
            null = top * 2**-top if own else self.null
            found[ledger.seed] = (bits - null) / (top - null)
        return found


def _winnable(task: HashGame) -> float:
    """The share of random strings from which the agent can win."""
    starts = jr.bits(jr.key(0), (NUM_VALUES, 32), jnp.uint8)
    won = jax.lax.map(lambda s: task.optimum(task.grown(s), jnp.float32).weight[1], starts, batch_size=64)
    return float(jnp.mean(won))


def _arms_table(games: list[_Game]) -> Table:
    rows = []
    for game in games:
        for arm, ledgers in game.arms.items():
            if not ledgers:
                continue
            means = [round(float(np.mean([x.mean(view) for x in ledgers])), 2) for view in VIEWS]
            share = game.shares(arm)
            each = ", ".join(f"{value:.3f}" for value in share.values())
            rows.append((game.name, arm, len(ledgers), *means, round(float(np.mean([*share.values()])), 3), each))
    heads = (
        "game",
        "arm",
        "seeds",
        "own bits",
        "own ceiling",
        "novel bits",
        "novel ceiling",
        "share of the way",
        "each seed",
    )
    return Table("arms", "Bits on own and novel strings; share of the way from null to ceiling", heads, tuple(rows))


def _search_table(games: list[_Game]) -> Table:
    depths = range(len(games[0].search))
    rows = [(depth, *(round(game.search[depth], 3) for game in games)) for depth in depths]
    rows.append(("ceiling", *(round(game.ceiling, 3) for game in games)))
    title = "Bits of perfect play in the last turns and random play before, on novel strings"
    return Table("search", title, ("turns searched", *(game.name for game in games)), tuple(rows))


def _chart(games: list[_Game]) -> Chart:
    searched = [
        {"depth": depth, "bits": bits, "game": game.name, "seed": 0}
        for game in games
        for depth, bits in enumerate(game.search)
    ]
    means = {
        game: np.mean([x.mean("novel-tempered") for x in game.arms[PRIMARY]]) for game in games if game.arms[PRIMARY]
    }
    learned = [
        {"depth": depth, "bits": float(mean), "game": game.name}
        for game, mean in means.items()
        for depth in (0, len(game.search) - 1)
    ]
    return Chart(
        "search",
        "Search climbs to the ceiling turn by turn; what was learned stays at the bottom",
        "Bits on novel strings: points and lines, perfect play in the last turns and random play before; dashed, the "
        "network trained on unlimited strings, mean over seeds.",
        "curves",
        tuple(searched),
        Field("depth", "turns searched"),
        Field("bits", "bits on novel strings"),
        Field("game", "game", "category"),
        lines=tuple(learned),
    )
