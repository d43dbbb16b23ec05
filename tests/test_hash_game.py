"""The game of hashes against hashlib and a player written apart, in plain Python."""

import hashlib
import itertools
import math
import pathlib

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from mesascope.computations import HashSearch, HashValue
from mesascope.conditions.hash_game import LEARNED, SEARCH, SHOWN, STORED, HashGame as Claim
from mesascope.lab import AbstractRecords, Computation, novel
from mesascope.power import ceiling, references, score
from mesascope.tasks import HashGame
from mesascope.tasks._sha256 import sha256


@pytest.mark.parametrize("length", [0, 1, 33, 55])
def test_digests_are_those_of_hashlib(length):
    messages = np.random.default_rng(length).integers(0, 256, (5, 7, length), dtype=np.uint8)
    digests = np.asarray(sha256(jnp.asarray(messages)))
    assert digests.shape == (5, 7, 32)
    for index in np.ndindex(5, 7):
        assert bytes(digests[index]) == hashlib.sha256(messages[index].tobytes()).digest()


def test_a_message_of_two_blocks_is_refused():
    with pytest.raises(ValueError, match=r"sha256\(message of 56 bytes\): one block holds at most 55"):
        sha256(jnp.zeros(56, jnp.uint8))


def _after(string: bytes, course) -> bytes:
    for letter in course:
        string = hashlib.sha256(string + letter).digest()
    return string


def _value(string: bytes, left: int, turn: int, task: HashGame) -> int:
    """Whether the agent wins with best play on both sides."""
    if left == 0:
        bits = int.from_bytes(string, "big") >> (256 - task.ones)
        won = bits == 2**task.ones - 1
        return int(won if task.side == 1 else not won)
    values = [_value(_after(string, [letter]), left - 1, turn + 1, task) for letter in (b"A", b"B")]
    return max(values) if task.players == 1 or turn % 2 == task.side - 1 else min(values)


def _chance(string: bytes, node: int, left: int, turn: int, task: HashGame, policy) -> float:
    """The chance to win with a policy over nodes (numbered as in a heap), against one who keeps the value."""
    if left == 0:
        return _value(string, 0, turn, task)
    following = [_after(string, [letter]) for letter in (b"A", b"B")]
    if task.players == 1 or turn % 2 == task.side - 1:
        weights = policy[node]
    else:
        values = [_value(after, left - 1, turn + 1, task) for after in following]
        weights = [value == min(values) for value in values]
        weights = [weight / sum(weights) for weight in weights]
    chances = [_chance(after, 2 * node + 1 + k, left - 1, turn + 1, task, policy) for k, after in enumerate(following)]
    return sum(weight * chance for weight, chance in zip(weights, chances))


GAMES = [HashGame(turns=4, ones=3), HashGame(turns=4, players=2, side=1), HashGame(turns=3, players=2, side=2)]


@pytest.mark.parametrize("task", GAMES, ids=lambda t: f"{t.turns}-{t.ones}-{t.players}-{t.side}")
def test_outcomes_reference_and_ceiling_agree_with_plain_play(task):
    instances = jax.vmap(task.draw)(jr.split(jr.key(3), 12))
    policies = np.random.default_rng(0).dirichlet([1, 1], (12, 2**task.turns - 1))
    tails = references(task, instances)
    found = score(task, instances, tails, np.log(policies)[:, :, None])
    best = ceiling(task, instances, tails)
    for i in range(12):
        start = bytes(np.asarray(instances.strings[i, 0]))
        courses = itertools.product((b"A", b"B"), repeat=2)
        for place, course in zip(range(3, 7), courses):
            assert bytes(np.asarray(instances.strings[i, place])) == _after(start, course)
        assert _value(start, task.turns, 0, task) == 1
        arguments = (start, 0, task.turns, 0, task)
        chance = _chance(*arguments, policies[i])
        by_chance = _chance(*arguments, np.full(policies[i].shape, 0.5))
        assert found.success[i] == pytest.approx(chance, rel=1e-6)
        assert best.bits[i] == pytest.approx(-math.log2(by_chance), rel=1e-9) and best.success[i] == 1
        assert found.bits[i] == pytest.approx(chance * -math.log2(by_chance), rel=1e-6)


def test_searching_the_last_turns_wins_as_often_as_independent_hashes_say():
    """With one player and k bits: 1 - (1 - 2^-k)^(2^d) of random strings after d turns of perfect play."""
    task = HashGame(turns=5, ones=3)
    starts = jr.bits(jr.key(5), (1500, 32), jnp.uint8)
    instances = jax.lax.map(task.grown, starts, batch_size=100)
    level = np.floor(np.log2(np.arange(1, 32)))
    best = np.asarray(jax.vmap(task.best)(instances))
    for depth in (0, 1, 3, 4):
        seen = (5 - level <= depth)[None, :, None]
        logits = jnp.asarray(np.where(seen & ~best, -50.0, 0.0)[:, :, None])
        won = jax.vmap(lambda i, a: task.outcomes(i, a).weight[1])(instances, logits)
        expected = 1 - (1 - 1 / 8) ** (2**depth)
        # 32 endings of a string are not independent: four standard errors of the strings' own spread
        assert float(jnp.mean(won)) == pytest.approx(expected, abs=4 * float(jnp.std(won)) / 1500**0.5)


