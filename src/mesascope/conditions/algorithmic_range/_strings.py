"""What strings ask for: how far reflexes go, and how answers fall off with length."""

from collections.abc import Iterable

import jax
import numpy as np

from ...tasks import Strings, novel, tempering
from ._read import Known, from_chance

WINDOWS = (1, 2, 3)
"""Symbols that a reflex sees: its own and those before it."""


def reflex_way(rule: str, window: int) -> float:
    """How far a reflex goes on longer strings: the commonest answer to what it sees, counted on other strings."""
    task = Strings(rule).beyond()
    counts: dict[tuple, np.ndarray] = {}
    for string in _windows(task, tempering(task), window):
        for seen, answer in string:
            counts.setdefault(seen, np.zeros(task.num_actions))[answer] += 1
    best = {seen: int(np.argmax(count)) for seen, count in counts.items()}
    share = np.mean([np.mean([best.get(s) == a for s, a in string]) for string in _windows(task, novel(task), window)])
    chance = 1 / task.num_actions
    return float((share - chance) / (1 - chance))


def _windows(task: Strings, instances, window: int) -> Iterable[list[tuple[tuple, int]]]:
    """Of each string, each symbol with those before it (-1 before the beginning), and what is right."""
    answers = np.asarray(jax.vmap(task.right)(instances))
    for symbols, length, right in zip(instances.symbols.tolist(), instances.length.tolist(), answers.tolist()):
        padded = [-1] * (window - 1) + symbols
        yield [(tuple(padded[place : place + window]), right[place]) for place in range(length)]


def by_length(known: Known) -> list[dict]:
    """The way from chance to all right at each length, the mean over rules and seeds."""
    found: dict[int, list[float]] = {}
    for ledger in (ledger for ledgers in known.strings.values() for ledger in ledgers):
        task = ledger.record.trial.task
        for view, of in (("novel-tempered", task), ("beyond", task.beyond())):
            lengths = novel(of).length
            shares = {i: bits / np.log2(task.num_actions) for i, bits in ledger.instances(view).items()}
            for length in np.unique(lengths):
                chosen = [shares[i] for i in np.flatnonzero(lengths == length).tolist()]
                found.setdefault(int(length), []).append(from_chance(float(np.mean(chosen)), ledger))
    return [
        {"architecture": known.name, "length": length, "way": float(np.mean(values))}
        for length, values in sorted(found.items())
    ]
