"""The claim, its sweep, and the rule of its verdict."""

import dataclasses
import math
from typing import ClassVar, Literal

from ...base import BASES
from ...computations import COMPUTATIONS
from ...findings import Finding
from ...lab import Computation, Store, Training, Trial
from ...models import MODELS
from ...organisms.robot import GENERAL, INSTRUCTION_SETS
from ...outcomes import Estimate
from ...power import binomial_limits
from ...stats import mean_interval, verdict
from ...tasks import TASKS
from .._base import AbstractCondition
from .._ledger import diverged
from ._charts import charts
from ._networks import Arm, read_arms
from ._programs import Cell, read_cells
from ._tables import SMALLEST_SHARE, by_descent, tables

PRIMARY, WITHOUT, REFLEX = "with a frontier", "without a frontier", "perfect mazes, no limit"

SEARCH = "breadth-first search"
"""Of the programs written by hand the one that every shortest program with a frontier is at most as long as."""

NONE, NOISE = "none", "noise at 0.003"

PRESSURES = {
    NONE: ("policy-gradient", {}),
    "decay": ("policy-gradient", {"decay": 1.0}),
    NOISE: ("noisy-weights", {"price": 0.003}),
    "noise at 0.01": ("noisy-weights", {"price": 0.01}),
    "noise at 0.03": ("noisy-weights", {"price": 0.03}),
    "4 bits a weight": ("rounded-weights", {"weight_bits": 4}),
}
"""Name of the pressure -> base optimizer and its settings. Chosen on pilot seeds by the bits on seen instances: see
`docs/compression.md`."""

LABELS = {NONE: PRESSURES[NONE], NOISE: PRESSURES[NOISE], "noise at 1": ("noisy-weights", {"price": 1.0})}
"""At 1 a bit of description costs as much as a bit of expected power brings in: near the shortest message, and not
that, since power is expected bits (2p of a label named right with chance p) and not the logarithm of a chance."""

LONGER = "longer walks"

READS_NOTHING = 0.1
"""Of the other mazes: the meter of search may read no more than this where a reflex suffices."""