def _searching(start: bytes, depth: int, task: HashGame) -> list[list[float]]:
    """The policy over nodes that plays the last turns perfectly, and at random before."""
    policy = []
    for turn in range(task.turns):
        for course in itertools.product((b"A", b"B"), repeat=turn):
            node, left = _after(start, course), task.turns - turn
            values = [_value(_after(node, [letter]), left - 1, turn + 1, task) for letter in (b"A", b"B")]
            kept = [left > depth or value == max(values) for value in values]
            policy.append([chosen / sum(kept) for chosen in kept])
    return policy


@pytest.mark.parametrize("task", GAMES, ids=lambda t: f"{t.turns}-{t.ones}-{t.players}-{t.side}")
def test_searches_and_values_are_those_of_plain_play(task):
    fields = task.turns, task.ones, task.players, task.side
    found = HashSearch(*fields).columns(0)
    starts = [bytes(row) for row in np.asarray(novel(task).strings[:, 0])]
    chances = {
        depth: [_chance(s, 0, task.turns, 0, task, _searching(s, depth, task)) for s in starts]
        for depth in found["depth"]
    }
    worth = -np.log2(chances[0])
    for depth, bits in zip(found["depth"], found["bits"]):
        assert bits == pytest.approx(np.mean(chances[depth] * worth), rel=1e-6)
    assert found["depth"].tolist() == [*range(task.turns + 1)]
    assert found["ceiling"] == pytest.approx(np.mean(worth), rel=1e-6)
    random = np.asarray(jr.bits(jr.key(3), (1024, 32), jnp.uint8))
    won = HashValue(*fields).columns(3)["won"]
    assert won.tolist() == [_value(bytes(string), task.turns, 0, task) == 1 for string in random]
    assert 0 < np.mean(won) < 1


def test_a_node_sees_its_own_string_and_nothing_else():
    task = HashGame(turns=3)
    one = task.grown(jnp.arange(32, dtype=jnp.uint8))
    seen = np.asarray(task.observe(one))
    assert seen.shape == (7, 1, 259) and seen.dtype == np.float32
    for node in range(7):
        bits = np.unpackbits(np.asarray(one.strings[node]))
        np.testing.assert_array_equal(seen[node, 0, :256] > 0, bits == 1)
        assert set(seen[node, 0, :256].tolist()) <= {-1.0, 1.0}
        assert np.argmax(seen[node, 0, 256:]) == int(math.log2(node + 1))
    shown = HashGame(turns=3, show_answer=True)
    np.testing.assert_array_equal(shown.observe(one)[:, 0, 259:], shown.best(one))


def test_every_string_can_be_won_and_no_two_are_the_same():
    task = HashGame(turns=4, ones=4)
    instances = novel(task)
    assert np.all(np.any(instances.won, axis=1))
    assert len({bytes(row) for row in instances.strings[:, 0]}) == 256


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"turns": 0}, "1 to 12 turns"),
        ({"turns": 13}, "1 to 12 turns"),
        ({"ones": 17}, "1 to 16 bits"),
        ({"side": 2}, "there is no such player"),
    ],
)
def test_impossible_games_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        HashGame(**fields)


class _Going(AbstractRecords):
    """Records of networks that go a known share of the way, by arm; the null is half a bit, the ceiling one."""

    path = pathlib.Path("invented")

    def __init__(self, ways):
        self.ways = ways

    def __contains__(self, trial):
        return True

    def all_trials(self):
        return CLAIM.sweep()

    def values(self, trial):
        summary = [{"view": f"{view}-ceiling", "step": 0, "index": 0, "bits": 1.0} for view in ("own", "novel")]
        if not isinstance(trial, Computation):
            ((arm, _),) = [cell for cell, seeds in CLAIM.plan().items() if [trial] in seeds.values()]
            bits = 0.5 + 0.5 * self.ways.get(arm, 1.0) + 0.01 * trial.seed
            summary += [{"view": view, "step": 0, "index": 0, "bits": bits} for view in ("own", "novel-tempered")]
        return {"status": "finished", "steps": 0, "summary": summary}

    def metrics(self, trial):
        reached = 0.5 + 0.5 * self.ways.get(SEARCH, 1.0)
        return {"bits": np.array([0.5, reached]), "ceiling": np.ones(2), "won": np.array([True])}


CLAIM = Claim(games=("first bit",), turns=1, seeds=3)


@pytest.mark.parametrize(
    "ways, outcome, said",
    [
        ({LEARNED: 0.0}, "supported", "of what is lacking is held against 0.9"),
        ({LEARNED: 0.3}, "contradicted", "go at least 0.9 of the way on every game"),
        ({LEARNED: 0.08}, "inconclusive", "held against 0.9"),
        ({LEARNED: 0.0, STORED: 0.5}, "inconclusive", f"“{STORED}” goes on the game “first bit” is 0.52"),
        ({LEARNED: 0.0, SHOWN: 0.5}, "inconclusive", f"“{SHOWN}” goes on the game “first bit” is 0.52"),
        ({LEARNED: 0.0, SEARCH: 0.5}, "inconclusive", "“search” goes on the game “first bit” is 0.50"),
    ],
)
def test_a_failure_to_learn_says_something_where_all_else_succeeds(ways, outcome, said):
    finding = CLAIM.analyse(_Going(ways))
    assert finding.verdict == outcome and said in finding.reason
    # seed s goes 0.02 s further than the first
    assert finding.effect.value == pytest.approx(1 - ways[LEARNED] - 0.02)
