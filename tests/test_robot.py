"""The robot's language and its shortest programs, against an interpreter and searches written apart."""

import itertools
import math

import jax
import networkx as nx
import numpy as np
import pytest

from mesascope.organisms.robot import (
    FRONTIER,
    GENERAL,
    INSTRUCTION_SETS,
    InstructionSet,
    literal_bound,
    literal_program,
    robot_maze,
    shortest_programs,
    solves,
)
from mesascope.tasks import Maze
from mesascope.tasks.maze import MazeInstance, read_mazes

WITH, WITHOUT = INSTRUCTION_SETS["with a frontier"], INSTRUCTION_SETS["without a frontier"]
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))


def drawn(size, braid, count, seed=1000) -> list[MazeInstance]:
    task = Maze(size, size, "depth-first", braid, min(size, 4))
    rows = jax.tree.map(np.asarray, jax.jit(jax.vmap(task.draw))(jax.random.split(jax.random.key(seed), count)))
    return [MazeInstance(*(leaf[i] for leaf in rows)) for i in range(count)]


BRAIDED = drawn(6, 1.0, 12)
PERFECT = drawn(6, 0.0, 6)
LARGER = drawn(15, 1.0, 3, seed=1003)
"""In the last a dearer way to a place is the better one, as it leaves more moves for what follows."""


def graph(maze: MazeInstance) -> nx.Graph:
    found = nx.Graph()
    for row, column, side in np.argwhere(maze.passages):
        found.add_edge((row, column), (row + STEPS[side][0], column + STEPS[side][1]))
    return found


def ends(maze: MazeInstance):
    columns = maze.passages.shape[1]
    return divmod(int(maze.start), columns), divmod(int(maze.goal), columns)


class Plain:
    """The language once more, on a graph of cells, as it is described and with no thought of speed."""

    def __init__(self, maze: MazeInstance, limit: float | None):
        self.graph, (self.at, self.goal) = graph(maze), ends(maze)
        far = nx.shortest_path_length(self.graph, self.at, self.goal)
        self.most = 4 * self.graph.number_of_nodes() if limit is None else math.floor(limit * far + 1e-9)
        self.facing, self.walk, self.used = (-1, 0), 0, []
        self.marks, self.queue, self.held, self.eye = {self.goal: None}, [self.goal], None, 0

    def sides(self):
        up = self.facing
        right = (up[1], -up[0])
        order = [(-right[0], -right[1]), up, right, (-up[0], -up[1])]
        return [side for side in order if self.graph.has_edge(self.at, self.beyond(self.at, side))]

    def beyond(self, cell, side):
        return cell[0] + side[0], cell[1] + side[1]

    def leave(self, side):
        self.used.append((self.at, side))
        while True:
            self.at, self.facing, self.walk = self.beyond(self.at, side), side, self.walk + 1
            if self.at == self.goal or len(self.graph[self.at]) != 2 or self.walk > self.most:
                return
            (side,) = [s for s in self.sides() if s != (-self.facing[0], -self.facing[1])]

    def put(self, side):
        if self.held is not None:
            there = self.beyond(self.held, side)
            if self.graph.has_edge(self.held, there) and there not in self.marks:
                self.marks[there] = (-side[0], -side[1])
                self.queue.append(there)

    def do(self, word):
        sides, behind = self.sides(), (-self.facing[0], -self.facing[1])
        if word in ("first", "second", "third"):
            rank = ("first", "second", "third").index(word)
            if rank < len(sides):
                self.leave(sides[rank])
        elif word == "back" and behind in sides:
            self.leave(behind)
        elif word == "toward":
            ahead = [side for side in sides if side != behind] or sides
            gain = [np.dot(side, np.subtract(self.goal, self.at)) for side in ahead]
            self.leave(ahead[gain.index(max(gain))])
        elif word == "fresh":
            new = [side for side in sides if (self.at, side) not in self.used]
            self.leave(new[0] if new else sides[-1])
        elif word in ("take", "pop") and self.queue:
            self.held = self.queue.pop(0 if word == "take" else -1)
        elif word == "spread":
            for side in STEPS:
                self.put(side)
        elif word == "turn":
            self.eye += 1
        elif word == "put":
            self.put(STEPS[self.eye % 4])
        elif word == "follow" and self.marks.get(self.at):
            self.facing = self.marks[self.at]
            self.at, self.walk = self.beyond(self.at, self.facing), self.walk + 1

    def run(self, program, passes=400) -> bool:
        for _ in range(passes):
            for word in program:
                self.do(word)
                if self.at == self.goal:
                    return self.walk <= self.most
                if self.walk > self.most:
                    return False
        return False


def test_programs_run_as_the_language_is_described():
    generator = np.random.default_rng(0)
    every = InstructionSet((*WITH.words, "turn", "put"))
    solved = 0
    for number in range(600):
        program = tuple(generator.choice(every.words, generator.integers(1, 7)))
        maze = (BRAIDED + PERFECT)[number % 18]
        limit = (None, 1.0, 1.2, 3.0)[number % 4]
        expected = Plain(maze, limit).run(program)
        assert solves(robot_maze(maze, limit), program) == expected, (number, program)
        solved += expected
    assert 60 < solved < 540


@pytest.mark.parametrize("name", INSTRUCTION_SETS)
def test_codes_are_complete_prefix_codes(name):
    instructions = INSTRUCTION_SETS[name]
    code = instructions.code
    assert set(code) == {*instructions.words, "end"}
    for one, other in itertools.permutations(code.values(), 2):
        assert not other.startswith(one)
    assert sum(2.0 ** -len(bits) for bits in code.values()) == 1


