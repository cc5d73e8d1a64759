"""The matrix counts every link once, by the groups of its two ends."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from cms.links.graph import Codes, Indexes, LinkGraph
from cms.links.matrix import matrix_of
from tests.link_graphs import SHAPES, link_graphs


@given(link_graphs())
def test_the_matrix_of_a_random_graph_counts_its_links(graph: LinkGraph) -> None:
    assert_counted(graph, graph.types)
    assert_counted(graph, graph.categories)


@pytest.mark.parametrize("graph", SHAPES.values(), ids=SHAPES)
def test_the_matrix_of_every_shape_counts_its_links(graph: LinkGraph) -> None:
    assert_counted(graph, graph.types)
    assert_counted(graph, graph.categories)


def assert_counted(graph: LinkGraph, groups: Codes | Indexes) -> None:
    links = list(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))
    edges = Counter((int(groups[source]), int(groups[target])) for source, target in links)
    pairs = Counter((int(groups[source]), int(groups[target])) for source, target in set(links))
    found, count = matrix_of(graph, groups, len(edges))
    assert {(each.source, each.target): each.edges for each in found} == edges
    assert {(each.source, each.target): each.pairs for each in found} == pairs
    assert [each.edges for each in found] == sorted(edges.values(), reverse=True)
    assert count == len(edges)
    assert matrix_of(graph, groups, 1) == (found[:1], count)
