"""Mazes are what they are said to be; trees are held against networkx and Kirchhoff's theorem."""

import functools

import jax
import jax.numpy as jnp
import jax.random as jr
import networkx as nx
import numpy as np
import pytest
from scipy.stats import chisquare

from mesascope.tasks.maze import (
    MOVES,
    UNREACHABLE,
    Maze,
    aldous_broder,
    braid,
    depth_first,
    distances,
    open_grid,
    shortest_moves,
)


def graph_of(passages: np.ndarray) -> nx.DiGraph:
    rows, columns, _ = passages.shape
    graph = nx.DiGraph()
    graph.add_nodes_from(range(rows * columns))
    for row in range(rows):
        for column in range(columns):
            for action, (down, right) in enumerate(MOVES):
                if passages[row, column, action]:
                    assert 0 <= row + down < rows and 0 <= column + right < columns, "a passage leads outside"
                    graph.add_edge(row * columns + column, (row + down) * columns + column + right)
    return graph


@functools.lru_cache
def mazes(generate, rows: int, columns: int, count: int) -> np.ndarray:
    return np.asarray(jax.jit(jax.vmap(lambda key: generate(key, rows, columns)))(jr.split(jr.key(3), count)))


@pytest.mark.parametrize("generate", [aldous_broder, depth_first])
@pytest.mark.parametrize("shape", [(2, 1), (1, 6), (3, 5), (7, 7)])
def test_mazes_are_spanning_trees(generate, shape):
    for passages in mazes(generate, *shape, 32):
        graph = graph_of(passages)
        assert nx.utils.graphs_equal(graph, graph.reverse()), "passages lead both ways"
        assert nx.is_tree(graph.to_undirected())


def test_uniform_mazes_are_uniform_among_all_spanning_trees():
    count = 19_200
    found = mazes(aldous_broder, 3, 3, count).reshape(count, -1)
    _, frequency = np.unique(found, axis=0, return_counts=True)
    laplacian = nx.laplacian_matrix(nx.grid_2d_graph(3, 3)).toarray()
    trees = round(np.linalg.det(laplacian[1:, 1:]))
    assert len(frequency) == trees == 192
    assert chisquare(frequency).pvalue > 1e-3


def test_depth_first_mazes_have_longer_corridors_than_uniform_ones():
    degree = [mazes(generate, 7, 7, 256).sum(-1) for generate in (aldous_broder, depth_first)]
    uniform, deep = (np.mean(d == 2) for d in degree)
    assert deep > uniform + 0.1


@pytest.mark.parametrize("share, left", [(0.0, 1.0), (1.0, 0.0)])
def test_braiding_opens_that_share_of_the_dead_ends(share, left):
    trees = mazes(depth_first, 6, 6, 32)
    braided = np.asarray(jax.vmap(lambda key, p: braid(key, p, share))(jr.split(jr.key(1), 32), jnp.asarray(trees)))
    before, after = (np.sum(passages.sum(-1) == 1) for passages in (trees, braided))
    assert after == left * before
    assert np.all(braided >= trees)
    for passages in braided:
        graph = graph_of(passages)
        assert nx.utils.graphs_equal(graph, graph.reverse())


def test_distances_and_shortest_moves_agree_with_networkx():
    passages = np.asarray(
        jax.vmap(lambda k, p: braid(k, p, 0.7))(jr.split(jr.key(2), 16), jnp.asarray(mazes(aldous_broder, 5, 4, 16)))
    )
    for i, one in enumerate(passages):
        graph, goal = graph_of(one), i
        expected = nx.single_source_shortest_path_length(graph.reverse(), goal)
        found = np.asarray(distances(jnp.asarray(one), jnp.int32(goal))).reshape(-1)
        assert [expected[cell] for cell in range(20)] == found.tolist()
        moves = np.asarray(shortest_moves(jnp.asarray(one), jnp.int32(goal))).reshape(-1, 4)
        for cell in range(20):
            ahead = [cell + down * 4 + right for down, right in MOVES]
            nearer = [graph.has_edge(cell, a) and expected.get(a, 99) == expected[cell] - 1 for a in ahead]
            assert moves[cell].tolist() == nearer


def test_cells_behind_walls_are_unreachable():
    closed = jnp.zeros((2, 2, 4), bool)
    assert np.asarray(distances(closed, jnp.int32(0))).reshape(-1).tolist() == [0] + [UNREACHABLE] * 3


def test_open_grid_is_the_grid_graph():
    assert nx.is_isomorphic(graph_of(np.asarray(open_grid(3, 4))).to_undirected(), nx.grid_2d_graph(3, 4))


@pytest.mark.parametrize("style", ["uniform", "depth-first"])
@pytest.mark.parametrize("min_distance", [1, 9])
def test_start_and_goal_are_far_enough_apart_and_all_far_starts_occur(style, min_distance):
    task = Maze(4, 4, style=style, min_distance=min_distance)
    drawn = jax.jit(jax.vmap(task.draw))(jr.split(jr.key(5), 512))
    for passages, start, goal in zip(*(np.asarray(leaf) for leaf in drawn)):
        assert nx.shortest_path_length(graph_of(passages), int(start), int(goal)) >= min_distance
    assert len(np.unique(np.asarray(drawn.start))) == 16


def test_identity_ignores_the_start_and_nothing_else():
    task = Maze(4, 4)
    one = task.draw(jr.key(0))
    same = one._replace(start=(one.start + 1) % 16)
    assert bytes(task.identity(one)) == bytes(task.identity(same))
    moved = one._replace(goal=(one.goal + 1) % 16)
    opened = one._replace(passages=jnp.ones_like(one.passages))
    assert len({bytes(task.identity(i)) for i in (one, moved, opened)}) == 3


@pytest.mark.parametrize(
    "settings", [{"rows": 1, "columns": 1}, {"braid": 1.5}, {"min_distance": 49}, {"min_distance": 9, "horizon": 8}]
)
def test_impossible_mazes_are_refused(settings):
    with pytest.raises(ValueError, match="Maze"):
        Maze(**settings)
