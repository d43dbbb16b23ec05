"""The rows of one instance: plain draws of the reference, and splitting where they do not reach."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..outcomes import Outcomes
from ..power import SplitTail, sampled_tail, split_tail
from ._arena import Arena
from ._measurement import Row, row_of
from ._replay import ReplaySource
from ._ties import Rounding, joined
from ._world import Episode

ENOUGH = 10
"""Reference draws that must do as well as the policy before plain draws are trusted."""

REPLICATES = 10
"""Independent repetitions of splitting."""

ENOUGH_REPLICATES = 5
"""Replicates of splitting that must reach the policy's utility before their spread is trusted."""


class Found(NamedTuple):
    """What was measured on one instance.

    Fields:
        rows: one for each amount of thinking.
        utilities: all that were seen.
        flat: whether splitting was wanted but left out, since the score cannot rise to the agent's utility.
    """

    rows: list[Row]
    utilities: set[float]
    flat: bool


Share = Callable[[float], None]
"""Is told which share of the instance is done."""


def measured_instance(arena: Arena, seed: int, progress: Share) -> Found:
    """The rows of one reset seed.

    Whether to split is decided by the plain draws. Once it is, the estimate of splitting is the one that is reported;
    only where splitting does not reach the agent's utility, the independent draws of both are counted together.

    Args:
        arena: who plays where.
        seed: of the instance.
        progress: is told which share is done.

    Raises:
        ValueError: splitting was asked for, plain draws do not reach, and the score cannot rise.
    """
    plan = arena.plan
    played = {depth: arena.policy_episodes(seed, depth) for depth in plan.thinking or (None,)}
    draws, rounding = _draws(arena, seed, progress)
    if plan.tolerance is None:
        own = (episode.rounding for episodes in played.values() for episode in episodes)
        tolerance = joined([rounding, *own]).tolerance
    else:
        tolerance = float(plan.tolerance)
    rows = {depth: _counted(arena, seed, depth, episodes, draws, tolerance) for depth, episodes in played.items()}
    rare = {depth: played[depth] for depth, row in rows.items() if _wants_splitting(arena, row)}
    flat = bool(rare) and not _score_rises(rare)
    seen = {episode.utility for episodes in played.values() for episode in episodes} | set(draws.tolist())
    if flat and plan.method == "splitting" and any(rows[depth].matched < ENOUGH for depth in rare):
        raise ValueError(
            f"{arena.world.name}: splitting needs a score that rises, and on seed {seed} this score is at its highest "
            "when the episode begins, as a return is that only costs, so that it cannot rise to the agent's utility; "
            "give `score(env)` (--score), such as progress towards the goal."
        )
    if rare and not flat:
        split, drawn = _split_rows(arena, seed, rare, draws, tolerance, progress)
        rows |= split
        seen |= drawn
    return Found(list(rows.values()), seen, flat)


def _draws(arena: Arena, seed: int, progress: Share) -> tuple[np.ndarray, Rounding]:
    """Utilities of plain reference episodes, and how they are rounded."""
    choose = arena.actions.chooser(np.random.default_rng([arena.plan.seed, seed, 0]))
    utilities, roundings = [], []
    for number in range(arena.plan.draws):
        episode = arena.reference.play(seed, choose, scored=False)
        utilities.append(episode.utility)
        roundings.append(episode.rounding)
        progress(number / arena.plan.draws / 2)
    return np.array(utilities), joined(roundings)


def _wants_splitting(arena: Arena, row: Row) -> bool:
    if arena.plan.method == "auto":
        return row.matched < ENOUGH and not arena.fault
    return arena.plan.method == "splitting"


def _counted(
    arena: Arena, seed: int, thinking: int | None, episodes: list[Episode], draws: np.ndarray, tolerance: float
) -> Row:
    """The row by counting independent draws of the reference."""
    utilities = _utilities(episodes)
    reference = Outcomes(draws, np.full(len(draws), 1 / len(draws)), exact=False)
    matched = int(np.sum(draws >= np.max(utilities) - tolerance))
    return row_of(
        seed, arena.agent.name, utilities, sampled_tail(draws), reference, method="monte-carlo", ties=arena.plan.ties,
        draws=len(draws), matched=matched, thinking=thinking, tolerance=tolerance,
    )  # fmt: skip


def _score_rises(played: dict[int | None, list[Episode]]) -> bool:
    """Whether the best score on the agent's own way is above the score at its first step."""
    return any(max(episode.scores) > episode.scores[0] for episodes in played.values() for episode in episodes)


def _split_rows(
    arena: Arena, seed: int, played, draws: np.ndarray, tolerance: float, progress: Share
) -> tuple[dict, set[float]]:
    """Rows by splitting, and the utilities of its first generations.

    The first generation of each replicate is drawn like the plain draws. Where splitting misses an outcome of the agent
    they are pooled and counted, with exact limits: mostly a lower bound.
    """
    plan, begun = arena.plan, []

    def heard():
        begun.append(None)
        progress(0.5 + (len(begun) - 1) / 20)

    source = ReplaySource(arena.reference, arena.actions, seed, heard)
    # beyond the best score on the policy's own way there is nothing to be found
    target = max(max(episode.scores) for episodes in played.values() for episode in episodes)
    tail = split_tail(source, target, np.random.default_rng([plan.seed, seed, 2]), plan.particles, REPLICATES)
    pool = np.concatenate([draws, source.independent])
    rows = {}
    for depth, episodes in played.items():
        utilities = _utilities(episodes)
        row = row_of(
            seed, arena.agent.name, utilities, tail, _atoms(tail), method="splitting", ties=plan.ties,
            draws=source.played, matched=_num_reaching(tail, np.max(utilities) - tolerance), thinking=depth,
            tolerance=tolerance,
        )  # fmt: skip
        rows[depth] = _counted(arena, seed, depth, episodes, pool, tolerance) if row.bits is None else row
    return rows, set(source.independent)


def _utilities(episodes: list[Episode]) -> np.ndarray:
    return np.array([episode.utility for episode in episodes])


def _num_reaching(tail: SplitTail, utility: float) -> int:
    """Number of replicates in which the reference did as well."""
    return int(np.sum(np.any((np.asarray(tail.utility) >= utility) & (np.asarray(tail.weight) > 0), axis=1)))


def _atoms(tail: SplitTail) -> Outcomes:
    """The reference's outcomes of all replicates together."""
    weight = np.asarray(tail.weight, float)
    held = weight > 0
    return Outcomes(np.asarray(tail.utility, float)[held], weight[held] / len(weight), exact=False)
