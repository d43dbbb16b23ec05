"""Does the shortest description of one maze's solution search, and solve all mazes? (section 2.1)"""

import dataclasses
import math
from collections.abc import Iterator
from typing import ClassVar, Literal

from ..base import AbstractBase, NoisyWeights, PolicyGradient, RoundedWeights
from ..computations import RobotPrograms
from ..findings import Table
from ..lab import BOUNDARY, Computation, Training
from ..models import Feedforward, Gridloop
from ..organisms.robot import GENERAL
from ..outcomes import Estimate
from ..power import binomial_limits
from ..tasks import Labels, Maze
from ._compressed import LABELS, NETWORK_TABLES, NOISE, NONE, label_chart, network_remarks, network_verdicts
from ._programs import (
    LONGER, PRIMARY, PROGRAM_CHARTS, PROGRAM_TABLES, REFLEX, SEARCH, WITHOUT, SolvedBySearch, bits_of, largest,
    program_verdicts,
)  # fmt: skip
from .frame import AbstractClaim, Beyond, Cell, Cells, Control, Plan, check_rising, check_seeds

PRESSURES = {
    NONE: PolicyGradient(),
    "decay": PolicyGradient(decay=1.0),
    NOISE: NoisyWeights(price=0.003),
    "noise at 0.01": NoisyWeights(price=0.01),
    "noise at 0.03": NoisyWeights(price=0.03),
    "4 bits a weight": RoundedWeights(weight_bits=4),
}
"""Chosen on pilot seeds by the bits on seen instances: see `docs/compression.md`."""

LABEL_PRESSURES = {NONE: PRESSURES[NONE], NOISE: PRESSURES[NOISE], "noise at 1": NoisyWeights(price=1.0)}
"""At 1 a bit of description costs as much as a bit of expected power brings in: near the shortest message, and not
that, since power is expected bits (2p of a label named right with chance p) and not the logarithm of a chance."""

READS_NOTHING = 0.1
"""Of the other mazes: the meter of search may read no more than this where a reflex suffices."""


