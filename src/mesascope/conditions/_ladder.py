"""A ladder of games from tic-tac-toe upwards, and what is shown of it: all bits are shares of the ceiling."""

import dataclasses

import jax
import numpy as np

from ..findings import Chart, Field, Table
from ..lab import NUM_NOVEL, novel_set
from ..organisms import RULES, Minimax, Rules, rule_that_applies
from ..stats import difference_interval
from ..tasks import MazeMove, Mnk
from ..tasks.mnk import decisions
from .frame import BOUNDARIES, OWN_SHARE, Cells, Ledger, Measure, each, internal_if_deep, interval, of_ceiling, table

EASY, HARD = "tic-tac-toe", ("connect four on 5 x 4", "first move in a maze")
"""The claim's own game; and where internal bits must show: the hard end of the ladder, and mazes of like ceilings."""

RUNGS = {
    EASY: Mnk(),
    "three in a row on 3 x 4": Mnk(columns=4),
    "connect four on 4 x 4": Mnk(rows=4, columns=4, in_a_row=4, gravity=True),
    "connect four on 5 x 4": Mnk(rows=5, columns=4, in_a_row=4, gravity=True),
    "first move in a maze": MazeMove(rows=4, columns=4, min_distance=3),
}

THINKING, MINIMAX = "thinking", "minimax"
"""The network whose internal bits are the measure, and the planted player that the measure must see."""

PLAYERS = {MINIMAX: Minimax(), "quick minimax": Minimax(thinking=9, pace=1), "rules": Rules()}
"""Planted in tic-tac-toe."""

ASKED = {"win": (0,), "block": (1,), "anything else": tuple(range(2, len(RULES)))}
"""What a position of tic-tac-toe asks for -> numbers of the first rule that applies."""

SEEN = 3
"""Thoughts from which a gain is counted besides none: by then every cell has been told of the whole board."""


def internal_share(boundary: int) -> Measure:
    """Internal bits beyond a serial stage; of no network that ends there."""
    return of_ceiling(internal_if_deep(boundary, f"internal, depth {boundary}"))


def _gain(fewest: int, name: str) -> Measure:
    return of_ceiling(Measure(name, lambda ledger, runs: ledger.thinking_gain(fewest)))


def _view(ledger: Ledger) -> str:
    """What planted players do on novel instances is not tempered."""
    return "novel" if ledger.record.trial.known else "novel-tempered"


OWN = dataclasses.replace(OWN_SHARE, name="own", digits=3)
NOVEL = of_ceiling(Measure("novel", lambda ledger, runs: ledger.mean(_view(ledger))))
INTERNAL, GAIN, WHOLE_GAIN = internal_share(SEEN), _gain(SEEN, f"against {SEEN} thoughts"), _gain(0, "against none")
WHO = {"rung": lambda n: n.level, "arm": lambda n: n.arm}


def check_room(claim: str, rung: str, num_instances: int) -> None:
    """Raises where more instances are asked for than a game has beyond those held out."""
    task, held_out = RUNGS[rung], 2 * NUM_NOVEL
    if isinstance(task, Mnk) and num_instances > task.num_instances - held_out:
        raise ValueError(
            f"{claim}: {rung} has {task.num_instances:,} positions with something to decide, of which {held_out} are "
            f"held out: {num_instances:,} cannot be trained on; choose at most {task.num_instances - held_out:,} for "
            f"{'instances' if rung == EASY else 'instances and many'}."
        )


def arms_table(claim, cells: Cells) -> Table:
    """What every arm reaches on every rung, and what its serial stages compute."""
    depths = {measure.name: measure for measure in map(internal_share, BOUNDARIES)}
    columns = WHO | {
        "N": lambda n: None if n.arm in PLAYERS else n.trial.num_instances, "seeds": lambda n: len(n.by),
        "own": OWN, "novel": NOVEL, **depths,
        f"internal of each seed, depth {SEEN}": lambda n: each(n.by_seed(INTERNAL), 3) or None,
    }  # fmt: skip
    title = "Shares of the ceiling on own and novel instances, and internal bits as a share of it [95% interval]"
    return table("arms", title, cells, columns)


def thinking_table(claim, cells: Cells) -> Table:
    """What thoughts add to a network's own answer."""
    columns = WHO | {measure.name: measure for measure in (WHOLE_GAIN, GAIN)}
    columns[f"each seed, against {SEEN}"] = lambda n: each(n.by_seed(GAIN), 3)
    title = "Thinking gain on novel instances as a share of the ceiling: the own answer after all thoughts"
    return table("thinking", title, cells.of(*claim.arms), columns)


