"""m,n,k-games and first moves in mazes against plain play, counts from the literature, and closed forms."""

import functools
import itertools
from collections import deque

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.stats import chisquare

from mesascope.power import ceiling, references, score
from mesascope.tasks import MazeMove, Mnk
from mesascope.tasks.mnk import decisions, most_positions

FOUR = Mnk(4, 4, 4, True)


def lines(rows, columns, length):
    for row, column, (down, right) in itertools.product(range(rows), range(columns), ((0, 1), (1, 0), (1, 1), (1, -1))):
        cells = [(row + i * down, column + i * right) for i in range(length)]
        if all(0 <= r < rows and 0 <= c < columns for r, c in cells):
            yield [r * columns + c for r, c in cells]


class Plain:
    """A game in strings of x (to move), o and dots, with alpha-beta: shares nothing with the solver."""

    def __init__(self, task: Mnk):
        self.rows, self.columns, self.gravity = task.rows, task.columns, task.gravity
        self.lines = list(lines(task.rows, task.columns, task.in_a_row))
        self.value = functools.cache(self.value)

    def moves(self, board: str) -> list[int]:
        if any(all(board[cell] == "o" for cell in line) for line in self.lines):
            return []
        free = [cell for cell, stone in enumerate(board) if stone == "."]
        lowest = (self.rows - 1) * self.columns
        return [c for c in free if not self.gravity or c >= lowest or board[c + self.columns] != "."]

    def after(self, board: str, cell: int) -> str:
        return (board[:cell] + "x" + board[cell + 1 :]).translate(str.maketrans("xo", "ox"))

    def value(self, board: str, alpha: int = -1, beta: int = 1) -> int:
        moves = self.moves(board)
        if not moves:
            return -1 if any(all(board[cell] == "o" for cell in line) for line in self.lines) else 0
        best = -1
        for cell in moves:
            best = max(best, -self.value(self.after(board, cell), -beta, -max(alpha, best)))
            if best >= beta:
                break
        return best

    def worth(self, board: str) -> dict[int, int]:
        return {cell: -self.value(self.after(board, cell)) for cell in self.moves(board)}

    def reached(self) -> set[str]:
        found, pending = set(), ["." * (self.rows * self.columns)]
        while pending:
            board = pending.pop()
            if board not in found:
                found.add(board)
                pending += [self.after(board, cell) for cell in self.moves(board)]
        return found


def drawn(own: int, other: int, cells: int) -> str:
    return "".join("x" if own >> i & 1 else "o" if other >> i & 1 else "." for i in range(cells))


def mask(cells) -> int:
    return sum(1 << cell for cell in cells)


def test_tic_tac_toe_has_the_positions_and_decisions_of_plain_play(goldens):
    plain, solved = Plain(Mnk()), decisions(3, 3, 3, False)
    reached = plain.reached()
    assert len(reached) == solved.positions == goldens["tictactoe"]["positions"]
    expected = {}
    for board in reached:
        worth = plain.worth(board)
        if len(set(worth.values())) > 1:
            best = {value: mask(c for c in worth if worth[c] == value) for value in (1, 0)}
            expected[board] = best[1], best[0]
    found = zip(*(part.tolist() for part in solved[:4]))
    assert {drawn(own, other, 9): (wins, draws) for own, other, wins, draws in found} == expected


@pytest.mark.parametrize(
    "size, positions, value",
    [
        ((3, 3, 3, False), 5478, 0),
        # three in a row on a longer board is the first player's
        ((3, 4, 3, False), None, 1),
        # connect four: John Tromp's counts of legal positions, 4 wide and 4 or 5 high; both are draws
        ((4, 4, 4, True), 161_029, 0),
        ((5, 4, 4, True), 1_706_255, 0),
    ],
)
def test_counts_and_values_are_those_of_the_literature(size, positions, value):
    solved = decisions(*size)
    assert positions in (None, solved.positions) and solved.value == value
    assert solved.positions <= most_positions(*size[:2], size[3])


@pytest.mark.parametrize("task, fewest", [(FOUR, 9), (Mnk(3, 4, 3), 5)], ids=["gravity", "free"])
def test_worths_of_moves_in_larger_games_are_those_of_plain_play(task, fewest):
    plain, solved = Plain(task), decisions(task.rows, task.columns, task.in_a_row, task.gravity)
    stones = np.bitwise_count(solved.own) + np.bitwise_count(solved.other)
    chosen = np.random.default_rng(0).choice(np.flatnonzero(stones >= fewest), 60, replace=False)
    for own, other, wins, draws in zip(*(part[chosen].tolist() for part in solved[:4])):
        worth = plain.worth(drawn(own, other, task.rows * task.columns))
        for value, found in ((1, wins), (0, draws)):
            assert found == mask(cell for cell in worth if worth[cell] == value)


def taught_by(task, instances, logits):
    """Observations, demonstrations, and the loss of logits against them."""

    @jax.jit
    def each(instance, answer):
        shown = task.demonstrate(instance)
        return task.observe(instance), shown, task.loss(shown, answer)

    return map(np.asarray, jax.vmap(each)(instances, jnp.asarray(logits)))


