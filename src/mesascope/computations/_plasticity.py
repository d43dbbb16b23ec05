"""Evolution of what is inherited and what is found in life, as the number of environments grows."""

import dataclasses
from typing import ClassVar, Literal

import numpy as np

from ._base import AbstractComputation

NUM_NOVEL = 8
"""Environments that no life is ever spent in; the genome has a row for each of them, too."""


@dataclasses.dataclass(frozen=True)
class Plasticity(AbstractComputation):
    """A population whose genes say what to do in each of N environments, or else that it be found out in life.

    In each environment one of two acts is right at each locus. A genome has a row of acts for every environment, and a
    flag for every locus. A life is spent in one environment, of which a cue names the row to be read; a cue that fails
    names any environment. An innate locus acts as that row says; a plastic one, whatever is inherited, finds the right
    act by trial with probability `reliability` and pays `price`. The payoff of a locus is 1 for the right act, less the
    price. Parents are drawn, with replacement, in proportion to exp(`strength` x payoffs of all loci). Acts and flags
    mutate either way; there is no recombination.

    Columns, a row for each of `windows` equal parts of the run. `generation`: the last of the part. Means over its
    generations: `plastic`, the share of loci that are plastic; `payoff` of a locus, and `innate_payoff` and
    `plastic_payoff` by kind of locus; `selection`, by how much fitness differs between right and wrong at an innate
    locus in the row that is read, as a share of the mean fitness. At its last generation: `right`, the share of
    inherited acts that are right in the N environments, also where a flag keeps them from use; `novel_payoff`,
    `novel_innate_payoff` and `novel_plastic_payoff`, the same in environments in which nobody has ever lived, each with
    a row of its own that the cue names. Payoffs of a kind are nan where no locus is of that kind.

    Fields:
        num_environments: N.
        lasts: generations that all lives are spent in the same environment; 0 if each life has its own.
        cue: chance that the cue is right.
        loci: of a row, 1 to 64.
        population: lives a generation.
        generations: of the run; a multiple of `windows`.
        mutation: chance that an inherited act changes, in a birth.
        switching: chance that a flag changes, in a birth.
        price: of a plastic locus, in right acts.
        reliability: chance that a plastic locus finds the right act.
        feedback: whether trying tells right from wrong; without it a plastic locus is right half of the time.
        strength: what one right act adds to log fitness.
        start: genomes of the first generation: random; all loci innate and right; or all plastic, with random acts.
        windows: rows of the record.
    """

    version: ClassVar[int] = 1

    num_environments: int = 16
    lasts: int = 0
    cue: float = 1.0
    loci: int = 8
    population: int = 200
    generations: int = 6000
    mutation: float = 0.002
    switching: float = 0.002
    price: float = 0.25
    reliability: float = 0.95
    feedback: bool = True
    strength: float = 0.5
    start: Literal["random", "innate", "plastic"] = "random"
    windows: int = 12

    def __post_init__(self):
        for name, least in {"num_environments": 1, "lasts": 0, "population": 2, "windows": 1, "generations": 1}.items():
            self._check(name, getattr(self, name) >= least, f"it is at least {least}")
        for name in ("cue", "reliability", "mutation", "switching"):
            self._check(name, 0 <= getattr(self, name) <= 1, "a probability lies between 0 and 1")
        self._check("loci", 1 <= self.loci <= 64, "a row is a word of 1 to 64 bits")
        for name in ("price", "strength"):
            # beyond it fitness exceeds what a floating-point number holds
            self._check(name, 0 <= getattr(self, name) <= 100, "it lies between 0 and 100")
        self._check(
            "generations",
            self.generations % self.windows == 0,
            f"the {self.windows} windows of the record are equally long; give a multiple of {self.windows}",
        )

    def _check(self, name: str, valid: bool, rule: str):
        if not valid:
            raise ValueError(f"Plasticity({name}={getattr(self, name)!r}): {rule}.")

    @property
    def cost(self) -> float:
        """Nearly all of it is calls on small arrays, and copies of genomes."""
        return float(self.generations * (350_000 + self.population * (750 + 4 * self.num_environments)))

    @property
    def break_even(self) -> float:
        """Share of rows in which an innate locus must be right to leave as many offspring as a plastic one.

        At 1/2 or below plasticity never pays, since acts drawn at random are right as often.
        """
        gain = np.expm1(self.strength)
        plastic = (1 + self._chance * gain) * np.exp(-self.strength * self.price)
        return float((plastic - 1) / gain) if gain else np.nan

    def columns(self, seed: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        right = self._words(rng, (self.num_environments + NUM_NOVEL,))
        flags, table = self._first(rng, right)
        rows, sums = [], np.zeros(6)
        each = self.generations // self.windows
        for generation in range(self.generations):
            if self.lasts == 0:
                place = rng.integers(self.num_environments, size=self.population)
            elif generation % self.lasts == 0:
                place = np.full(self.population, rng.integers(self.num_environments))
            cued = self._cued(rng, place)
            counts = self._lived(rng, flags, table, right, place, cued)
            fitness = self._fitness(counts)
            sums += [*counts.sum(1), *self._selected(counts, fitness)]
            if (generation + 1) % each == 0:
                rows.append({"generation": generation + 1} | self._row(rng, flags, table, right, sums))
                sums = np.zeros(6)
            flags, table = self._born(rng, flags, table, fitness)
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}

    @property
    def _full(self) -> np.unsignedinteger:
        """A word in which the bits of all loci are set, of the smallest type that holds them."""
        return np.min_scalar_type(2**self.loci - 1).type(2**self.loci - 1)

    @property
    def _chance(self) -> float:
        """That a plastic locus acts right."""
        return self.reliability if self.feedback else 0.5

    def _words(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.integers(0, self._full, shape, self._full.dtype, endpoint=True)

    def _first(self, rng: np.random.Generator, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Flags `(population,)` and acts `(population, N + NUM_NOVEL)` of the first generation, as words."""
        flags, table = self._words(rng, (self.population,)), self._words(rng, (self.population, len(right)))
        if self.start == "innate":
            flags[:] = 0
            table[:, : self.num_environments] = right[: self.num_environments]
        if self.start == "plastic":
            flags[:] = self._full
        return flags, table

    def _cued(self, rng: np.random.Generator, place: np.ndarray) -> np.ndarray:
        """Environments that the cues of a generation name."""
        if self.cue == 1:
            return place
        named = rng.integers(self.num_environments, size=self.population)
        return np.where(rng.random(self.population) < self.cue, place, named)

    def _lived(self, rng, flags, table, right, place, cued) -> np.ndarray:
        """Loci of each life, `(4, population)`: innate, those of them that act right, plastic, those that find it."""
        plastic = np.bitwise_count(flags)
        found = rng.binomial(plastic, self._chance)
        acts = table[np.arange(self.population), cued]
        innate_right = np.bitwise_count(~(acts ^ right[place] | flags) & self._full)
        return np.array([self.loci - plastic, innate_right, plastic, found], float)

    def _fitness(self, counts: np.ndarray) -> np.ndarray:
        """Fitness of each life, as a share of the highest."""
        _, innate_right, plastic, found = counts
        payoff = innate_right + found - self.price * plastic
        return np.exp(self.strength * (payoff - payoff.max()))

    def _selected(self, counts: np.ndarray, fitness: np.ndarray) -> tuple[float, float]:
        """The sum over innate loci of what the other act would change in relative fitness, and their number."""
        innate, innate_right = counts[:2]
        loss, gain = -np.expm1(-self.strength), np.expm1(self.strength)
        changed = fitness @ (innate_right * loss + (innate - innate_right) * gain)
        return changed / fitness.mean(), innate.sum()

    def _born(self, rng, flags, table, fitness) -> tuple[np.ndarray, np.ndarray]:
        """The next generation."""
        wheel = np.cumsum(fitness)
        # sorted, since a search for sorted numbers is several times as fast
        parents = wheel.searchsorted(np.sort(rng.random(self.population)) * wheel[-1], side="right")
        # a product that rounds up to the end of the wheel is the last parent's
        flags, table = flags.take(parents, mode="clip"), table.take(parents, 0, mode="clip")
        _mutate(rng, flags, self.loci, self.switching)
        _mutate(rng, table, self.loci, self.mutation)
        return flags, table

    def _row(self, rng, flags, table, right, sums: np.ndarray) -> dict[str, float]:
        """The record of a window, at whose end each of its last generation lives a life in a novel environment, too."""
        novel = self.num_environments + rng.integers(NUM_NOVEL, size=self.population)
        payoffs = self._payoffs(sums[:4])
        elsewhere = self._payoffs(self._lived(rng, flags, table, right, novel, novel).sum(1))
        wrong = np.bitwise_count((table ^ right)[:, : self.num_environments])
        return {
            "plastic": sums[2] / (sums[0] + sums[2]),
            "right": 1 - wrong.mean() / self.loci,
            **payoffs,
            **{f"novel_{name}": value for name, value in elsewhere.items()},
            "selection": _ratio(sums[4], sums[5]),
        }

    def _payoffs(self, counts: np.ndarray) -> dict[str, float]:
        innate, innate_right, plastic, found = counts
        return {
            "payoff": (innate_right + found - self.price * plastic) / (innate + plastic),
            "innate_payoff": _ratio(innate_right, innate),
            "plastic_payoff": _ratio(found, plastic) - self.price,
        }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def _mutate(rng: np.random.Generator, words: np.ndarray, loci: int, rate: float):
    """Change each bit of all words with the same probability, independently, in place."""
    size, last, flat = words.size * loci, -1, words.reshape(-1)
    while rate > 0 and last < size:
        # gaps between changes are geometric: one number drawn a change, none for the many bits that stay
        expected = (size - last) * rate
        changed = last + np.cumsum(rng.geometric(rate, int(expected + 4 * np.sqrt(expected)) + 4))
        last = changed[-1]
        word, bit = np.divmod(changed[changed < size], loci)
        np.bitwise_xor.at(flat, word, np.left_shift(1, bit.astype(words.dtype), dtype=words.dtype))
