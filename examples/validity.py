"""The measures against numbers from elsewhere: ours, theirs, and the difference.

    python examples/validity.py [FOLDER]

Writes FOLDER/tables/validity.csv (results/validity unless given), which docs/calibration.md shows. A few minutes on one
core, most of them the training of one `gridloop` by the recipe of `mesascope run diversity --profile quick`. Tests hold
every part but that one against `tests/goldens.json` or against a theorem.

References: Knuth (2008), The Art of Computer Programming 7.1.2 (circuits); von Oswald et al. (2022), one step of
gradient descent in context; Mingard et al. (2019), perceptrons with random weights; Valle-Perez et al. (2019), the
simplicity of random networks; Knutson et al. (2024), mazes other than those trained on.
"""

import csv
import dataclasses
import itertools
import json
import pathlib
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from mesascope.conditions import CONDITIONS, settings
from mesascope.lab import Training, train
from mesascope.models import AbstractModel, Feedforward
from mesascope.power import NormalSource, answer_all, ceiling, enumerate_play, references, score, split_tail
from mesascope.tasks import AbstractBranching, Maze, novel
from mesascope.tasks.maze import distances

GOLDENS = pathlib.Path(__file__).parent.parent / "tests" / "goldens.json"
AXIS = "no number; the axis is that of Knutson (2024)"
HEADS = ("check", "ours", "theirs", "difference", "whose number")


# two-armed bandits, played through by the meter of played tasks


class TwoArms(AbstractBranching):
    """Pulls of two arms that pay 0 or 1, with unknown chances that are uniform beforehand; utility is what is paid.

    A world is the number of wins and losses of either arm, whose posterior says what a pull may lead to.
    """

    version = 1
    num_actions = 2
    horizon: int = eqx.field(static=True, default=5)

    def draw(self, key):
        return jnp.int32(0)

    def identity(self, instance):
        return jnp.zeros(1, jnp.uint8)

    def episode(self, key, instance):
        return instance

    def reference(self, episode, dtype):
        raise NotImplementedError("values alone are compared")

    def optimum(self, episode, dtype):
        raise NotImplementedError("values alone are compared")

    def succeeded(self, outcomes):
        return jnp.sum(outcomes.weight * (outcomes.utility > 0), axis=-1)

    def start(self, episode):
        return jnp.zeros((2, 2), jnp.int32)

    def see(self, episode, world):
        return world.reshape(-1).astype(jnp.float32), jnp.ones(2, bool)

    def step(self, key, episode, world, action):
        worlds, chances = self.branch(episode, world, action)
        return worlds[jr.categorical(key, jnp.log(chances))]

    def branch(self, episode, world, action):
        won, lost = world[action, 0], world[action, 1]
        chance = (won + 1) / (won + lost + 2)
        worlds = jnp.stack([world.at[action, 0].add(1), world.at[action, 1].add(1)])
        return worlds, jnp.stack([chance, 1 - chance])

    def over(self, episode, world):
        return jnp.sum(world) >= self.horizon

    def utility(self, episode, world):
        return jnp.sum(world[:, 0]).astype(jnp.float32)


class Planned(AbstractModel):
    """Pulls the arm that a table names for what has been seen so far."""

    table: jax.Array

    def blank(self, observation):
        return ()

    def think(self, memory, observation):
        return memory

    def answer(self, memory, observation):
        return jnp.where(jnp.arange(2) == self.table[tuple(observation.astype(jnp.int32))], 0.0, -jnp.inf)

    def stages(self, observation, thinking):
        return observation[None]


def bandit_value(horizon: int) -> float:
    """Mean payoff of the best plan, which is made by backward induction and then played through every branch."""
    side = horizon + 2
    value, table = np.zeros((side,) * 4), np.zeros((side,) * 4, int)
    for pulls in range(horizon - 1, -1, -1):
        for place in itertools.product(range(pulls + 1), repeat=4):
            if sum(place) == pulls:
                worths = [_pull(value, place, arm) for arm in (0, 1)]
                value[place], table[place] = max(worths), int(np.argmax(worths))
    played = enumerate_play(TwoArms(horizon), Planned(jnp.array(table)), jnp.int32(0))
    return float(np.sum(played.weight * played.utility))


