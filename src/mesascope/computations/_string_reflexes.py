"""How far reflexes go on strings that are longer than those trained on."""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import jax
import numpy as np

from ..tasks import Rule, Strings, novel, tempering
from ._base import AbstractComputation


@dataclasses.dataclass(frozen=True)
class StringReflexes(AbstractComputation):
    """The commonest answer to what a reflex sees, counted on some strings and tried on others.

    A reflex sees a symbol and a few before it. Columns: symbols that it sees, its own among them; way, how far it goes
    from chance (0) to all answers right (1).

    Fields:
        rule: of the strings.
        widest: most symbols that a reflex sees.
    """

    version: ClassVar[int] = 1

    rule: Rule = "parity"
    widest: int = 3

    def __post_init__(self):
        if self.widest < 1:
            raise ValueError(f"StringReflexes(widest={self.widest}): a reflex sees its own symbol; choose 1 or more.")

    @property
    def cost(self) -> float:
        return 1e10

    def columns(self, seed: int) -> dict[str, np.ndarray]:
        task = Strings(self.rule).beyond()
        counted, tried = ((instances, jax.vmap(task.right)(instances)) for instances in (tempering(task), novel(task)))
        symbols = np.arange(1, self.widest + 1)
        return {"symbols": symbols, "way": np.array([_way(task.num_actions, counted, tried, n) for n in symbols])}


def _way(num_actions: int, counted, tried, symbols: int) -> float:
    counts: dict[tuple, np.ndarray] = {}
    for string in _windows(*counted, symbols):
        for seen, answer in string:
            counts.setdefault(seen, np.zeros(num_actions))[answer] += 1
    best = {seen: int(np.argmax(count)) for seen, count in counts.items()}
    share = np.mean([np.mean([best.get(s) == a for s, a in string]) for string in _windows(*tried, symbols)])
    return float((share - 1 / num_actions) / (1 - 1 / num_actions))


def _windows(instances, answers, symbols: int) -> Iterable[list[tuple[tuple, int]]]:
    """Of each string, each symbol with those before it (-1 before the beginning), and what is right."""
    rows = zip(instances.symbols.tolist(), instances.length.tolist(), np.asarray(answers).tolist())
    for shown, length, right in rows:
        padded = [-1] * (symbols - 1) + shown
        yield [(tuple(padded[place : place + symbols]), right[place]) for place in range(length)]
