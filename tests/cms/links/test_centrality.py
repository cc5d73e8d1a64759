"""Metrics that take long are those of networkx, and what is estimated is near them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.errors import ExtraMissing
from cms.links import centrality
from cms.links.centrality import (
    articulation_points,
    betweenness_of,
    closeness_of,
    core_numbers,
    hits_of,
    simplified,
)
from cms.links.metrics import PageGraph

NODES = st.integers(0, 12)


def page_graph(count: int, links: Sequence[tuple[int, int]]) -> PageGraph:
    ordered = sorted(links)
    return PageGraph(
        ids=tuple(f"entry_{at:05}" for at in range(count)),
        roots=np.zeros(0, dtype=np.int32),
        sources=np.array([source for source, _ in ordered], dtype=np.int32),
        targets=np.array([target for _, target in ordered], dtype=np.int32),
    )


def networkx_graph(count: int, links: Sequence[tuple[int, int]]) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from((source, target) for source, target in links if source != target)
    return graph


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    count = draw(st.integers(0, 12))
    ends = st.integers(0, max(count - 1, 0))
    return count, draw(st.lists(st.tuples(ends, ends), max_size=40 if count else 0))


SHAPES = {
    "scale-free": nx.scale_free_graph(60, seed=1),
    "random": nx.gnp_random_graph(50, 0.08, seed=2, directed=True),
    "cycle": nx.cycle_graph(9, nx.DiGraph),
    "star": nx.star_graph(9, nx.DiGraph),
    "complete": nx.complete_graph(6, nx.DiGraph),
    "apart": nx.disjoint_union(nx.path_graph(5, nx.DiGraph), nx.cycle_graph(4, nx.DiGraph)),
}


def check(count: int, links: Sequence[tuple[int, int]]) -> None:
    graph, known = simplified(page_graph(count, links)), networkx_graph(count, links)
    between = nx.betweenness_centrality(known)
    assert betweenness_of(graph) == pytest.approx([between[at] for at in range(count)], abs=1e-12)
    close = nx.closeness_centrality(known)
    assert closeness_of(graph) == pytest.approx([close[at] for at in range(count)], abs=1e-12)
    either_way = known.to_undirected()
    cores = nx.core_number(either_way)
    assert core_numbers(graph).tolist() == [cores[at] for at in range(count)]
    points = {*nx.articulation_points(either_way)}
    assert articulation_points(graph).tolist() == [at in points for at in range(count)]


@given(graphs())
def test_metrics_are_those_of_networkx(graph: tuple[int, list[tuple[int, int]]]) -> None:
    check(*graph)


@pytest.mark.parametrize("name", SHAPES)
def test_metrics_of_known_shapes_are_those_of_networkx(name: str) -> None:
    shape = SHAPES[name]
    check(len(shape), [(source, target) for source, target, *_ in shape.edges])


@pytest.mark.parametrize("name", ["scale-free", "random"])
def test_hits_are_those_of_networkx(name: str) -> None:
    links = [(source, target) for source, target, *_ in SHAPES[name].edges]
    count = len(SHAPES[name])
    hubs, authorities = nx.hits(networkx_graph(count, links), max_iter=10_000, tol=1e-12)
    own_hubs, own_authorities = hits_of(simplified(page_graph(count, links)))
    assert own_hubs == pytest.approx([hubs[at] for at in range(count)], abs=1e-6)
    assert own_authorities == pytest.approx([authorities[at] for at in range(count)], abs=1e-6)


def test_hits_of_a_graph_without_links_are_zero() -> None:
    hubs, authorities = hits_of(page_graph(3, []))
    assert (hubs.tolist(), authorities.tolist()) == ([0, 0, 0], [0, 0, 0])


def large() -> PageGraph:
    shape = nx.scale_free_graph(400, seed=3)
    return simplified(page_graph(400, [(source, target) for source, target, _ in shape.edges]))


def test_estimates_are_near_the_exact_values(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = large()
    exact = betweenness_of(graph), closeness_of(graph)
    monkeypatch.setattr(centrality, "EXACT", 0)
    estimated = betweenness_of(graph), closeness_of(graph)
    for known, found in zip(exact, estimated, strict=True):
        assert np.corrcoef(known, found)[0, 1] > 0.95
        assert float(found.sum()) == pytest.approx(float(known.sum()), rel=0.25)
    assert betweenness_of(graph).tolist() == estimated[0].tolist()
    monkeypatch.setattr(centrality, "SAMPLES", 400)
    assert closeness_of(graph) == pytest.approx(exact[1])


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = large()
    monkeypatch.setattr(centrality, "EXACT", 0)
    monkeypatch.setitem(sys.modules, "networkit", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'copydesk\[graph\]'"):
        betweenness_of(graph)