def _pull(value, place, arm: int) -> float:
    won, lost = place[2 * arm : 2 * arm + 2]
    chance, after = (won + 1) / (won + lost + 2), [list(place), list(place)]
    after[0][2 * arm] += 1
    after[1][2 * arm + 1] += 1
    return chance * (1 + value[tuple(after[0])]) + (1 - chance) * value[tuple(after[1])]


# one step of gradient descent on examples in context


def one_step_loss(draws: int = 200_000, seed: int = 0) -> tuple[float, float]:
    """The rate of the best single step of gradient descent on 10 examples of dimension 10, and its mean squared error.

    Inputs are uniform between -1 and 1, targets linear without noise, weights standard normal.
    """
    input_key, weight_key, query_key = jr.split(jr.key(seed), 3)
    inputs = jr.uniform(input_key, (draws, 10, 10), minval=-1, maxval=1)
    weights, query = jr.normal(weight_key, (draws, 10)), jr.uniform(query_key, (draws, 10), minval=-1, maxval=1)

    def loss(guess, x, y):
        return jnp.mean(jnp.square(x @ guess - y)) / 2

    down = -jax.vmap(jax.grad(loss), (None, 0, 0))(jnp.zeros(10), inputs, jnp.einsum("dni,di->dn", inputs, weights))
    step, target = jnp.sum(down * query, axis=1), jnp.sum(weights * query, axis=1)
    rate = jnp.sum(step * target) / jnp.sum(step**2)
    return float(rate), float(jnp.mean(jnp.square(rate * step - target)))


# perceptrons and networks with random weights


def perceptron_bits(ones: tuple[int, ...], inputs: int = 7, particles: int = 1000) -> list[float]:
    """Bits of a perceptron's saying yes to so many of all 2^n inputs at least, by splitting over its random weights."""
    points = jnp.array(list(itertools.product((0.0, 1.0), repeat=inputs)))
    source = NormalSource(lambda key: jr.normal(key, (inputs,)), lambda weights: jnp.sum(points @ weights > 0))
    tail = split_tail(source, max(ones), np.random.default_rng(0), particles)
    return (-np.asarray(tail.log2_survival(np.array(ones, float)).value)).tolist()


def lempel_ziv(text: str) -> float:
    """Complexity of a text of 0 and 1 in bits: log2 of its length times its words, the mean of both directions."""
    if len(set(text)) == 1:
        return float(np.log2(len(text)))
    return float(np.log2(len(text)) * (_words(text) + _words(text[::-1])) / 2)


def _words(text: str) -> int:
    """Words of the parsing of Lempel & Ziv (1976): each the shortest that does not occur before its own end."""
    count, begin = 0, 0
    while begin < len(text):
        end = begin + 1
        while end <= len(text) and text[begin:end] in text[: end - 1]:
            end += 1
        count, begin = count + 1, end
    return count


def simplicity(draws: int = 100_000, seed: int = 0) -> tuple[float, float, float]:
    """How the most probable function of each complexity K falls off among our own networks' first weights.

    Returns:
        a of P = 2^-(a K + b) by least squares over the most probable function of each K up to where draws reach; a of
        the bound by counting, log2 of the number of functions over their greatest K; and the rank correlation of K and
        log2 P over all functions that were found twice.
    """
    from scipy.stats import spearmanr

    points = jnp.array(list(itertools.product((0.0, 1.0), repeat=7)))[:, None]
    architecture = Feedforward(kind="perceptron", depth=2, channels=40)

    def function(key):
        network = architecture.init(key, points, 2)
        logits = jax.vmap(lambda x: network.answer((), x))(points)[:, 0]
        return jnp.packbits(logits[:, 0] > logits[:, 1])

    drawn = jax.jit(lambda keys: jax.lax.map(function, keys, batch_size=256))(jr.split(jr.key(seed), draws))
    found, counts = np.unique(np.asarray(drawn), axis=0, return_counts=True)
    texts = ["".join(map(str, np.unpackbits(row))) for row in found[counts > 1]]
    bits, chances = np.array([lempel_ziv(text) for text in texts]), np.log2(counts[counts > 1] / draws)
    levels = np.unique(bits)
    best = np.array([np.max(chances[bits == level]) for level in levels])
    generator = np.random.default_rng(seed)
    most = max(lempel_ziv("".join(map(str, generator.integers(0, 2, 128)))) for _ in range(200))
    # where few draws are left the most probable one is a matter of luck
    reached = best > np.log2(8 / draws)
    return -float(np.polyfit(levels[reached], best[reached], 1)[0]), 128 / most, float(spearmanr(bits, chances)[0])


