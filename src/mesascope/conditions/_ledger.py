"""The ledger of one network or planted algorithm, from its record."""

from collections.abc import Iterable

import numpy as np

from ..lab import ENOUGH_SEEDS, Record, ReflexLevel


class Ledger:
    """What was measured of one network after its last step, and on the way there.

    Args:
        record: of the network.
    """

    def __init__(self, record: Record):
        self.record = record
        self.seed = record.trial.seed
        metrics = record.metrics()
        keys = zip(metrics["view"], metrics["step"].tolist(), metrics["index"].tolist())
        edges: dict[tuple[str, int, int], list[int]] = {}
        for row, key in enumerate(keys):
            edges.setdefault(key, []).append(row)
        self._rows = {key: np.array(rows) for key, rows in edges.items()}
        self._metrics = metrics

    @property
    def last_step(self) -> int:
        return self.record.values["steps"]

    def has(self, view: str, index: int = 0) -> bool:
        """Whether a view was measured after the last step."""
        return (view, self.last_step, index) in self._rows

    def instances(self, view: str, index: int = 0, step: int | None = None) -> dict[int, float]:
        """Bits by instance."""
        rows = self._rows[view, self.last_step if step is None else step, index]
        return dict(zip(self._metrics["instance"][rows].tolist(), self._metrics["bits"][rows].tolist()))

    def mean(self, view: str, index: int = 0, step: int | None = None, column: str = "bits") -> float:
        """The mean of a column over the instances of a view."""
        rows = self._rows[view, self.last_step if step is None else step, index]
        return float(np.mean(self._metrics[column][rows]))

    def quantile(self, view: str, share: float) -> float:
        """A quantile of the bits over the instances of a view after the last step."""
        return float(np.quantile(self._metrics["bits"][self._rows[view, self.last_step, 0]], share))

    def steps(self) -> list[int]:
        """The checkpoints."""
        return sorted({step for view, step, _ in self._rows if view == "own"})

    def curve(self, view: str) -> dict[int, float]:
        """Mean bits by index (serial stage, or number of thoughts) after the last step."""
        found = sorted(index for v, step, index in self._rows if v == view and step == self.last_step)
        return {index: self.mean(view, index) for index in found}

    def internal_by_instance(self, boundary: int) -> dict[int, float]:
        """Internal bits of each novel instance; nothing for a network with fewer stages than that."""
        last = self.num_stages - 1
        if last <= boundary:
            return {}
        before = self.instances("readout", boundary)
        return {i: bits - before[i] for i, bits in self.instances("readout", last).items()}

    @property
    def num_stages(self) -> int:
        """Serial stages, the observation's own among them, that were measured by read-outs."""
        return 1 + max(self.curve("readout"))

    def internal(self, boundary: int) -> float:
        """Internal bits: what read-outs make of the last stage beyond what they make of stage `boundary`.

        0 for a network with fewer stages than that: it has no serial computation to measure.
        """
        curve = self.curve("readout")
        last = max(curve)
        return curve[last] - curve[boundary] if last > boundary else 0.0

    def thinking_gain(self) -> float:
        """Bits of the own answer on novel instances after the thoughts of training, beyond those without any."""
        curve = self.curve("thinking")
        return curve[self.record.trial.thinking] - curve[min(curve)]

    def surplus(self, level: ReflexLevel, boundary: int) -> float | None:
        """Serial surplus: bits on novel instances beyond the reflex level, paired by instance."""
        best = level.best(boundary)
        if best is None:
            return None
        novel = self.instances("novel-tempered")
        return float(np.mean([bits - best.instance_bits[i] for i, bits in novel.items()]))


def diverged(ledgers: Iterable[Ledger]) -> list[str]:
    """The remark on trainings that failed, if any did."""
    failed = sum(ledger.record.failed for ledger in ledgers)
    return [f"{failed} trainings diverged; they are kept, as their last finite networks."] if failed else []


def unsettled(level: ReflexLevel | None) -> list[str]:
    """Remarks on what a reflex level leaves open."""
    if level is None:
        return []
    said = (
        ["Reflexes reach over 0.8 of the ceiling (saturated): surplus can say nothing here."] if level.saturated else []
    )
    best = level.best()
    if best and len(best.seeds) < ENOUGH_SEEDS:
        said.append(f"The reflex level is of {len(best.seeds)} seeds only, and provisional.")
    if best and best.last_doubling and best.last_doubling > 0.02:
        said.append(
            f"The reflex level still rose by {best.last_doubling:.0%} over the last doubling of its training, more "
            "than the 2% that count as flat: surplus is an upper bound. Internal bits do not depend on it."
        )
    return said
