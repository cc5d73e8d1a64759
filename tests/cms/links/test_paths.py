"""Paths are those of networkx; those that are too many or too long are left out."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given

from cms.links import paths as module
from cms.links.graph import LinkGraph
from cms.links.paths import FoundPaths, PathMode, find_paths
from tests.link_graphs import SHAPES, link_graph, link_graphs, simple

MOST, LONGEST_PATH = 20, 24


def paths_of(
    graph: LinkGraph, start: int, end: int, mode: PathMode, most: int = MOST
) -> FoundPaths:
    return find_paths(graph, start, end, mode=mode, most=most, longest=LONGEST_PATH)


@given(link_graphs())
def test_paths_of_a_random_graph_are_those_of_networkx(graph: LinkGraph) -> None:
    assert_equal(graph, 0, len(graph) - 1)


@pytest.mark.parametrize("graph", SHAPES.values(), ids=SHAPES)
def test_paths_of_every_shape_are_those_of_networkx(graph: LinkGraph) -> None:
    for end in {1, 2, len(graph) // 2, len(graph) - 1}:
        assert_equal(graph, 0, end)
        assert_equal(graph, end, 0)


def assert_equal(graph: LinkGraph, start: int, end: int) -> None:
    assert_all_shortest(graph, start, end)
    assert_k_shortest(graph, start, end)


def assert_all_shortest(graph: LinkGraph, start: int, end: int) -> None:
    known = simple(graph)
    try:
        expected = sorted(nx.all_shortest_paths(known, start, end))
    except nx.NetworkXNoPath:
        expected = []
    if expected and len(expected[0]) - 1 > LONGEST_PATH:
        expected = []
    found = paths_of(graph, start, end, PathMode.ALL_SHORTEST)
    assert list(found.paths) == expected[:MOST]
    assert found.is_cut_off == (len(expected) > MOST)


def assert_k_shortest(graph: LinkGraph, start: int, end: int) -> None:
    known = simple(graph)
    lengths: list[int] = []
    if nx.has_path(known, start, end):
        for each in nx.shortest_simple_paths(known, start, end):
            if len(lengths) > MOST or len(each) - 1 > LONGEST_PATH:
                break
            lengths.append(len(each))
    found = paths_of(graph, start, end, PathMode.K_SHORTEST)
    assert [len(path) for path in found.paths] == lengths[:MOST]
    assert found.is_cut_off == (len(lengths) > MOST)
    assert len({tuple(path) for path in found.paths}) == len(found.paths)
    for path in found.paths:
        assert (path[0], path[-1]) == (start, end)
        assert len(set(path)) == len(path)
        assert all(known.has_edge(*link) for link in pairwise(path))


def test_a_path_has_at_most_so_many_links() -> None:
    graph = SHAPES["path"]
    for mode in PathMode:
        found = paths_of(graph, 0, LONGEST_PATH, mode, 1)
        assert found == FoundPaths([list(range(LONGEST_PATH + 1))], is_cut_off=False)
        assert paths_of(graph, 0, LONGEST_PATH + 1, mode, 1).paths == []


def test_an_entry_is_a_path_to_itself() -> None:
    graph = link_graph(2, [(0, 0, 0), (0, 1, 0), (1, 0, 0)])
    for mode in PathMode:
        found = paths_of(graph, 0, 0, mode)
        assert found.paths == [[0]]
        assert not found.is_cut_off


def test_longer_paths_of_a_large_graph_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGEST_PART", 3)
    graph = link_graph(6, [(0, 1, 0), (0, 2, 0), (2, 1, 0), (2, 3, 0), (3, 4, 0), (4, 1, 0)])
    found = paths_of(graph, 0, 1, PathMode.K_SHORTEST)
    assert found.paths == [[0, 1], [0, 2, 1]]
    assert found.is_cut_off


def test_many_paths_take_little_work() -> None:
    """In 20 layers of 40 pages there are 40 to the power of 20 paths."""
    layers, width = 20, 40
    links = [
        (layer * width + a, layer * width + width + b, 0)
        for layer in range(layers)
        for a in range(width)
        for b in range(width)
    ]
    graph = link_graph((layers + 1) * width, links)
    for mode in PathMode:
        found = paths_of(graph, 0, layers * width, mode)
        assert [len(path) for path in found.paths] == [layers + 1] * MOST
        assert found.is_cut_off
