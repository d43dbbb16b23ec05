"""What networks do that were trained on one maze, or on random labels, under pressure for a short description."""

import dataclasses

import numpy as np

from ...lab import BOUNDARY, Store, Training, novel_set, pool
from ...organisms.robot import INSTRUCTION_SETS, literal_program, robot_maze
from ...power import score
from .._ledger import Ledger


@dataclasses.dataclass(frozen=True)
class Arm:
    """Networks that differ in their seed only.

    Fields:
        model: name of the architecture, or `labels`.
        pressure: name of the pressure.
        size: rows of the maze, or number of labels.
        ledgers: of the seeds that are finished.
        null: mean bits of random behaviour on the novel instances.
    """

    model: str
    pressure: str
    size: int
    ledgers: tuple[Ledger, ...]
    null: float

    def own(self) -> dict[int, float]:
        """Bits on the own pool as a share of the ceiling there, by seed."""
        return {g.seed: g.mean("own") / g.mean("own-ceiling") for g in self.ledgers}

    def novel(self) -> dict[int, float]:
        """How far each seed goes from the null to the ceiling on novel instances, at the chosen temperature."""
        tops = {g.seed: g.mean("novel-ceiling") for g in self.ledgers}
        return {g.seed: (g.mean("novel-tempered") - self.null) / (tops[g.seed] - self.null) for g in self.ledgers}

    def internal(self) -> dict[int, float]:
        """Internal bits by seed."""
        return {g.seed: g.internal(BOUNDARY) for g in self.ledgers}

    def path_bits(self, limit: float) -> float:
        """Median over seeds of the bits of the maze's path, spelled out in the robot's words."""
        found = []
        for ledger in self.ledgers:
            maze = _one(pool(ledger.record.trial.task, ledger.record.trial.stream, 1))
            found.append(literal_program(robot_maze(maze, limit), INSTRUCTION_SETS["with a frontier"]).bits)
        return float(np.median(found))

    def description(self) -> float | None:
        """Mean bits of the description of the weights; None where they are not counted."""
        bits = [g.record.values["power_bits"] for g in self.ledgers]
        return None if None in bits else float(np.mean(bits))

    def message(self) -> float | None:
        """Mean bits that tell all labels to one who has the observations: the weights, and what they leave open."""
        if self.description() is None:
            return None
        left = [-np.sum(np.log2(_chances(g))) for g in self.ledgers]
        return self.description() + float(np.mean(left))


def _chances(ledger: Ledger) -> np.ndarray:
    """What the network gives to the right label of each instance of its pool."""
    columns = ledger.record.metrics()
    chosen = (columns["view"] == "own") & (columns["step"] == ledger.last_step)
    return np.maximum(columns["success"][chosen], 1e-12)


def read_arms(store: Store, groups: dict[tuple[str, str, int], list[Training]]) -> list[Arm]:
    """The arms of a sweep, those without a finished seed left out."""
    arms = []
    for (model, pressure, size), trials in groups.items():
        ledgers = tuple(Ledger(record) for record in store.records(trials))
        if ledgers:
            arms.append(Arm(model, pressure, size, ledgers, _null(trials[0].task)))
    return arms


def _null(task) -> float:
    unseen = novel_set(task)
    logits = np.zeros((unseen.size, *task.observe(_one(unseen.instances)).shape[:-1], task.num_actions))
    return float(np.mean(score(task, unseen.instances, unseen.tails, logits).bits))


def _one(instances):
    return type(instances)(*(leaf[0] for leaf in instances))