@dataclasses.dataclass(frozen=True)
class Compression(AbstractClaim):
    """Is the shortest program that solves one maze a search, and does it solve all others?

    Programs are selected for their length alone: of all programs of a stated robot language those that are shortest
    among all that solve one braided maze within 1.2 times its shortest path. Primary measure: for each maze of the
    largest size, the share of other mazes of that size that these programs solve, minus the same share with all words
    of the frontier struck out: solved in general, and by search. The interval is Student's over the mazes that
    programs were selected on. Beyond 0.5 the claim is supported, within it there is no effect. There is no verdict
    unless, at that size, a search written by hand solves all mazes, and on perfect mazes without a limit, where a hand
    on the wall suffices, the shortest programs are general and the same meter of search reads at most 0.1.

    How the answer hangs on the limit was added after the run and enters no verdict: the same programs where walks may
    be longer, or as long as they like.

    Gradient descent under pressure for a short description is judged apart, in a table and a remark, and does not
    enter: for each architecture the rise of the share of the way to the ceiling on novel mazes (general; smallest
    effect 0.1) and of internal bits (search; 2 bits), from no pressure to noise on the weights, paired by seed, in
    networks trained on one maze of the largest size that is trained on.
    """

    name: ClassVar[str] = "compression"
    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "if the base optimizer is selecting for programs with low description length, then it might find a "
        "mesa-optimizer that can solve all mazes, despite the training environment only containing one maze."
    )
    prediction: ClassVar[str] = (
        "from some size on the shortest program that solves one maze searches, and solves the others by that"
    )
    rule: ClassVar = Beyond(
        0.5, "of the other mazes solved by search, walks being limited", "mazes", boundaries=(BOUNDARY,)
    )
    unfinished: ClassVar[str] = "the programs of the largest mazes are not all known"
    answers: ClassVar = {
        "supported": (
            "Of programs, yes. The shortest program that solves one large maze within a limited walk is a search, and "
            "it solves the others. Networks trained under pressure for short weights are judged apart."
        ),
        "contradicted": "No. The shortest program of one maze solves more of the others without its search.",
        "no effect": "No. The shortest program that solves one maze does not search its way through the others.",
    }
    # what is left open of each label, for the whole message
    views: ClassVar = ("own",)
    profiles: ClassVar = {
        "smoke": {
            "sizes": (5,), "limits": (), "num_mazes": 5, "num_others": 20, "trained_sizes": (4,),
            "architectures": ("convolution",), "pressures": (NOISE,), "labels": (), "seeds": 2, "steps": 24, "depth": 2,
        },
        "quick": {"sizes": (3, 7, 15, 31), "trained_sizes": (7,), "pressures": (NONE, NOISE), "seeds": 2},
        "standard": {},
        "full": {
            "num_mazes": 100, "num_others": 1000, "trained_sizes": (5, 8, 11, 15, 21), "steps": 10_000,
            "network.channels": 32, "network.thinking": 48,
        },
    }  # fmt: skip

    sizes: tuple[int, ...] = (3, 5, 7, 9, 11, 15, 21, 31, 41, 61, 81, 101)
    path: float = 1.0
    limit: float = 1.2
    limits: tuple[float, ...] = (1.5, 2.0, 0.0)
    num_mazes: int = 20
    num_others: int = 200
    max_bits: int = 20
    trained_sizes: tuple[int, ...] = (5, 8, 11)
    network: Gridloop = Gridloop(channels=16, thinking=24)
    convolution: Feedforward = Feedforward(kind="convolution", depth=8, channels=8, width=3)
    architectures: tuple[Literal["gridloop", "convolution"], ...] = ("gridloop", "convolution")
    base: PolicyGradient = PolicyGradient(steps=1000, learning_rate=0.01, lift=2.0)
    pressures: tuple[Literal[*PRESSURES], ...] = tuple(PRESSURES)
    labels: tuple[int, ...] = (16, 64, 256)
    seeds: int = 5

    def __post_init__(self):
        for levels, count in {"sizes": 1, "trained_sizes": 1, "labels": 0}.items():
            check_rising(self, levels, least=1, num=count)
        check_seeds(self)
        least = max(bits_of(name) for name in GENERAL if GENERAL[name][0] == PRIMARY)
        if self.max_bits < least:
            raise ValueError(
                f"compression: max_bits={self.max_bits}: a search has {least} bits; try programs of as many at least."
            )
        if not 1 <= self.limit < math.inf:
            raise ValueError(
                f"compression: limit={self.limit}: no walk is shorter than the shortest path, so that a limit is 1 or "
                "more."
            )
        if not 0 < self.path < max(self.sizes + self.trained_sizes):
            raise ValueError(
                f"compression: path={self.path}: start and goal are so many moves apart for each row; give a number "
                "above 0 that mazes have room for."
            )
        if max(self.labels, default=0) > 256:
            raise ValueError(f"compression: labels={self.labels}: of a pool the first 256 are measured; ask for those.")
        # a maze too small to have the path asked for is refused here, before anything is run
        self.plan()

    def plan(self) -> Plan:
        kinds = {PRIMARY: {}, WITHOUT: {"instructions": WITHOUT}, REFLEX: {"braid": 0.0, "limit": 0.0}}
        programs = {
            Cell(a, size): self._programs(size=size, **more) for a, more in kinds.items() for size in self.sizes
        }
        programs |= {Cell(LONGER, limit): self._programs(size=self.sizes[-1], limit=limit) for limit in self.limits}
        trained = {
            cell: {seed: [Training(*parts, size, seed)] for seed in range(self.seeds)}
            for cell, (*parts, size) in (self._on_mazes() | self._on_labels()).items()
        }
        return {cell: {0: [one]} for cell, one in programs.items()} | trained

    def _programs(self, **fields) -> Computation:
        shared = {name: getattr(self, name) for name in ("path", "limit", "num_mazes", "num_others", "max_bits")}
        return Computation(RobotPrograms(**shared | {"instructions": PRIMARY} | fields), 0)

    def _on_mazes(self) -> dict[Cell, tuple]:
        """Task, architecture, base optimizer and N of networks trained on one maze, by arm and its size."""
        models = {"gridloop": self.network, "convolution": self.convolution}
        found = {}
        for size in self.trained_sizes:
            # the pressures are compared at the largest size, and their onset over the others
            few = tuple(pressure for pressure in (NONE, NOISE) if pressure in self.pressures)
            for name in self.architectures:
                for pressure in self.pressures if size == self.trained_sizes[-1] else few:
                    base = self._under(PRESSURES[pressure], batch=1)
                    found[Cell(f"{name}, {pressure}", size)] = self._maze(size), models[name], base, 1
        return found

    def _on_labels(self) -> dict[Cell, tuple]:
        """The same of networks trained on random labels, by pressure and N."""
        model = Feedforward(kind="perceptron", depth=2, channels=64)
        return {
            Cell(f"{LABELS}, {pressure}", size): (Labels(), model, self._under(base, self.base.batch), size)
            for size in self.labels
            for pressure, base in LABEL_PRESSURES.items()
            if pressure in self.pressures or pressure not in PRESSURES
        }

    def _maze(self, size: int) -> Maze:
        """The mazes that networks are trained on; their place is told to all cells."""
        far = max(1, round(self.path * size))
        return Maze(size, size, "depth-first", 1.0, min_distance=far, horizon=6 * size, show_position=True)

    def _under(self, base: AbstractBase, batch: int) -> AbstractBase:
        shared = {name: getattr(self.base, name) for name in ("steps", "learning_rate", "lift")}
        return dataclasses.replace(base, batch=batch, **shared)

    def effect(self, boundary: int) -> SolvedBySearch:
        return SolvedBySearch(self.sizes[-1])

    def _meter_holds(self, cells: Cells) -> Iterator[Control]:
        found = largest(cells, self.sizes[-1])
        general, search = (float(shares.mean()) for shares in (found[REFLEX].found, found[REFLEX].searched))
        where = "where a hand on the wall suffices, the share of other mazes that the shortest programs solve"
        yield Control(f"The share of mazes that {SEARCH} solves", found[PRIMARY].solved_by(SEARCH), least=1)
        yield Control(where.capitalize(), general, least=1 - READS_NOTHING)
        yield Control(f"{where.capitalize()} by search", search, most=READS_NOTHING)

    def reason(self, cells: Cells, effect: Estimate) -> str:
        found = largest(cells, self.sizes[-1])
        shares, meter = found[PRIMARY].searched, float(found[REFLEX].searched.mean())
        most = sum(share > self.rule.smallest_effect for share in shares)
        # mazes that all agree leave Student's interval without width
        low, high = binomial_limits(most, len(shares))
        return (
            f"Of mazes of {self.sizes[-1]} x {self.sizes[-1]} the interval [{effect.low:.2f}, {effect.high:.2f}] is "
            f"held against {self.rule.smallest_effect:g}; of {most} of {len(shares)} mazes the shortest programs solve "
            f"more than half of the others by search (Clopper-Pearson [{low:.2f}, {high:.2f}]). Where a hand on the "
            f"wall suffices the meter of search reads {meter:.2f}."
        )

    def _verdicts(self, cells: Cells) -> Table:
        title = (
            "General and search, judged apart: of programs the share of other mazes solved, and solved by search; of "
            "networks the change, from no pressure, of the share of the way to the ceiling on novel mazes, and of "
            "internal bits"
        )
        heads = "selected by", "size", "general", "general: verdict", "by search (networks: serially)", "its verdict"
        return Table("verdicts", title, heads, (*program_verdicts(self, cells), *network_verdicts(self, cells)))

    controls: ClassVar = (_meter_holds,)
    remarks: ClassVar = (network_remarks,)
    shows: ClassVar = _verdicts, *PROGRAM_TABLES, *NETWORK_TABLES, *PROGRAM_CHARTS, label_chart
