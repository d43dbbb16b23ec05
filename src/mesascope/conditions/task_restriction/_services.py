"""Who is trained on what: one general learner, and narrow ones that divide its instances and its training."""

import dataclasses
from typing import Literal

from ...base import BASES
from ...lab import SIBLINGS, Training
from ...models import MODELS
from ...tasks import TASKS, AbstractTask

RANDOM, KINDS, DIVIDED, SHOWN = "random slices", "slices by kind", "parameters divided", "answer shown"
Slicing = Literal["random slices", "slices by kind", "parameters divided", "answer shown"]

SMALLEST_CHANNELS = 4
"""Of a network that still trains: on pilot seed 1000 it went 0.74 of the way on 64 mazes in 512 steps."""

FIRST_REFLEX_SEED = 100
"""Reflex levels have seeds of their own."""

AXES = (("style", ("uniform", "depth-first")), ("size", ("small", "large")), ("distance", ("near", "far")))
"""What kinds differ in, in the order in which K = 2, 4, 8 divide by them."""

MAX_KINDS = 2 ** len(AXES)


@dataclasses.dataclass(frozen=True)
class Plan:
    """Sizes shared by all arms.

    Fields:
        frame: settings of the mazes.
        instances: N, of the general learner.
        steps: of the general learner; K services have 1 / K of N and of the steps each.
        batch: instances a step.
        channels, thinking: of the network.
        learning_rate: of all networks.
        measured: how many of the K services of one seed are trained, at most; the choice moves with the seed.
    """

    frame: tuple[tuple[str, int], ...]
    instances: int
    steps: int
    batch: int
    channels: int
    thinking: int
    learning_rate: float
    measured: int

    def services(self, arm: Slicing, count: int, seed: int) -> list[Training]:
        """The services of one seed that are trained, of the `count` that divide everything among them."""
        most = self.measured if arm in (RANDOM, KINDS) else 1
        numbers = sorted({(most * seed + j) % count for j in range(min(most, count))})
        return [self._service(arm, count, number, seed) for number in numbers]

    def as_short(self, count: int, seed: int) -> Training:
        """The control: all instances, and no more steps than one of `count` services has."""
        return self._training(self.task(), self.channels, self.instances, self.steps // count, seed)

    def unlimited(self, seed: int) -> Training:
        """What run-time power costs: the curve X of the prediction."""
        return self._training(self.task(), self.channels, None, self.steps, seed)

    def single(self, seed: int) -> Training:
        """What tuning costs: the curve g of the prediction."""
        return self._training(self.task(), self.channels, 1, self.steps, seed)

    def reflex(self, task: AbstractTask, steps: int, seed: int) -> Training:
        """A shallow network on unlimited instances of a slice."""
        shape = {"kind": "convolution", "depth": 3, "channels": 32, "width": 5}
        base = BASES.build("policy-gradient", {"steps": steps, "learning_rate": 0.01, "lift": 2.0})
        return Training(task, MODELS.build("feedforward", shape), base, None, FIRST_REFLEX_SEED + seed)

    def task(self, kind: dict[str, str] | None = None, shown: bool = False) -> AbstractTask:
        """All kinds of mazes, or one slice of them."""
        values = dict(self.frame) | (kind or {}) | ({"show_answer": True} if shown else {})
        return TASKS.build("maze-kinds", values)

    def width(self, count: int) -> int:
        """Channels of a service whose parameters are divided: these grow as the square of the channels."""
        return round(self.channels / count**0.5)

    def _service(self, arm: Slicing, count: int, number: int, seed: int) -> Training:
        kind = kind_of(number, count) if arm == KINDS else {}
        channels = self.width(count) if arm == DIVIDED else self.channels
        # pools of a stream of its own for every service of every seed
        stream = seed + len(SIBLINGS) * number
        task = self.task(kind, shown=arm == SHOWN)
        return self._training(task, channels, self.instances // count, self.steps // count, stream)

    def _training(self, task, channels: int, size: int | None, steps: int, seed: int) -> Training:
        model = MODELS.build("gridloop", {"channels": channels, "thinking": self.thinking})
        rates = {"steps": steps, "batch": self.batch, "learning_rate": self.learning_rate, "lift": 2.0}
        return Training(task, model, BASES.build("policy-gradient", rates), size, seed)


def kind_of(number: int, count: int) -> dict[str, str]:
    """What service `number` of `count` sees, where slices are made by kind; beyond eight, halves of kinds."""
    return {name: options[number >> place & 1] for place, (name, options) in enumerate(AXES) if count > 1 << place}