# the least circuits of functions of four inputs


def circuit_sizes(most: int = 7) -> list[int]:
    """Number of functions of four inputs whose least circuit has 0, 1, ... gates, any gates of two inputs.

    All sets of up to five gates are made, up to the names of the inputs, and a sixth gate on top of each. What is left
    has seven gates where the search finds a circuit of seven, else it is not counted.

    Args:
        most: gates up to which functions are counted.
    """
    # a function and its complement cost the same: those that are false where all inputs are stand for both
    inputs = np.array([sum(((place >> i) & 1) << place for place in range(16)) for i in range(4)], np.int32)
    known = np.zeros(1 << 16, bool)
    known[[0, *inputs]] = True
    circuits, sizes, renamed = np.zeros((1, 0), np.int32), [5], _renamings()
    for gates in range(1, min(most, 6) + 1):
        before = np.sum(known)
        for part in _parts(circuits):
            known[_gates(_signals(part, inputs))] = True
        _renamed_too(known, renamed)
        sizes.append(int(np.sum(known) - before))
        if gates < min(most, 6):
            circuits = _extended(circuits, inputs, renamed if gates < 5 else renamed[:0])
    if most < 7:
        return [2 * size for size in sizes]
    before = np.sum(known)
    for part in _parts(np.random.default_rng(0).permutation(circuits), 2000):
        # the sixth gate feeds the seventh, or it would not be needed
        for sixth in _gates(_signals(part, inputs)).T:
            known[_gates(_signals(part, inputs), sixth)] = True
        _renamed_too(known, renamed)
        if np.sum(known) == 1 << 15:
            break
    sizes.append(int(np.sum(known) - before))
    return [2 * size for size in sizes]


def _renamed_too(known: np.ndarray, renamed: np.ndarray) -> None:
    found = np.flatnonzero(known)
    for table in renamed:
        known[table[found]] = True


def _parts(rows: np.ndarray, size: int = 50_000):
    return (rows[begin : begin + size] for begin in range(0, len(rows), size))


