"""Link graphs of many shapes, and the same graphs for networkx."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from cms.links.graph import NONE, Layer, LinkGraph

# The source, the target and the kind of a link.
Links: TypeAlias = Sequence[tuple[int, int, int]]

KINDS = ("", "related", "guide")


def link_graph(
    count: int, links: Links, *, roots: Sequence[int] = (), layer: Layer = Layer.CONTENT
) -> LinkGraph:
    """Return a graph of pages of two content types, in turn, in three categories or none."""
    columns = np.array(sorted(links), dtype=np.int32).reshape(-1, 3)
    numbers = np.arange(count)
    return LinkGraph(
        position=1,
        ids=tuple(f"{each:06d}" for each in range(count)),
        types=(numbers % 2).astype(np.int16),
        type_names=("Article", "Term"),
        categories=(numbers % 4 + NONE).astype(np.int32),
        category_ids=("a", "b", "c"),
        is_page=np.ones(count, dtype=np.bool_),
        roots=np.array(sorted(set(roots)), dtype=np.int32),
        sources=columns[:, 0],
        targets=columns[:, 1],
        kinds=columns[:, 2].astype(np.int16),
        kind_names=KINDS,
        layers=np.full(len(columns), layer, dtype=np.int8),
    )


def networkx_of(graph: LinkGraph) -> nx.MultiDiGraph[int]:
    """Return the same graph, with parallel links and those of pages to themselves."""
    found: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    found.add_nodes_from(range(len(graph)))
    found.add_edges_from(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))
    return found


def simple(graph: LinkGraph) -> nx.DiGraph[int]:
    """Return the same graph with one link at most from a page to another, none to itself."""
    found: nx.DiGraph[int] = nx.DiGraph(networkx_of(graph))
    found.remove_edges_from(list(nx.selfloop_edges(found)))
    return found


@st.composite
def link_graphs(draw: st.DrawFn) -> LinkGraph:
    """Draw a small graph, which often has parallel links, several parts, and pages alone."""
    count = draw(st.integers(2, 14))
    node = st.integers(0, count - 1)
    link = st.tuples(node, node, st.integers(0, len(KINDS) - 1))
    links = draw(st.lists(link, max_size=draw(st.sampled_from((8, 20, 60)))))
    return link_graph(count, links, roots=draw(st.lists(node, max_size=2)))


def _graph_of(made: object) -> LinkGraph:
    assert isinstance(made, nx.Graph)
    at = {name: number for number, name in enumerate(made)}
    return link_graph(
        len(at), [(at[source], at[target], 1) for source, target in made.edges()], roots=[0]
    )


_CAVES = [
    (a + 20 * part, b + 20 * part, 0) for part in range(3) for a in range(20) for b in range(a)
]

SHAPES = {
    "without links": link_graph(7, []),
    "itself": link_graph(3, [(0, 0, 0), (1, 1, 0), (1, 1, 2), (1, 2, 0)]),
    "parallel": link_graph(3, [(0, 1, 0), (0, 1, 0), (0, 1, 1), (0, 2, 0), (2, 0, 0)]),
    "cycle": _graph_of(nx.cycle_graph(20, nx.DiGraph)),
    "path": _graph_of(nx.path_graph(200, nx.DiGraph)),
    "star": link_graph(40, [(0, each, 0) for each in range(1, 40)]),
    "star inwards": link_graph(40, [(each, 0, 0) for each in range(1, 40)]),
    "ladder": link_graph(
        12, [(a, b, 0) for a in range(10) for b in (a // 2 * 2 + 2, a // 2 * 2 + 3)]
    ),
    "barbell": _graph_of(nx.barbell_graph(6, 3)),
    "disconnected": link_graph(60, _CAVES),
    "random": _graph_of(nx.gnp_random_graph(150, 0.03, seed=1, directed=True)),
    "scale-free": _graph_of(nx.scale_free_graph(200, seed=2)),
    "caves": _graph_of(nx.connected_caveman_graph(12, 6)),
}
