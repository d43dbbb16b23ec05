"""Does evolution replace inherited acts by acts found in life, as environments multiply? (section 2.1)"""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from ..computations import Plasticity
from ..findings import Chart, Field, Table
from ..lab import BOUNDARY, Computation
from .frame import (
    AbstractClaim, At, Beyond, Cells, Control, Ledger, Measure, Plan, Trend, check_needed, check_rising,
    check_seeds, curves, differences, grid, interval, table,
)  # fmt: skip

EVOLVED, INNATE, GENES, DEAR, BLIND = "evolved", "begun innate", "genes only", "too dear", "no feedback"
PLANE_AT = 16
"""N of Botero's plane, where inherited and found acts compete."""


def late(column: str, name: str, first: int = 8, last: int = 12) -> Measure:
    """Mean of a column over windows of the run; the last third unless said otherwise."""
    return Measure(name, lambda ledger, runs: _mean(ledger, column, first, last), 2)


def _mean(ledger: Ledger, column: str, first: int, last: int) -> float | None:
    values = ledger.column(column)
    share = len(values) / 12
    part = values[round(first * share) : round(last * share)]
    # payoffs of a kind of locus that has died out are not a number
    return None if np.any(np.isnan(part)) else float(np.mean(part))


PLASTIC = late("plastic", "plastic share")
EARLIER = late("plastic", "plastic share before", 4, 8)


