"""Groups with cycles are the strongly connected components of networkx, with a shortest cycle."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given

from cms.links import cycles as module
from cms.links.cycles import cycle_groups
from cms.links.graph import LinkGraph
from cms.links.traversal import with_distinct_pairs
from tests.link_graphs import SHAPES, link_graph, link_graphs, simple

EVERYTHING = 1_000


@given(link_graphs())
def test_the_cycles_of_a_random_graph_are_those_of_networkx(graph: LinkGraph) -> None:
    assert_equal(graph)


@pytest.mark.parametrize("graph", SHAPES.values(), ids=SHAPES)
def test_the_cycles_of_every_shape_are_those_of_networkx(graph: LinkGraph) -> None:
    assert_equal(graph)


def assert_equal(graph: LinkGraph) -> None:
    known, pairs = simple(graph), with_distinct_pairs(graph)
    found, count = cycle_groups(pairs.sources, pairs.targets, len(graph), EVERYTHING)
    expected = [each for each in nx.strongly_connected_components(known) if len(each) > 1]
    assert sorted(sorted(each.nodes.tolist()) for each in found) == sorted(map(sorted, expected))
    assert count == len(expected)
    for group in found:
        part = known.subgraph(group.nodes.tolist())
        assert group.is_shortest
        assert len(group.cycle) == girth(part)
        assert len(set(group.cycle)) == len(group.cycle)
        assert all(part.has_edge(*link) for link in pairwise([*group.cycle, group.cycle[0]]))


def girth(part: nx.DiGraph[int]) -> int:
    """Return the length of the shortest cycle: over each link and back."""
    return 1 + min(len(nx.shortest_path(part, target, source)) - 1 for source, target in part.edges)


def test_a_group_that_is_not_searched_whole_has_a_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_VISITS", 1)
    ring = [(each, (each + 1) % 9, 0) for each in range(9)]
    graph = link_graph(9, [*ring, (6, 3, 0)])  # of 9 pages through the first, of 4 elsewhere
    pairs = with_distinct_pairs(graph)
    (found,), _ = cycle_groups(pairs.sources, pairs.targets, len(graph), 1)
    assert len(found.cycle) == 9
    assert not found.is_shortest


def test_the_largest_groups_come_first() -> None:
    graph = link_graph(5, [(0, 1, 0), (1, 0, 0), (2, 3, 0), (3, 4, 0), (4, 2, 0)])
    pairs = with_distinct_pairs(graph)
    (found,), count = cycle_groups(pairs.sources, pairs.targets, len(graph), 1)
    assert found.cycle == [2, 3, 4]
    assert count == 2
