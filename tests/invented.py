"""Records without training, in which a claim's effect is whatever a test asks for."""

import functools
import pathlib

import numpy as np

from mesascope.conditions.frame import AbstractClaim, Cell, Cells
from mesascope.lab import MEASURE_VERSION, SIBLINGS, AbstractRecords, Trial, checkpoint_steps, describe, trial_id

CEILING = 20.0
REFLEX = 2.0
"""Bits that read-outs make of every stage up to the last reflex; the run-time part comes on top of them."""


class Invented(AbstractRecords):
    """Records of networks of which one number is invented: the bits that they compute at run time.

    Args:
        run_time: trial -> bits between 0 and 16; trials that are left out are not finished.
        own: share of the ceiling on own instances.
    """

    path = pathlib.Path("invented")

    def __init__(self, run_time: dict[Trial, float], own: float = 0.98):
        self.run_time = run_time
        self.own = own

    def __contains__(self, trial: Trial) -> bool:
        return trial in self.run_time

    def all_trials(self) -> list[Trial]:
        return [*self.run_time]

    def metrics(self, trial: Trial) -> dict[str, np.ndarray]:
        # an invented record has means alone
        return {"view": np.array([])}

    def values(self, trial: Trial) -> dict:
        return {
            "id": trial_id(trial),
            "status": "finished",
            "trial": describe(trial),
            "steps": trial.steps,
            "parameters": 1000,
            "power_bits": None,
            "summary": self._summary(trial),
            "measure_version": MEASURE_VERSION,
            "versions": {},
            "host": "",
            "seconds": {"train": 1.0, "measure": 1.0},
        }

    def _summary(self, trial: Trial) -> list[dict]:
        reached = REFLEX + self.run_time[trial]
        rows = []
        for step in checkpoint_steps(trial.steps):
            grown = REFLEX + self.run_time[trial] * (step / max(trial.steps, 1))
            rows += [
                ("own", step, 0, self.own * CEILING),
                ("novel", step, 0, grown),
                ("novel-tempered", step, 0, grown),
            ]
            rows += [("sibling", step, seed, grown) for seed in SIBLINGS if seed != trial.seed]
        last = trial.steps
        rows += [(f"{view}-ceiling", last, 0, CEILING) for view in ("own", "novel", "beyond")]
        rows += [(f"{view}-hidden", last, 0, 0.1) for view in ("own", "novel")]
        rows += [("beyond", last, 0, reached)]
        rows += [("thinking", last, depth, reached if depth else REFLEX) for depth in (0, trial.thinking)]
        rows += [("readout", last, stage, REFLEX) for stage in range(6)]
        rows += [("readout", last, 12, reached)]
        return [self._row(*row) for row in rows]

    def _row(self, view: str, step: int, index: int, bits: float) -> dict:
        shares = {"success": bits / CEILING, "utility": bits - CEILING, "bits_5": bits / 2}
        return {"view": view, "step": step, "index": index, "instances": 256, "bits": float(bits)} | shares


MIDDLE = 8.0
"""Bits at run time of networks that nothing moves."""


@functools.cache
def slopes(claim: AbstractClaim) -> tuple[float, dict[frozenset[Cell], float]]:
    """The effect where all networks are alike, and how it moves with a bit at run time of some networks alone.

    These are the networks of a cell, or those that several cells share.
    """
    plan = claim.plan()
    alike = dict.fromkeys(claim.sweep(), MIDDLE)

    def effect(run_time: dict[Trial, float]) -> float:
        return claim.effect(3).estimate(Cells(Invented(run_time), plan)).value

    base, groups = effect(alike), {}
    for trial, (cells, _) in _places(claim).items():
        groups.setdefault(cells, []).append(trial)
    moved = {cells: effect(alike | dict.fromkeys(trials, MIDDLE + 1)) - base for cells, trials in groups.items()}
    return base, {cells: slope for cells, slope in moved.items() if abs(slope) > 1e-9}


def planted(claim: AbstractClaim, effect: float, spread: float, generator: np.random.Generator) -> Invented:
    """Records in which a claim's effect has a mean and a spread over seeds.

    Args:
        claim: whose effect is linear in the run-time bits of its cells.
        effect: the mean over seeds.
        spread: standard deviation over seeds.
        generator: of the noise.
    """
    base, moving = slopes(claim)
    size = sum(map(abs, moving.values()))
    places = _places(claim)
    seeds = sorted({seed for _, seed in places.values()})
    noise = generator.normal(size=len(seeds))
    noise = spread * (noise - noise.mean()) / noise.std(ddof=1)
    wanted = {seed: effect + moved - base for seed, moved in zip(seeds, noise)}
    signs = {trial: np.sign(moving.get(cells, 0.0)) for trial, (cells, _) in places.items()}
    return Invented({trial: MIDDLE + signs[trial] * wanted[seed] / size for trial, (_, seed) in places.items()})


@functools.cache
def _places(claim: AbstractClaim) -> dict[Trial, tuple[frozenset[Cell], int]]:
    """The cells that each trial is in, and its seed there."""
    cells, seeds = {}, {}
    for cell, by_seed in claim.plan().items():
        for seed, trials in by_seed.items():
            for trial in trials:
                cells.setdefault(trial, set()).add(cell)
                seeds[trial] = seed
    return {trial: (frozenset(members), seeds[trial]) for trial, members in cells.items()}