@dataclasses.dataclass(frozen=True)
class Evolution(AbstractClaim):
    """Are inherited acts replaced by acts that are found in life, as evolution is spread over more environments?

    A population evolves in N environments; each life is spent in one of them, which a cue names. A locus of the genome
    either inherits an act for every environment or finds it by trial, at a price. Primary measure: the share of loci
    that find their act, over the last third of the run, its rise from the fewest environments to the most (when
    first published, a least-squares slope times the range of N). A unit is a population. Where trial costs too much,
    or nothing in life tells right from wrong, no such locus may remain;
    populations that begin with all acts innate and right must end where random ones do; and the share must have
    settled. Else the result is inconclusive. How the share falls where an environment lasts (selection tracks it) and
    rises where the cue fails stands beside, and enters no verdict. Sizes were chosen on populations 1000 to 1005, by
    when the share settles; those pilots showed the rise as well.
    """

    name: ClassVar[str] = "evolution"
    section: ClassVar[str] = "2.1"
    claim: ClassVar[str] = (
        "non-optimizer policies directly fine-tuned by evolution—those of plants, for example—having to be very "
        "simple, as evolution has to spread its optimization power across a very wide range of possible environment "
        "instances. On the other hand, animals with nervous systems can display significantly more complex policies by "
        "virtue of being able to perform their own optimization"
    )
    prediction: ClassVar[str] = (
        "with more environments, evolution replaces inherited acts by acts that are found in life"
    )
    rule: ClassVar = Beyond(0.5, "of all loci", "populations", (BOUNDARY,))
    knob: ClassVar = Field("N", "N, environments", "log")
    unfinished: ClassVar[str] = "fewer than two populations have finished every N"
    answers: ClassVar = {
        "supported": (
            "Yes, in this model: in few environments evolution writes the right acts into the genes; in many it "
            "cannot, and lives that find out for themselves win."
        ),
        "contradicted": "In this model, no. The more environments, the more is inherited.",
        "no effect": "In this model, no. The number of environments hardly matters.",
    }
    profiles: ClassVar = {
        "smoke": {"sizes": (1, 16, 64), "lasting": (0, 100), "cues": (1.0, 0.0), "generations": 600, "seeds": 2},
        "quick": {"seeds": 4},
        "standard": {},
        "full": {"sizes": (1, 4, 16, 64, 256, 1024), "population": 1000, "generations": 18_000},
    }

    sizes: tuple[int, ...] = (1, 4, 16, 64, 256)
    lasting: tuple[int, ...] = (0, 1, 10, 100, 1000)
    cues: tuple[float, ...] = (1.0, 0.5, 0.0)
    life: Plasticity = Plasticity()
    seeds: int = 20

    def __post_init__(self):
        check_rising(self, "sizes", least=1)
        check_rising(self, "lasting", least=0, num=1)
        check_needed(self, "cues", set())
        check_seeds(self)

    def plan(self) -> Plan:
        arms = {
            EVOLVED: {}, INNATE: {"start": "innate"}, GENES: {"switching": 0.0, "start": "innate"},
            DEAR: {"price": 0.6}, BLIND: {"feedback": False},
        }  # fmt: skip

        def life(arm: str, size: int, seed: int) -> Computation:
            return Computation(dataclasses.replace(self.life, num_environments=size, **arms[arm]), seed)

        def lasting(arm: str, generations: int, seed: int) -> Computation:
            where = {"num_environments": PLANE_AT, "lasts": generations, "cue": float(arm.removeprefix("cue "))}
            return Computation(dataclasses.replace(self.life, **where), seed)

        plane = grid([f"cue {cue:g}" for cue in self.cues], self.lasting, self.seeds, lasting)
        return {**grid(arms, self.sizes, self.seeds, life), **plane}

    def effect(self, boundary: int):
        return Trend(EVOLVED, PLASTIC, self.sizes)

    def _held(self, cells: Cells) -> Iterable[Control]:
        for arm in (DEAR, BLIND):
            # not known, and so no evidence, where an N is not finished
            share = np.max([cells[arm, size].mean(PLASTIC) for size in self.sizes])
            yield Control(f"The largest plastic share of “{arm}”", float(share), most=0.1)
        for size in self.sizes:
            known, begun = cells[EVOLVED, size], cells[INNATE, size]
            gap = abs(known.mean(PLASTIC) - begun.mean(PLASTIC))
            yield Control(f"At N = {size} the gap between populations begun at random and begun innate", gap, most=0.1)
            moved = abs(known.mean(PLASTIC) - known.mean(EARLIER))
            yield Control(f"At N = {size} the change over the last third of the run", moved, most=0.1)

    def _plane(self, cells: Cells) -> Iterable[Table]:
        """Botero et al. (2015): selection tracks environments that last, and trial replaces cues that fail."""
        arms = [f"cue {cue:g}" for cue in self.cues]
        rows = [(t or "one life", *(interval(cells[arm, t].by_seed(PLASTIC), 2) for arm in arms)) for t in self.lasting]
        title = f"Plastic share at N = {PLANE_AT}, by generations that an environment lasts and by the cue"
        yield Table("plane", title, ("lasts", *arms), tuple(rows))
        sooner, longest = self.lasting[min(1, len(self.lasting) - 1)], self.lasting[-1]
        differing = {
            f"{arm}: lasts {sooner} generations, less {longest}": At(arm, PLASTIC, sooner) - At(arm, PLASTIC, longest)
            for arm in arms
        } | {
            f"lasts {t or 'one life'}: {arms[-1]}, less {arms[0]}": At(arms[-1], PLASTIC, t) - At(arms[0], PLASTIC, t)
            for t in self.lasting
        }
        yield differences("signs", "Differences on that plane", cells, differing, "share of loci")

    def _cells(self, cells: Cells) -> Table:
        shown = {
            "arm": lambda n: n.arm, "N": lambda n: n.level, "populations": lambda n: len(n.by), PLASTIC.name: PLASTIC,
            "inherited acts that are right": late("right", "right"), "payoff": late("payoff", "payoff"),
            "payoff where nobody ever lived": late("novel_payoff", "novel"),
            "of it, innate loci": late("novel_innate_payoff", "innate"),
            "of it, plastic loci": late("novel_plastic_payoff", "plastic"),
        }  # fmt: skip
        title = "Every arm over N: means over the last third of the run [95% interval over populations]"
        return table("arms", title, cells.of(EVOLVED, INNATE, GENES, DEAR, BLIND), shown)

    def _over_n(self, cells: Cells) -> Chart:
        return curves(
            "plastic", "The more environments, the less is inherited and the more is found in life",
            "Share of loci that find their act in life. Points are populations, bands 95% intervals over them.",
            cells.of(EVOLVED, INNATE, DEAR, BLIND), self.knob, Field("share", "share of loci"), {"": PLASTIC},
        )  # fmt: skip

    controls: ClassVar = (_held,)
    shows: ClassVar = (_over_n, _cells, _plane)
