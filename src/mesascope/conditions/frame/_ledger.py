"""The ledger of one network or planted algorithm, from its record."""

import functools

import numpy as np

from ...lab import BOUNDARY, ENOUGH_SEEDS, FLAT, Record, ReflexLevel, StoreError


class Ledger:
    """Measures of one network after its last step, and on the way there.

    Means are in every record; rows by instance are read when they are asked for.

    Args:
        record: of the network.
    """

    def __init__(self, record: Record):
        self.record = record
        self.seed = record.trial.seed
        self._means = {(row["view"], row["step"], row["index"]): row for row in record.values["summary"]}

    @property
    def last_step(self) -> int:
        return self.record.values["steps"]

    def has(self, view: str, index: int = 0) -> bool:
        """Says whether a view was measured after the last step."""
        return (view, self.last_step, index) in self._means

    def mean(self, view: str, index: int = 0, step: int | None = None, column: str = "bits") -> float:
        """The mean of a column over the instances of a view."""
        return self._row(view, index, step)[column]

    def has_instances(self, view: str) -> bool:
        """Says whether there are rows by instance of a view: published records have those that their claim names."""
        return bool(np.any(self._rows["view"] == view))

    def worst(self, view: str) -> float:
        """The 5% quantile of the bits over the instances of a view after the last step."""
        return self._row(view, 0, None)["bits_5"]

    def instances(self, view: str, index: int = 0, step: int | None = None, column: str = "bits") -> dict[int, float]:
        """A column by instance.

        Raises:
            StoreError: the records hold no rows by instance of that view.
        """
        step = self.last_step if step is None else step
        rows = self._rows
        chosen = np.flatnonzero((rows["view"] == view) & (rows["step"] == step) & (rows["index"] == index))
        if not len(chosen):
            raise StoreError(
                f"{self.record.source.path} holds no rows by instance of the view {view} (index {index}, step {step}) "
                f"of trial {self.record.values['id']}; name it in `views` of the claim, and publish from a store."
            )
        return dict(zip(rows["instance"][chosen].tolist(), rows[column][chosen].tolist()))

    def tuned_against(self, other: "Ledger", step: int | None = None) -> float:
        """Bits on the own pool beyond those of a network of another pool, paired by instance.

        The other network is scored on those instances alone that its own pool lacks. Where it lacks all, means suffice.
        """
        own, theirs = self._row("own", 0, step), other._row("sibling", self.seed, step)
        if own["instances"] == theirs["instances"]:
            return own["bits"] - theirs["bits"]
        bits = self.instances("own", step=step)
        pairs = other.instances("sibling", self.seed, step).items()
        return float(np.mean([bits[i] - value for i, value in pairs]))

    def steps(self) -> list[int]:
        """The checkpoints."""
        return sorted({step for view, step, _ in self._means if view == "own"})

    def curve(self, view: str, step: int | None = None) -> dict[int, float]:
        """Mean bits by index (serial stage, or number of thoughts), after the last step unless one is given."""
        step = self.last_step if step is None else step
        found = sorted(index for v, at, index in self._means if v == view and at == step)
        return {index: self.mean(view, index, step) for index in found}

    def _measured(self, view: str) -> dict[int, float]:
        """The curve of a view that the records must hold."""
        return self.curve(view) or {0: self.mean(view)}

    def column(self, name: str) -> np.ndarray:
        """A column of a trial that calculates its own rows."""
        return self._rows[name]

    @functools.cached_property
    def _rows(self) -> dict[str, np.ndarray]:
        return self.record.metrics()

    def _row(self, view: str, index: int, step: int | None) -> dict:
        step = self.last_step if step is None else step
        if (view, step, index) not in self._means:
            raise StoreError(
                f"{self.record.source.path} holds no means of the view {view} (index {index}, step {step}) of trial "
                f"{self.record.values['id']}; publish the sweep again, or measure its store again."
            )
        return self._means[view, step, index]

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
        return 1 + max(self._measured("readout"))

    def internal(self, boundary: int) -> float:
        """Internal bits: what read-outs make of the last stage beyond what they make of stage `boundary`.

        0 for a network with fewer stages than that: it has no serial computation to measure.
        """
        curve = self._measured("readout")
        last = max(curve)
        return curve[last] - curve[boundary] if last > boundary else 0.0

    def stage_curve(self) -> dict[int, float]:
        """Bits by serial stage of the one size of read-outs that is fitted after all of them."""
        return self.curve("readout/place") or self._measured("readout")

    def certified(self, level: ReflexLevel, boundary: int = BOUNDARY) -> float | None:
        """Certified bits: what read-outs make of the last stage beyond both stage `boundary` and every reflex.

        An estimate from below of serial computation: max(0, B(last) - max(B(boundary), L)), L being the upper limit of
        the reflex level. No waiting and no hiding passes it, since what a reflex reaches later is no more than L. 0 for
        a network with fewer stages than that; None where no reflex level of such depths is known. Against a level that
        is not settled they are certified so far, and longer training of reflexes may take them away.
        """
        limit = level.upper(boundary)
        if limit is None:
            return None
        curve = self._measured("readout")
        last = max(curve)
        return max(0.0, curve[last] - max(curve[boundary], limit)) if last > boundary else 0.0

    def last_read(self) -> float:
        """Bits that the largest read-outs make of the last stage."""
        curve = self._measured("readout")
        return curve[max(curve)]

    def own_internal(self) -> float | None:
        """Internal bits on the own instances, by read-outs fitted on others of the pool; None where they were not read.

        None for pools of fewer than four instances, and for records of the measure's first version.
        """
        curve = self.curve("own-readout")
        return curve[max(curve)] - curve[min(curve)] if curve else None

    def thinking_gain(self, fewest: int = 0) -> float:
        """Bits of the own answer on novel instances after the thoughts of training, beyond those after so few.

        Exactly 0 for a network that thinks no more than that.
        """
        curve, thinking = self._measured("thinking"), self.record.trial.thinking
        return self.mean("thinking", thinking) - curve[max(fewest, min(curve))] if thinking > fewest else 0.0

    def surplus(self, level: ReflexLevel, boundary: int) -> float | None:
        """Serial surplus: bits on novel instances beyond the reflex level, paired by instance."""
        best = level.best(boundary)
        if best is None:
            return None
        # the evaluation set is the same for all, so that the difference of means is the mean of differences
        return self.mean("novel-tempered") - float(np.mean(best.instance_bits))


