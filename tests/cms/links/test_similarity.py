"""Common and shared neighbours are counted as sets of them are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.links.graph import LinkGraph
from cms.links.similarity import common_neighbors, most_similar
from cms.links.traversal import Direction
from tests.link_graphs import SHAPES, link_graphs, simple

ONE_WAY = (Direction.OUTGOING, Direction.INCOMING)


def neighbor_sets(graph: LinkGraph, direction: Direction) -> list[set[int]]:
    known = simple(graph)
    walked = known if direction is Direction.OUTGOING else known.reverse()
    return [set(walked[each]) for each in range(len(graph))]


@given(link_graphs(), st.sampled_from(ONE_WAY), st.data())
def test_common_neighbors_are_those_that_all_have(
    graph: LinkGraph, direction: Direction, data: st.DataObject
) -> None:
    nodes = data.draw(st.lists(st.integers(0, len(graph) - 1), min_size=1, max_size=4))
    known = neighbor_sets(graph, direction)
    expected = set.intersection(*(known[each] for each in nodes)) - set(nodes)
    found = common_neighbors(graph, np.array(nodes, dtype=np.int32), direction)
    assert found.tolist() == sorted(expected)


@given(link_graphs(), st.sampled_from(ONE_WAY))
def test_the_most_similar_share_most_neighbors(graph: LinkGraph, direction: Direction) -> None:
    assert_similar(graph, direction)


@pytest.mark.parametrize("direction", ONE_WAY)
@pytest.mark.parametrize("graph", SHAPES.values(), ids=SHAPES)
def test_the_most_similar_of_every_shape(graph: LinkGraph, direction: Direction) -> None:
    assert_similar(graph, direction)


def assert_similar(graph: LinkGraph, direction: Direction) -> None:
    known = neighbor_sets(graph, direction)
    shared = {each: len(known[0] & known[each]) for each in range(1, len(graph))}
    sharing = [each for each, count in shared.items() if count]
    expected = sorted(sharing, key=lambda each: (-shared[each], each))[:5]
    found, count = most_similar(graph, 0, direction, 5)
    assert [(each.node, each.shared) for each in found] == [(one, shared[one]) for one in expected]
    assert count == len(sharing)
    assert [each.jaccard for each in found] == pytest.approx(
        [shared[each] / len(known[0] | known[each]) for each in expected]
    )