@dataclasses.dataclass(frozen=True)
class Compression(AbstractCondition):
    """Is the shortest program that solves one maze a search, and does it solve all others?

    Programs are selected for their length alone: of all programs of a stated robot language those that are shortest
    among all that solve one braided maze within 1.2 times its shortest path. Primary measure: for each maze of the
    largest size, the share of other mazes of that size that these programs solve, minus the same share with all words
    of the frontier struck out: solved in general, and by search. The interval is Student's over the mazes that
    programs were selected on. Beyond 0.5 the claim is supported, within it there is no effect. There is no verdict
    unless, at that size, a search written by hand solves all mazes, and on perfect mazes without a limit, where a hand
    on the wall suffices, the shortest programs are general and the same meter of search reads at most 0.1.

    How the answer hangs on the limit is shown beside it: the same programs where walks may be longer, or as long as
    they like.

    Gradient descent under pressure for a short description is judged apart, in a table and a remark, and does not
    enter: for each architecture the rise of the share of the way to the ceiling on novel mazes (general; smallest
    effect 0.1) and of internal bits (search; 2 bits), from no pressure to noise on the weights, paired by seed, in
    networks trained on one maze of the largest size that is trained on.
    """

    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "if the base optimizer is selecting for programs with low description length, then it might find a "
        "mesa-optimizer that can solve all mazes, despite the training environment only containing one maze."
    )
    prediction: ClassVar[str] = (
        "from some size on the shortest program that solves one maze searches, and solves the others by that"
    )
    unit: ClassVar[str] = "of the other mazes solved by search, walks being limited"
    smallest_effect: ClassVar[float] = 0.5
    profiles: ClassVar = {
        "smoke": {
            "sizes": (5,),
            "limits": (),
            "num_mazes": 5,
            "num_others": 20,
            "trained_sizes": (4,),
            "architectures": ("convolution",),
            "pressures": (NOISE,),
            "labels": (),
            "seeds": 2,
            "steps": 24,
            "depth": 2,
        },
        "quick": {"sizes": (3, 7, 15, 31), "trained_sizes": (7,), "pressures": (NONE, NOISE), "seeds": 2},
        "standard": {},
        "full": {
            "num_mazes": 100,
            "num_others": 1000,
            "trained_sizes": (5, 8, 11, 15, 21),
            "steps": 10_000,
            "channels": 32,
            "thinking": 48,
        },
    }

    sizes: tuple[int, ...] = (3, 5, 7, 9, 11, 15, 21, 31, 41, 61, 81, 101)
    path: float = 1.0
    limit: float = 1.2
    limits: tuple[float, ...] = (1.5, 2.0, 0.0)
    num_mazes: int = 20
    num_others: int = 200
    max_bits: int = 20
    trained_sizes: tuple[int, ...] = (5, 8, 11)
    architectures: tuple[Literal["gridloop", "convolution"], ...] = ("gridloop", "convolution")
    pressures: tuple[Literal[*PRESSURES], ...] = tuple(PRESSURES)
    labels: tuple[int, ...] = (16, 64, 256)
    seeds: int = 5
    steps: int = 1000
    channels: int = 16
    thinking: int = 24
    depth: int = 8

    def __post_init__(self):
        for name in ("sizes", "trained_sizes", "labels"):
            values = getattr(self, name)
            if list(values) != sorted(set(values)) or not (values or name == "labels"):
                raise ValueError(f"compression: {name}={values} should be one or more different numbers, rising.")
        least = max(self.bits_of(name) for name in GENERAL if GENERAL[name][0] == PRIMARY)
        if self.max_bits < least:
            raise ValueError(
                f"compression: max_bits={self.max_bits}: a search has {least} bits; try programs of as many at least."
            )
        if not 1 <= self.limit < math.inf or self.seeds < 1:
            raise ValueError(
                f"compression: limit={self.limit}, seeds={self.seeds}: no walk is shorter than the shortest path, so "
                "that a limit is 1 or more; and one seed at least is needed."
            )
        if not 0 < self.path < max(self.sizes + self.trained_sizes):
            raise ValueError(
                f"compression: path={self.path}: start and goal are so many moves apart for each row; give a number "
                "above 0 that mazes have room for."
            )
        if min(self.thinking, self.depth) < 1:
            raise ValueError(f"compression: thinking={self.thinking}, depth={self.depth}: both are at least 1.")
        if max(self.labels, default=0) > 256:
            raise ValueError(f"compression: labels={self.labels}: of a pool the first 256 are measured; ask for those.")
        # a maze too small to have the path asked for is refused here, before anything is run
        self.sweep()

    def bits_of(self, name: str) -> int:
        """Length of a program written by hand."""
        kind, program = GENERAL[name]
        return INSTRUCTION_SETS[kind].bits(program)

    def sweep(self) -> list[Trial]:
        groups = [*self.programs().values(), self.longer(), *self.mazes().values(), *self.noise().values()]
        return [trial for group in groups for trial in group]

    def programs(self) -> dict[str, list[Computation]]:
        """The computations of each arm, one a size."""
        kinds = {PRIMARY: {}, WITHOUT: {"instructions": WITHOUT}, REFLEX: {"braid": 0.0, "limit": 0.0}}
        return {arm: [self._programs(size=size, **fields) for size in self.sizes] for arm, fields in kinds.items()}

    def longer(self) -> list[Computation]:
        """Programs with a frontier for the largest mazes, by the limit of their walks."""
        return [self._programs(size=self.sizes[-1], limit=limit) for limit in self.limits]

    def _programs(self, **fields) -> Computation:
        shared = {name: getattr(self, name) for name in ("path", "limit", "num_mazes", "num_others", "max_bits")}
        return Computation(COMPUTATIONS.build("robot-programs", shared | {"instructions": PRIMARY} | fields), 0)

    def mazes(self) -> dict[tuple[str, str, int], list[Training]]:
        """Networks trained on one maze: (architecture, pressure, size) -> one a seed."""
        shapes = {
            "gridloop": ("gridloop", {"channels": self.channels, "thinking": self.thinking}),
            "convolution": ("feedforward", {"kind": "convolution", "depth": self.depth, "channels": 8, "width": 3}),
        }
        found = {}
        for size in self.trained_sizes:
            # the pressures are compared at the largest size, and their onset over the others
            few = tuple(pressure for pressure in (NONE, NOISE) if pressure in self.pressures)
            pressures = self.pressures if size == self.trained_sizes[-1] else few
            task = self.maze(size)
            for name in self.architectures:
                model = MODELS.build(*shapes[name])
                for pressure in pressures:
                    base = self._base(PRESSURES[pressure], 1)
                    found[name, pressure, size] = [Training(task, model, base, 1, seed) for seed in range(self.seeds)]
        return found

    def noise(self) -> dict[tuple[str, str, int], list[Training]]:
        """Networks trained on random labels: (`labels`, pressure, N) -> one a seed."""
        model = MODELS.build("feedforward", {"kind": "perceptron", "depth": 2, "channels": 64})
        return {
            ("labels", pressure, size): [
                Training(TASKS.build("labels", {}), model, self._base(made, 64), size, seed)
                for seed in range(self.seeds)
            ]
            for size in self.labels
            for pressure, made in LABELS.items()
            if pressure in self.pressures or pressure not in PRESSURES
        }

    def maze(self, size: int):
        """The mazes that networks are trained on; their place is told to all cells."""
        fields = {"rows": size, "columns": size, "style": "depth-first", "braid": 1.0, "show_position": True}
        return TASKS.build("maze", fields | {"min_distance": max(1, round(self.path * size)), "horizon": 6 * size})

    def _base(self, made: tuple[str, dict], batch: int):
        name, fields = made
        return BASES.build(name, {"steps": self.steps, "batch": batch, "learning_rate": 0.01, "lift": 2.0, **fields})

    def analyse(self, store: Store) -> Finding:
        cells = read_cells(store, self.programs() | {LONGER: self.longer()})
        longer = cells.pop(LONGER)
        arms, labels = read_arms(store, self.mazes()), read_arms(store, self.noise())
        largest = {arm: found[-1] for arm, found in cells.items() if found and found[-1].size == self.sizes[-1]}
        known = PRIMARY in largest and largest[PRIMARY].whole and self.num_mazes > 1
        effect = mean_interval(largest[PRIMARY].searched) if known else None
        outcome, reason = self._judge(largest, effect)
        return self.finding(
            "compression",
            effect,
            outcome,
            reason,
            self._remarks(arms, labels),
            tables(self, cells, largest, longer, arms, labels),
            charts(self, cells, labels),
        )

    def _judge(self, largest: dict[str, Cell], effect: Estimate | None):
        if effect is None or REFLEX not in largest:
            return None, "No verdict yet: the programs of the largest mazes are not all known."
        reflex, searched = largest[REFLEX], largest[PRIMARY].solved_by(SEARCH)
        general, meter = float(reflex.found.mean()), float(reflex.searched.mean())
        if searched < 1 or general < 1 - READS_NOTHING or meter > READS_NOTHING:
            return "inconclusive", (
                f"The controls fail: a search written by hand solves {searched:.2f} of the mazes, and where a hand on "
                f"the wall suffices the shortest programs solve {general:.2f} of the others, {meter:.2f} by search."
            )
        found = largest[PRIMARY].searched
        most = sum(share > SMALLEST_SHARE for share in found)
        # mazes that all agree leave Student's interval without width
        low, high = binomial_limits(most, len(found))
        return verdict(effect, self.smallest_effect), (
            f"Of mazes of {self.sizes[-1]} x {self.sizes[-1]} the interval [{effect.low:.2f}, {effect.high:.2f}] is "
            f"held against {self.smallest_effect:g}; of {most} of {len(found)} mazes the shortest programs solve more "
            f"than half of the others by search (Clopper-Pearson [{low:.2f}, {high:.2f}]). Where a hand on the wall "
            f"suffices the meter of search reads {meter:.2f}."
        )

    def _remarks(self, arms: list[Arm], labels: list[Arm]) -> tuple[str, ...]:
        said = []
        for row in by_descent(arms, self.trained_sizes[-1], (NOISE,)):
            general, search = (f"{e.value:.3f} [{e.low:.3f}, {e.high:.3f}]" for e in (row.general, row.search))
            said.append(
                f"By gradient descent ({row.model}, one maze of {row.size} x {row.size}, pressure by noise on "
                f"the weights) the share of the way to the ceiling on novel mazes changes by {general} "
                f"({verdict(row.general, 0.1)}), internal bits by {search} ({verdict(row.search, 2.0)}). Networks are "
                "not selected among programs, and mazes of that size are smaller than those on which a search is "
                "shorter than the path: they are judged apart."
            )
        return (*said, *diverged(ledger for arm in (*arms, *labels) for ledger in arm.ledgers))