def _signals(circuits: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    return np.concatenate([circuits, np.broadcast_to(inputs, (len(circuits), 4))], axis=1)


def _gates(signals: np.ndarray, one: np.ndarray | None = None) -> np.ndarray:
    """All that one gate makes of two of the signals of each row, or of a given one and each of them."""
    columns = signals.T
    pairs = itertools.combinations(columns, 2) if one is None else ((one, other) for other in columns)
    return np.stack([made for a, b in pairs for made in (a & b, a & ~b, ~a & b, a | b, a ^ b)], axis=1)


def _renamings() -> np.ndarray:
    """`(23, 65536)`: each function with its inputs renamed, in all ways but the one that changes nothing."""
    places, functions, tables = np.arange(16), np.arange(1 << 16), []
    for order in itertools.permutations(range(4)):
        moved = sum(((places >> i) & 1) << order[i] for i in range(4))
        tables.append(sum(((functions >> int(moved[place])) & 1) << place for place in range(16)))
    return np.array(tables[1:], np.int32)


def _extended(circuits: np.ndarray, inputs: np.ndarray, renamed: np.ndarray) -> np.ndarray:
    """Sets with one gate more, as sorted rows; of those that renaming makes equal, one."""
    fresh = _gates(_signals(circuits, inputs))
    rows = np.concatenate([np.repeat(circuits, fresh.shape[1], axis=0), fresh.reshape(-1, 1)], axis=1)
    rows = np.sort(rows, axis=1)
    useful = ~np.isin(rows, [0, *inputs]).any(axis=1) & (np.diff(rows, axis=1) > 0).all(axis=1)
    rows = rows[useful]
    if len(renamed):
        codes = np.min([_codes(rows)] + [_codes(np.sort(table[rows], axis=1)) for table in renamed], axis=0)
        rows = rows[np.unique(codes, return_index=True)[1]]
    return rows


def _codes(rows: np.ndarray) -> np.ndarray:
    """One number a row of up to four functions, each of which is even."""
    return sum((rows[:, i].astype(np.int64) >> 1) << (15 * i) for i in range(rows.shape[1]))


# mazes other than those trained on


def flagship(size: int = 4096, seed: int = 0) -> tuple[Training, AbstractModel]:
    """A `gridloop` of the flagship's recipe, trained on so many mazes, and its trial."""
    trial = settings(CONDITIONS["diversity"], "quick", {}).trial("gridloop", size, seed)
    return trial, train(trial).checkpoints[-1].model


def axes(task: Maze) -> dict[str, tuple[Maze, str]]:
    """Mazes that differ from a task in one way: the task to draw from, and where paths start."""
    larger = dataclasses.replace(task, rows=2 * task.rows - 3, columns=2 * task.columns - 3, horizon=4 * task.horizon)
    return {
        "as in training": (task, "anywhere"),
        "starts in dead ends": (task, "dead end"),
        "a third of dead ends opened (loops)": (dataclasses.replace(task, braid=1 / 3), "anywhere"),
        "all dead ends opened": (dataclasses.replace(task, braid=1.0), "anywhere"),
        f"{larger.rows} x {larger.columns}": (larger, "anywhere"),
    }


def share_on(task: Maze, where: str, model: AbstractModel, thinking: int) -> tuple[float, float]:
    """Share of the ceiling in bits, and of goals reached in time, on the evaluation set of a task."""
    instances = novel(task)
    if where == "dead end":
        instances = instances._replace(start=dead_ends(task, instances))
    tails = references(task, instances)
    logits = answer_all(task, thinking, model, instances, False)
    found, best = score(task, instances, tails, logits, 1.0), ceiling(task, instances, tails)
    return float(np.mean(found.bits) / np.mean(best.bits)), float(np.mean(found.success))


def dead_ends(task: Maze, instances) -> np.ndarray:
    """The dead end of each maze that is farthest from its goal."""
    far = np.asarray(jax.vmap(lambda i: distances(i.passages, i.goal))(instances)).reshape(len(instances.goal), -1)
    ends = np.asarray(instances.passages).sum(axis=-1).reshape(far.shape) == 1
    return np.argmax(np.where(ends, far, -1), axis=1).astype(np.int32)


def rows() -> list[tuple]:
    """Every check: name, our number, theirs, and whose it is."""
    golden = json.loads(GOLDENS.read_text(encoding="utf-8"))
    found = []
    theirs = [functions for _, functions in golden["circuits_4_inputs_size"]]
    for gates, (ours, known) in enumerate(zip(circuit_sizes(), theirs, strict=True)):
        found.append((f"functions of 4 inputs with {gates} gates", ours, known, "Knuth (2008)"))
    for pulls, known in golden["bandit_two_arm_bayes"].items():
        ours = round(bandit_value(int(pulls)), 6)
        found.append((f"two arms, {pulls} pulls: mean payoff of the best plan", ours, round(known, 6), "exact"))
    known = golden["linear_attention"]["uniform_d10_N10"]
    for name, ours, number in zip(("rate", "squared error"), one_step_loss(), (known["eta"], known["mse"])):
        found.append((f"one step of descent in context: {name}", round(ours, 4), round(number, 4), "von Oswald (2022)"))
    ones = (32, 64, 96, 120, 127)
    for count, ours in zip(ones, perceptron_bits(ones)):
        number = round(float(7 - np.log2(128 - count)), 3)
        found.append((f"random perceptron of 7 inputs: bits of {count} ones", round(ours, 3), number, "Mingard (2019)"))
    slope, bound, correlation = simplicity()
    found.append(
        (
            "random networks of 7 inputs: slope a of 2^-(aK+b)",
            round(slope, 2),
            round(bound, 2),
            "bound by counting, Valle-Perez (2019)",
        )
    )
    found.append(
        (
            "the same: rank correlation of K and probability",
            round(correlation, 2),
            None,
            "no number; Valle-Perez (2019): below 0",
        )
    )
    trial, model = flagship()
    for name, (task, where) in axes(trial.task).items():
        for thoughts in (trial.thinking, 4 * trial.thinking) if task.rows > trial.task.rows else (trial.thinking,):
            share, success = share_on(task, where, model, thoughts)
            name_of = f"gridloop, N = {trial.num_instances}, {thoughts} thoughts, {name}"
            found.append((f"{name_of}: share of the ceiling", round(share, 2), None, AXIS))
            found.append((f"{name_of}: goals reached", round(success, 2), None, AXIS))
    return found


def main(folder: pathlib.Path) -> None:
    """Computes every check and writes the table."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    made = [(n, o, t, None if t is None else round(o - t, 6), w) for n, o, t, w in rows()]
    with open(folder / "tables" / "validity.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADS, *made])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path("results/validity"))
