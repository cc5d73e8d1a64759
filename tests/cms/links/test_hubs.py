"""Hubs are the articulation points of networkx, with what is cut off when each is taken away."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from cms.links.graph import LinkGraph
from cms.links.hubs import hubs_of
from tests.link_graphs import SHAPES, link_graph, link_graphs, simple


@given(link_graphs())
def test_the_hubs_of_a_random_graph_are_those_of_networkx(graph: LinkGraph) -> None:
    assert_equal(graph)


@pytest.mark.parametrize("graph", SHAPES.values(), ids=SHAPES)
def test_the_hubs_of_every_shape_are_those_of_networkx(graph: LinkGraph) -> None:
    assert_equal(graph)


def assert_equal(graph: LinkGraph) -> None:
    known = simple(graph).to_undirected()
    found = hubs_of(graph.sources, graph.targets, len(graph))
    assert {each.node for each in found} == set(nx.articulation_points(known))
    for hub in found:
        part = known.subgraph(nx.node_connected_component(known, hub.node) - {hub.node})
        sizes = [len(each) for each in nx.connected_components(part)]
        assert (hub.cut_off, hub.parts) == (sum(sizes) - max(sizes), len(sizes))
    assert [each.cut_off for each in found] == sorted(
        (each.cut_off for each in found), reverse=True
    )


def test_a_long_path_takes_no_recursion() -> None:
    count = 50_000
    graph = link_graph(count, [(each, each + 1, 0) for each in range(count - 1)])
    found = hubs_of(graph.sources, graph.targets, count)
    assert len(found) == count - 2
    assert found[0].cut_off == count // 2 - 1


@pytest.mark.parametrize("links", [0, 1, 2], ids=["no page", "one page", "two pages"])
def test_a_page_can_have_very_many_links(links: int) -> None:
    """With as many steps for each link as the page has links, it would take hours."""
    count = 500_000
    others = np.arange(links, count, dtype=np.int32)
    sources = np.repeat(np.arange(links, dtype=np.int32), len(others))
    found = hubs_of(sources, np.tile(others, links), count)
    assert [(each.node, each.cut_off) for each in found] == ([(0, count - 2)] if links == 1 else [])
