"""The neighbourhood of an entry is that of networkx, cut off where it is too large."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import dist

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.links.graph import LinkGraph
from cms.links.neighborhood import Neighborhood, neighborhood
from cms.links.traversal import Direction
from tests.link_graphs import SHAPES, link_graph, link_graphs, networkx_of

EVERYTHING = 10_000


@given(link_graphs(), st.integers(0, 3), st.sampled_from(Direction))
def test_the_neighborhood_of_a_random_graph_is_that_of_networkx(
    graph: LinkGraph, depth: int, direction: Direction
) -> None:
    assert_equal(graph, depth, direction)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("graph", SHAPES.values(), ids=SHAPES)
def test_the_neighborhood_of_every_shape_is_that_of_networkx(
    graph: LinkGraph, direction: Direction
) -> None:
    assert_equal(graph, 2, direction)


def assert_equal(graph: LinkGraph, depth: int, direction: Direction) -> None:
    found = neighborhood(
        graph, 0, depth=depth, direction=direction, most=EVERYTHING, most_edges=EVERYTHING
    )
    distances = expected_distances(graph, depth, direction)
    assert not found.is_cut_off
    assert {each.node: each.distance for each in found.neighbors} == distances
    assert [each.distance for each in found.neighbors] == sorted(distances.values())
    assert {
        (each.source, each.target, each.kind): each.count for each in found.edges
    } == expected_edges(graph, set(distances))
    assert_drawn(found)


def expected_distances(graph: LinkGraph, depth: int, direction: Direction) -> dict[int, int]:
    known = networkx_of(graph)
    match direction:
        case Direction.OUTGOING:
            walked: nx.Graph[int] = known
        case Direction.INCOMING:
            walked = known.reverse()
        case Direction.BOTH:
            walked = known.to_undirected()
    return dict(nx.single_source_shortest_path_length(walked, 0, cutoff=depth))


def expected_edges(graph: LinkGraph, nodes: set[int]) -> Counter[tuple[int, int, int]]:
    edges = zip(graph.sources.tolist(), graph.targets.tolist(), graph.kinds.tolist(), strict=True)
    return Counter(edge for edge in edges if {edge[0], edge[1]} <= nodes)


def assert_drawn(found: Neighborhood) -> None:
    """Assert that entries are apart, and further from the middle the more links away."""
    assert (found.neighbors[0].x, found.neighbors[0].y) == (0, 0)
    radius = [dist((0, 0), (each.x, each.y)) for each in found.neighbors]
    for (near, one), (far, other) in pairwise(zip(found.neighbors, radius, strict=True)):
        assert other - one == pytest.approx(0, abs=0.01) or near.distance < far.distance
        assert one < other + 0.01
    places = [(each.x, each.y) for each in found.neighbors]
    assert all(
        dist(one, other) > 0.99 for at, one in enumerate(places) for other in places[at + 1 :]
    )


def test_the_entries_with_most_links_are_kept() -> None:
    links = [(0, 1, 0), (0, 2, 0), (0, 2, 1), (0, 3, 0), (3, 4, 0)]
    graph = link_graph(5, links)
    found = neighborhood(graph, 0, depth=2, direction=Direction.OUTGOING, most=3, most_edges=9)
    assert [each.node for each in found.neighbors] == [0, 2, 1]
    assert found.is_cut_off


def test_it_is_whole_if_it_has_exactly_the_most_entries() -> None:
    graph = link_graph(3, [(0, 1, 0), (1, 2, 0)])
    found = neighborhood(graph, 0, depth=5, direction=Direction.OUTGOING, most=3, most_edges=9)
    assert len(found.neighbors) == 3
    assert not found.is_cut_off
    cut = neighborhood(graph, 0, depth=5, direction=Direction.OUTGOING, most=2, most_edges=9)
    assert [each.node for each in cut.neighbors] == [0, 1]
    assert cut.is_cut_off


def test_edges_of_the_last_entries_are_left_out() -> None:
    graph = link_graph(4, [(0, 1, 0), (0, 2, 0), (0, 3, 0), (3, 0, 0), (1, 0, 0)])
    found = neighborhood(
        graph, 0, depth=1, direction=Direction.OUTGOING, most=EVERYTHING, most_edges=2
    )
    assert [(each.source, each.target) for each in found.edges] == [(0, 1), (1, 0)]
    assert found.is_cut_off


def test_entries_are_drawn_near_their_neighbors() -> None:
    # Two branches of a tree, whose leaves are in turn of one and of the other.
    links = [(0, 1, 0), (0, 2, 0), *((1 + each % 2, each, 0) for each in range(3, 9))]
    graph = link_graph(9, links)
    found = neighborhood(
        graph, 0, depth=2, direction=Direction.OUTGOING, most=EVERYTHING, most_edges=EVERYTHING
    )
    places = {each.node: (each.x, each.y) for each in found.neighbors}
    for leaf in range(3, 9):
        nearer = min((1, 2), key=lambda branch: dist(places[branch], places[leaf]))
        assert nearer == 1 + leaf % 2