@pytest.mark.parametrize("name", INSTRUCTION_SETS)
def test_programs_are_read_back_from_a_stream(name):
    instructions = INSTRUCTION_SETS[name]
    generator = np.random.default_rng(1)
    programs = [tuple(generator.choice(instructions.words, size).tolist()) for size in (0, 1, 5, 12)]
    stream = "".join(instructions.encode(program) for program in programs)
    assert len(stream) == sum(instructions.bits(program) for program in programs)
    for program in programs:
        found, stream = instructions.decode(stream)
        assert found == program
    assert stream == ""
    with pytest.raises(ValueError, match="ends before a program does"):
        instructions.decode(instructions.encode(("first",))[:-1])


def test_words_of_another_set_are_refused():
    with pytest.raises(ValueError, match="'take' is none of first, second"):
        WITHOUT.encode(("take",))


def bits_of(instructions, words) -> int:
    return sum(len(instructions.code[word]) for word in (*words, "end"))


@pytest.mark.parametrize("instructions", [WITH, WITHOUT], ids=["with", "without"])
def test_the_shortest_programs_are_those_of_trying_every_one(instructions):
    """Every program of at most 14 bits, none left out, run by the plain interpreter."""
    most = 14
    every, grown = [], [()]
    while grown:
        program = grown.pop()
        if bits_of(instructions, program) <= most:
            every.append(program)
            grown += [(*program, word) for word in instructions.words]
    assert len(every) > 300
    for maze in BRAIDED[:3]:
        found = shortest_programs(robot_maze(maze, 1.2), instructions, most)
        solving = [program for program in every if Plain(maze, 1.2).run(program, 60)]
        least = min((bits_of(instructions, program) for program in solving), default=None)
        assert found.bits == least
        assert set(found.programs) == {p for p in solving if bits_of(instructions, p) == least}


def test_a_path_is_spelled_out_as_cheaply_as_any_walk_can_be():
    """Against all walks within the limit, one move after the other: the least price of each number of moves."""

    def prices(maze, limit, price):
        plain = Plain(maze, limit)
        layer, least = {(plain.at, None): 0.0}, math.inf
        for _ in range(plain.most):
            after = {}
            for (at, came), spent in layer.items():
                around = list(plain.graph[at])
                stops = came is None or len(around) != 2
                for there in around:
                    if stops or there != came:
                        cost = spent + (price(plain, at, came, there, around) if stops else 0.0)
                        after[there, at] = min(cost, after.get((there, at), math.inf))
            least = min([least] + [spent for (at, _), spent in after.items() if at == plain.goal])
            layer = {place: spent for place, spent in after.items() if place[0] != plain.goal}
        return least

    def ways(plain, at, came, there, around):
        return math.log2(len(around) - (came is not None and len(around) > 1))

    def words(plain, at, came, there, around):
        plain.at, plain.facing = at, (-1, 0) if came is None else (at[0] - came[0], at[1] - came[1])
        rank = plain.sides().index((there[0] - at[0], there[1] - at[1]))
        behind = came is not None and there == came or came is None and there == (at[0] + 1, at[1])
        return min([2.0] * (rank < 3) + [5.0] * behind)

    for maze, limit in itertools.product(BRAIDED + LARGER, (1.0, 1.1, 1.2, 1.5)):
        asked = robot_maze(maze, limit)
        assert literal_bound(asked).bits == pytest.approx(prices(maze, limit, ways))
        spelled = literal_program(asked, WITH)
        assert spelled.bits == prices(maze, limit, words) + 5 == WITH.bits(spelled.program)
        assert solves(asked, spelled.program) and spelled.moves <= asked.limit


def test_hand_written_programs_do_what_their_names_say():
    for maze in BRAIDED + PERFECT:
        # breadth-first search walks a shortest path, whatever the limit
        for name in ("breadth-first search", "breadth-first, side by side"):
            assert solves(robot_maze(maze, 1.0), GENERAL[name][1])
    for maze in PERFECT:
        # a hand on the wall, and a search in any order, find the goal of every perfect maze
        for name in ("left hand", "depth-first search", "depth-first on foot"):
            assert solves(robot_maze(maze, None), GENERAL[name][1])
    searched = [solves(robot_maze(maze, 1.0), GENERAL["depth-first search"][1]) for maze in BRAIDED]
    assert not all(searched)
    assert {name: INSTRUCTION_SETS[kind].bits(program) for name, (kind, program) in GENERAL.items()} == {
        "left hand": 6,
        "toward the goal": 8,
        "depth-first on foot": 8,
        "depth-first search": 20,
        "breadth-first search": 20,
        "breadth-first, side by side": 57,
    }
    assert all(FRONTIER & set(GENERAL[name][1]) for name in GENERAL if "search" in name or "side" in name)


def test_a_run_ends_though_the_program_never_arrives():
    (maze,) = read_mazes("S...#\n.##.#\n....G")
    asked = robot_maze(maze, None)
    for program in ((), ("turn",), ("follow",), ("spread", "turn"), ("back",), ("back", "back"), ("take",)):
        assert not solves(asked, program)


def test_a_pass_in_which_only_the_gaze_turns_is_not_the_last():
    """The way into a dead end is seen by the fourth look only."""
    (maze,) = read_mazes("S...G")
    assert solves(robot_maze(maze, 1.0), ("put", "turn", "take", "follow"))


def test_a_limit_below_the_shortest_path_is_refused():
    with pytest.raises(ValueError, match=r"robot_maze\(limit=0.9\)"):
        robot_maze(BRAIDED[0], 0.9)