def games_table(claim, cells: Cells) -> Table:
    """What the rungs are, by their complete game trees, and how their ceilings compare."""
    ceilings = {runs.level: round(runs.ledgers[0].mean("novel-ceiling"), 3) for runs in cells}
    rows = tuple((rung, *_solved(rung), ceilings.get(rung)) for rung in claim.rungs)
    heads = "rung", "positions", "value for the first player", "decisions", "ceiling of the novel ones (bits)"
    return Table("games", "The rungs, by exact solution", heads, rows)


def _solved(rung: str) -> tuple[int, str, int] | tuple[None, None, None]:
    task = RUNGS[rung]
    if not isinstance(task, Mnk):
        return None, None, None
    tree = decisions(task.rows, task.columns, task.in_a_row, task.gravity)
    return tree.positions, {1: "win", 0: "draw", -1: "loss"}[tree.value], len(tree.own)


def rungs_table(claim, cells: Cells) -> Table:
    """How much more is computed on each harder rung than on the easy one, arm by arm."""
    rows = []
    for runs in (runs for runs in cells if runs.level != EASY):
        ones, others = ([*found.by_seed(INTERNAL).values()] for found in (runs, cells[runs.arm, EASY]))
        if min(len(ones), len(others)) > 1:
            rows.append((runs.arm, runs.level, interval(difference_interval(ones, others), 3)))
    heads = "arm", "rung", f"internal beyond depth {SEEN}, more than on {EASY}"
    title = "Shares of the ceiling, difference of means [95% interval, Welch]; looked at after the verdict"
    return Table("rungs", title, heads, tuple(rows))


def asked_table(claim, cells: Cells) -> Table:
    """What novel positions of tic-tac-toe ask for, by the first rule that applies, and what is made of them."""
    easy = [runs for runs in cells if runs.level == EASY]
    parts = _asked() if easy else {}
    rows = []
    for runs, (name, chosen) in ((runs, part) for runs in easy for part in parts.items()):
        tops = {g.seed: _sum(g.instances("novel-ceiling"), chosen) for g in runs.ledgers}
        novel = {g.seed: _sum(g.instances(_view(g)), chosen) / tops[g.seed] for g in runs.ledgers}
        inner = {g.seed: g.internal_by_instance(SEEN) for g in runs.ledgers}
        deep = {seed: _sum(bits, chosen) / tops[seed] for seed, bits in inner.items() if bits}
        first = runs.ledgers[0]
        part = tops[first.seed] / (first.mean("novel-ceiling") * sum(map(len, parts.values())))
        rows.append((runs.arm, name, len(chosen), round(float(part), 2), interval(novel, 3), interval(deep, 3)))
    shares = "share of all bits", "novel, of their ceiling", f"internal beyond depth {SEEN}, of their ceiling"
    title = "Novel positions of tic-tac-toe by the first rule that applies; looked at after the verdict"
    return Table("asked", title, ("arm", "what the position asks for", "positions", *shares), tuple(rows))


def _asked() -> dict[str, list[int]]:
    """Numbers of the novel positions by what they ask for."""
    seen = jax.vmap(RUNGS[EASY].observe)(novel_set(RUNGS[EASY]).instances)
    rules = np.asarray(jax.vmap(rule_that_applies)(seen))
    return {name: np.flatnonzero(np.isin(rules, numbers)).tolist() for name, numbers in ASKED.items()}


def _sum(by_instance: dict[int, float], chosen: list[int]) -> float:
    return float(np.sum([by_instance[i] for i in chosen]))


def stages_chart(claim, cells: Cells) -> Chart:
    """How much of the answer a read-out makes of each serial stage, trained and planted."""
    planted, trained = [n for n in cells if n.arm in PLAYERS], cells.of(THINKING)
    shown = [(n, "trained", n.level) for n in trained] + [(n, "planted, on tic-tac-toe", n.arm) for n in planted]
    rows = tuple(
        {"stage": stage, "share": bits / g.mean("novel-ceiling"), "who": who, "kind": kind, "seed": g.seed}
        for runs, kind, who in shown
        for g in runs.ledgers
        for stage, bits in g.stage_curve().items()
    )
    return Chart(
        "stages", "How much of the answer is there after each serial stage",
        "The share of the ceiling that a read-out of the frozen network makes of each serial stage, on novel "
        "instances: points are seeds, bands 95% intervals. Beside it the same for planted players of tic-tac-toe.",
        "curves", rows, Field("stage", "serial stage (thoughts)"), Field("share", "share of the ceiling"),
        Field("who", "who", "category"), facet=Field("kind", "kind", "category"),
    )  # fmt: skip
