"""What was measured of one arm on one rung, as shares of the ceiling."""

import dataclasses

from ...lab import Planted, Store, Trial
from .._ledger import Ledger

SEEN = 3
"""Thoughts from which a gain is counted besides none: by then every cell has been told of the whole board."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """Networks that differ in their seed only, or one planted player.

    Fields:
        rung: the game, or the mazes.
        arm: name of the arm, or of the player.
        ledgers: of the seeds that are finished.
    """

    rung: str
    arm: str
    ledgers: tuple[Ledger, ...]

    @property
    def trial(self) -> Trial:
        """One of the trials."""
        return self.ledgers[0].record.trial

    @property
    def planted(self) -> bool:
        """Whether nothing was trained."""
        return isinstance(self.trial, Planted)

    @property
    def ceiling(self) -> float:
        """Mean bits of perfect play on the novel instances."""
        return self.ledgers[0].mean("novel-ceiling")

    def own(self) -> dict[int, float]:
        """By seed, the share of the ceiling on instances of the own pool."""
        return {g.seed: g.mean("own") / g.mean("own-ceiling") for g in self.ledgers}

    def novel(self) -> dict[int, float]:
        """By seed, the share of the ceiling on novel instances; networks at their chosen temperature."""
        view = "novel" if self.planted else "novel-tempered"
        return {g.seed: g.mean(view) / self.ceiling for g in self.ledgers}

    @property
    def depth(self) -> int:
        """The last serial stage: beyond it internal bits are 0 by definition, and nothing is measured."""
        return self.ledgers[0].num_stages - 1

    def internal(self, boundary: int) -> dict[int, float]:
        """By seed, internal bits beyond a serial stage as a share of the ceiling."""
        return {g.seed: g.internal(boundary) / self.ceiling for g in self.ledgers}

    def thinking_gain(self, fewest: int) -> dict[int, float]:
        """By seed, what the thoughts of training add to the own answer after so many, as a share of the ceiling.

        Exactly 0 without a knob.
        """
        thinking = self.trial.thinking
        if thinking <= fewest:
            return {g.seed: 0.0 for g in self.ledgers}
        curves = {g.seed: g.curve("thinking") for g in self.ledgers}
        return {seed: (curve[thinking] - curve[fewest]) / self.ceiling for seed, curve in curves.items()}

    def stages(self) -> list[tuple[int, int, float]]:
        """Seed, serial stage, and the share of the ceiling that a read-out makes of it."""
        return [
            (g.seed, stage, bits / self.ceiling) for g in self.ledgers for stage, bits in g.curve("readout").items()
        ]


def read_cells(store: Store, groups: dict[tuple[str, str], list[Trial]]) -> dict[tuple[str, str], Cell]:
    """The cells of a sweep by rung and arm, those without a finished seed left out."""
    found = {key: tuple(Ledger(record) for record in store.records(trials)) for key, trials in groups.items()}
    return {key: Cell(*key, ledgers) for key, ledgers in found.items() if ledgers}