def diverged(failed: int, kept: bool = True) -> list[str]:
    """The remark on trainings that failed, if any did, and whether the analysis keeps them."""
    then = "kept, as their last finite networks" if kept else "left out"
    return [f"{failed} trainings diverged; they are {then}."] if failed else []


def unsettled(level: ReflexLevel | None) -> list[str]:
    """Remarks on what a reflex level leaves open."""
    if level is None:
        return []
    said = (
        ["Reflexes reach over 0.8 of the ceiling (saturated): surplus can say nothing here."] if level.saturated else []
    )
    best = level.best()
    if best is None or best.limit is not None:
        return said
    rises = {"of its training": best.last_doubling, "of its width": best.last_widening}
    rose = [f"{rise:.1%} over the last doubling {of}" for of, rise in rises.items() if rise and rise > FLAT]
    few = [f"of {len(best.seeds)} seeds only"] if len(best.seeds) < ENOUGH_SEEDS else []
    why = [*few, f"still rose by {' and '.join(rose)}, where {FLAT:.0%} count as flat"] if rose else few
    return [
        *said,
        "Nobody knows yet how far reflexes go on this task: the level that surplus and certified bits are counted from "
        f"{'is ' if few else ''}{', and '.join(why) or 'has no limit'}. More training of reflexes may take such bits "
        "away; internal bits do not depend on it.",
    ]