@pytest.mark.parametrize("task", [Mnk(), FOUR], ids=["tic-tac-toe", "connect four"])
def test_instances_show_their_legal_moves_and_are_worth_what_chance_says(task):
    """bits = P(a kept move) log2(legal / kept)."""
    instances = jax.vmap(task.draw)(jr.split(jr.key(1), 40))
    plain, tails = Plain(task), references(task, instances)
    logits = np.random.default_rng(2).normal(size=(40, task.rows, task.columns, 1)).astype(np.float32)
    found, best = score(task, instances, tails, logits), ceiling(task, instances, tails)
    seen, taught, lost = taught_by(task, instances, logits)
    for i in range(40):
        board = "".join(".xo"[stone] for stone in np.asarray(instances.board[i]).reshape(-1))
        worth = plain.worth(board)
        kept = [cell for cell in worth if worth[cell] == max(worth.values())]
        assert ["".join("_X"[int(v)] for v in column) for column in seen[i].reshape(-1, 4).T] == [
            "".join("X" if stone == "x" else "_" for stone in board),
            "".join("X" if stone == "o" else "_" for stone in board),
            "".join("X" if cell in worth else "_" for cell in range(len(board))),
            "X" * len(board),
        ]
        chances = np.exp(logits[i].reshape(-1).astype(float))
        chance = chances[kept].sum() / chances[list(worth)].sum()
        assert found.success[i] == pytest.approx(chance, rel=1e-6)
        assert best.bits[i] == pytest.approx(np.log2(len(worth) / len(kept)), rel=1e-9) and best.bits[i] > 0
        assert found.bits[i] == pytest.approx(chance * best.bits[i], rel=1e-6)
        assert lost[i] == pytest.approx(-np.log2(chances[kept].sum() / chances.sum()), rel=1e-4)
        shares = np.isin(np.arange(len(board)), kept) / len(kept)
        np.testing.assert_allclose(taught[i].reshape(-1), shares, rtol=1e-6)


def test_every_decision_is_drawn_alike():
    task = Mnk()
    instances = jax.vmap(task.draw)(jr.split(jr.key(3), 32_000))
    _, counts = np.unique(np.asarray(instances.board).reshape(-1, 9), axis=0, return_counts=True)
    assert len(counts) == task.num_instances == 3191
    assert chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"rows": 0}, "at least one row"),
        ({"in_a_row": 4}, "has to fit on it"),
        ({"in_a_row": 1}, "2 or more stones"),
        ({"rows": 6, "columns": 7, "in_a_row": 4, "gravity": True}, "too many to be solved"),
        ({"rows": 400, "columns": 400}, "over 64 cells have too many"),
        ({"rows": 4, "columns": 4}, "too many to be solved"),
    ],
)
def test_games_that_cannot_be_solved_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Mnk(**fields)


def test_a_game_without_decisions_is_refused():
    with pytest.raises(ValueError, match="in no position of this game"):
        Mnk(1, 2, 2).draw(jr.key(0))


def moves_to(passages, goal) -> dict[tuple[int, int], int]:
    rows, columns, _ = passages.shape
    far, pending = {goal: 0}, deque([goal])
    while pending:
        row, column = pending.popleft()
        # passages are the same from both sides
        for action, (down, right) in enumerate(((-1, 0), (0, 1), (1, 0), (0, -1))):
            there = row + down, column + right
            if passages[row, column, action] and there not in far:
                far[there] = far[row, column] + 1
                pending.append(there)
    return far


@pytest.mark.parametrize("task", [MazeMove(), MazeMove(4, 6, "uniform", 3)], ids=["depth-first", "uniform"])
def test_first_moves_in_mazes_are_decisions_and_worth_what_chance_says(task):
    instances = jax.jit(jax.vmap(task.draw))(jr.split(jr.key(4), 60))
    logits = np.random.default_rng(5).normal(size=(60, task.rows, task.columns, 4)).astype(np.float32)
    tails = references(task, instances)
    found, best = score(task, instances, tails, logits), ceiling(task, instances, tails)
    seen, taught, lost = taught_by(task, instances, logits)
    for i in range(60):
        one = jax.tree.map(lambda leaf: np.asarray(leaf[i]), instances)  # noqa: B023
        start, goal = (divmod(int(cell), task.columns) for cell in (one.start, one.goal))
        far = moves_to(one.passages, goal)
        sides = one.passages[start]
        nearer = [
            bool(sides[a]) and far[start[0] + down, start[1] + right] < far[start]
            for a, (down, right) in enumerate(((-1, 0), (0, 1), (1, 0), (0, -1)))
        ]
        assert far[start] >= task.min_distance and sides.sum() > 1
        assert one.kept.tolist() == nearer and sum(nearer) == 1
        chances = np.exp(logits[i][start].astype(float))
        chance = chances[nearer].sum() / chances[sides].sum()
        assert best.bits[i] == pytest.approx(np.log2(sides.sum()), rel=1e-9)
        assert found.bits[i] == pytest.approx(chance * best.bits[i], rel=1e-6)
        assert np.argwhere(seen[i][..., 6]).tolist() == [list(start)]
        assert np.argwhere(seen[i][..., 4]).tolist() == [list(goal)]
        assert np.argwhere(taught[i]).tolist() == [[*start, nearer.index(True)]]
        assert lost[i] == pytest.approx(-np.log2(chances[nearer].sum() / chances.sum()), rel=1e-4)


@pytest.mark.parametrize("fields", [{"rows": 1, "columns": 2}, {"min_distance": 13}, {"min_distance": 0}, {"rows": 0}])
def test_mazes_without_a_first_decision_are_refused(fields):
    with pytest.raises(ValueError, match="MazeMove.*half as many moves"):
        MazeMove(**fields)
