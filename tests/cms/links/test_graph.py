"""The arrays of a graph are those of its edges, sorted one way and the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cms.links.graph import Layer, LinkGraph, distinct
from tests.link_graphs import link_graphs


@given(link_graphs())
def test_incoming_edges_are_ordered_by_their_targets(graph: LinkGraph) -> None:
    edges = list(enumerate(graph.targets.tolist()))
    assert graph.incoming.tolist() == [at for at, _ in sorted(edges, key=lambda each: each[1])]
    assert graph.incoming.dtype == np.int32
    for node in range(len(graph)):
        own = [at for at, target in edges if target == node]
        assert graph.edges_to(node).tolist() == own
        begun = graph.edges_from(node)
        assert set(graph.sources[begun].tolist()) <= {node}
        assert begun.stop - begun.start == graph.sources.tolist().count(node)


@given(link_graphs(), st.data())
def test_links_of_pages_are_those_of_the_content_between_pages(
    graph: LinkGraph, data: st.DataObject
) -> None:
    layers = data.draw(st.lists(st.sampled_from(Layer), min_size=len(graph.sources)))
    pages = data.draw(st.lists(st.booleans(), min_size=len(graph), max_size=len(graph)))
    mixed = replace(
        graph,
        layers=np.array(layers[: len(graph.sources)], dtype=np.int8),
        is_page=np.array(pages, dtype=np.bool_),
    )
    rows = zip(mixed.sources.tolist(), mixed.targets.tolist(), mixed.layers.tolist(), strict=True)
    found = mixed.of_pages
    assert list(zip(found.sources.tolist(), found.targets.tolist(), strict=True)) == [
        (source, target)
        for source, target, layer in rows
        if layer == Layer.CONTENT and pages[source] and pages[target]
    ]


@given(st.lists(st.integers(0, 2**31 - 1)))
def test_distinct_numbers_are_sorted(numbers: list[int]) -> None:
    found = distinct(np.array(numbers, dtype=np.int64))
    assert found.tolist() == sorted(set(numbers))
    assert found.dtype == np.int64
    assert distinct(np.array(numbers, dtype=np.int32)).dtype == np.int32
