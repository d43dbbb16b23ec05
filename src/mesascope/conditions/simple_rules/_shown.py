"""The tables and the chart of a finding."""

import jax
import numpy as np
from scipy.stats import ttest_ind

from ...findings import Chart, Field, Table
from ...lab import novel_set
from ...organisms import RULES, rule_that_applies
from ...stats import mean_interval
from ...tasks import AbstractTask, Mnk
from ...tasks.mnk import decisions
from ..diversity import BOUNDARIES
from ._cells import SEEN, Cell


def share_text(values: dict[int, float]) -> str:
    """`mean [low, high]` over seeds; the mean alone for one."""
    estimate = mean_interval(np.array(list(values.values())))
    # adding 0 makes 0 of -0
    mean, low, high = (round(float(value), 3) + 0.0 for value in estimate)
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]" if len(values) > 1 else f"{mean:.3f}"


def arms_table(cells: list[Cell]) -> Table:
    """What every arm reaches on every rung, and what its serial stages compute."""
    heads = (
        "rung",
        "arm",
        "N",
        "seeds",
        "own",
        "novel",
        *(f"internal, depth {boundary}" for boundary in BOUNDARIES),
        "internal of each seed, depth 3",
    )
    rows = [
        (
            cell.rung,
            cell.arm,
            None if cell.planted else cell.trial.num_instances,
            len(cell.ledgers),
            share_text(cell.own()),
            share_text(cell.novel()),
            *(share_text(cell.internal(boundary)) if cell.depth > boundary else None for boundary in BOUNDARIES),
            _each(cell.internal(3)) if cell.depth > 3 else None,
        )
        for cell in cells
    ]
    title = "Shares of the ceiling on own and novel instances, and internal bits as a share of it [95% interval]"
    return Table("arms", title, heads, tuple(rows))


def asked_table(task: AbstractTask, cells: list[Cell]) -> Table:
    """What novel positions of tic-tac-toe ask for, by the first rule that applies, and what is made of them."""
    seen = jax.vmap(task.observe)(novel_set(task).instances)
    rules = np.asarray(jax.vmap(rule_that_applies)(seen))
    names = {"win": (0,), "block": (1,), "anything else": tuple(range(2, len(RULES)))}
    rows = []
    for cell in cells:
        for name, numbers in names.items():
            chosen = np.flatnonzero(np.isin(rules, numbers)).tolist()
            view = "novel" if cell.planted else "novel-tempered"
            ceiling = {g.seed: _sum(g.instances("novel-ceiling"), chosen) for g in cell.ledgers}
            novel = {g.seed: _sum(g.instances(view), chosen) / ceiling[g.seed] for g in cell.ledgers}
            deep = cell.depth > SEEN
            internal = {
                g.seed: _sum(g.internal_by_instance(SEEN), chosen) / ceiling[g.seed] for g in cell.ledgers if deep
            }
            share = ceiling[cell.ledgers[0].seed] / (cell.ceiling * len(rules))
            rows.append(
                (
                    cell.arm,
                    name,
                    len(chosen),
                    round(float(share), 2),
                    share_text(novel),
                    share_text(internal) if internal else None,
                )
            )
    heads = (
        "arm",
        "what the position asks for",
        "positions",
        "share of all bits",
        "novel, of their ceiling",
        f"internal beyond depth {SEEN}, of their ceiling",
    )
    title = "Novel positions of tic-tac-toe by the first rule that applies; looked at after the verdict"
    return Table("asked", title, heads, tuple(rows))


def _sum(by_instance: dict[int, float], chosen: list[int]) -> float:
    return float(np.sum([by_instance[i] for i in chosen]))


def rungs_table(cells: dict[tuple[str, str], Cell], easy: str) -> Table:
    """How much more is computed on each harder rung than on the easy one, arm by arm."""
    rows = []
    for (rung, arm), cell in cells.items():
        plain = cells.get((easy, arm))
        if rung != easy and plain and min(len(cell.ledgers), len(plain.ledgers)) > 1 and cell.depth > SEEN:
            more = ttest_ind([*cell.internal(SEEN).values()], [*plain.internal(SEEN).values()], equal_var=False)
            limits = more.confidence_interval()
            value = np.mean([*cell.internal(SEEN).values()]) - np.mean([*plain.internal(SEEN).values()])
            rows.append((arm, rung, f"{value:.3f} [{limits.low:.3f}, {limits.high:.3f}]"))
    heads = "arm", "rung", f"internal beyond depth {SEEN}, more than on {easy}"
    title = "Shares of the ceiling, difference of means [95% interval, Welch]; looked at after the verdict"
    return Table("rungs", title, heads, tuple(rows))


def thinking_table(cells: list[Cell]) -> Table:
    """What thoughts add to a network's own answer."""
    heads = ("rung", "arm", "against none", f"against {SEEN} thoughts", f"each seed, against {SEEN}")
    rows = [
        (
            cell.rung,
            cell.arm,
            share_text(cell.thinking_gain(0)),
            share_text(cell.thinking_gain(SEEN)),
            _each(cell.thinking_gain(SEEN)),
        )
        for cell in cells
    ]
    title = "Thinking gain on novel instances as a share of the ceiling: the own answer after all thoughts"
    return Table("thinking", title, heads, tuple(rows))


def games_table(tasks: dict[str, AbstractTask], cells: list[Cell]) -> Table:
    """What the rungs are, by their complete game trees, and how their ceilings compare."""
    ceilings = {cell.rung: cell.ceiling for cell in cells}
    heads = ("rung", "positions", "value for the first player", "decisions", "ceiling of the novel ones (bits)")
    rows = []
    for name, task in tasks.items():
        if isinstance(task, Mnk):
            solved = decisions(task.rows, task.columns, task.in_a_row, task.gravity)
            known = (solved.positions, {1: "win", 0: "draw", -1: "loss"}[solved.value], len(solved.own))
        else:
            known = (None, None, None)
        rows.append((name, *known, round(ceilings[name], 3) if name in ceilings else None))
    return Table("games", "The rungs, by exact solution", heads, tuple(rows))


def stages_chart(cells: list[Cell]) -> Chart:
    """Shares of the ceiling over serial stages, trained and planted."""
    rows = [
        {"stage": stage, "share": share, "who": _who(cell), "kind": _kind(cell), "seed": seed}
        for cell in cells
        for seed, stage, share in cell.stages()
    ]
    return Chart(
        "stages",
        "How much of the answer is there after each serial stage",
        "The share of the ceiling that a read-out of the frozen network makes of each serial stage, on novel "
        "instances: points are seeds, bands 95% intervals. Beside it the same for planted players of tic-tac-toe.",
        "curves",
        tuple(rows),
        Field("stage", "serial stage (thoughts)"),
        Field("share", "share of the ceiling"),
        Field("who", "who", "category"),
        facet=Field("kind", "kind", "category"),
    )


def _who(cell: Cell) -> str:
    return cell.arm if cell.planted else cell.rung


def _kind(cell: Cell) -> str:
    return "planted, on tic-tac-toe" if cell.planted else "trained"


def _each(values: dict[int, float]) -> str:
    return ", ".join(f"{round(value, 3) + 0.0:.3f}" for value in values.values())
