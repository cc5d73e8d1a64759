"""Metrics compared with those that networkx computes."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from cms.links.loading import load_graph
from cms.links.metrics import DAMPING, LinkMetrics, PageGraph, metrics_of, pages_of
from cms.links.refreshing import refresh_metrics
from cms.links.summary import summary_of
from cms.reading import relations
from cms.reading.link_metrics import METRICS
from cms.reading.narrowing import narrowed
from cms.reading.view import view_of
from cms.site import Site
from cms.storage.database import Database

# The greatest difference of a page's rank from that of networkx, as a share of the rank.
RANK_TOLERANCE = 1e-6


async def assert_stored_like_networkx(database: Database, site: Site, locale: str) -> PageGraph:
    """Assert that the metrics that are stored for a locale are those of its public graph.

    Returns:
        the graph.
    """
    await refresh_metrics(database, site)
    view = view_of(site, locale)
    async with database.reading() as session:
        graph = pages_of((await load_graph(session, site, view)).only())
        entries = narrowed(relations.entries(view), ("id", *METRICS))
        rows = (await session.execute(entries)).mappings().all()
    assert_like_networkx(graph)
    metrics = metrics_of(graph)
    stored = {row["id"]: row for row in rows if row["metrics_run"] is not None}
    assert sorted(stored) == list(graph.ids)
    for at, entry_id in enumerate(graph.ids):
        found = {name: stored[entry_id][name] for name in METRICS[1:]}
        expected = {name: getattr(metrics, name)[at] for name in METRICS[1:]}
        for name in ("component", "community"):
            expected[name] = graph.ids[expected[name]]
        if expected["click_depth"] < 0:
            expected["click_depth"] = None
        rank = found.pop("page_rank")
        assert rank == pytest.approx(expected.pop("page_rank"), rel=1e-14)
        assert found == expected
    return graph


def networkx_of(graph: PageGraph) -> nx.MultiDiGraph[int]:
    found: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    found.add_nodes_from(range(len(graph)))
    found.add_edges_from(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))
    return found


def assert_like_networkx(graph: PageGraph) -> None:
    """Assert that all metrics are those that networkx computes."""
    known, metrics, nodes = networkx_of(graph), metrics_of(graph), range(len(graph))
    pages = without_loops(known)
    assert metrics.in_degree.tolist() == [known.in_degree(each) for each in nodes]
    assert metrics.out_degree.tolist() == [known.out_degree(each) for each in nodes]
    assert metrics.in_pages.tolist() == [pages.in_degree(each) for each in nodes]
    assert metrics.out_pages.tolist() == [pages.out_degree(each) for each in nodes]
    ranks = nx.pagerank(known, alpha=DAMPING, tol=1e-14, max_iter=1_000) if len(graph) else {}
    assert metrics.page_rank == pytest.approx([ranks[each] for each in nodes], rel=RANK_TOLERANCE)
    roots = graph.roots.tolist()
    depths = nx.multi_source_dijkstra_path_length(pages, roots, weight=None) if roots else {}
    assert metrics.click_depth.tolist() == [depths.get(each, -1) for each in nodes]
    parts = {node: min(part) for part in nx.weakly_connected_components(known) for node in part}
    assert metrics.component.tolist() == [parts[each] for each in nodes]
    is_linked = [pages.in_degree(each) > 0 for each in nodes]
    assert metrics.is_orphan.tolist() == [not is_linked[n] and n not in roots for n in nodes]
    assert metrics.is_dead_end.tolist() == [pages.out_degree(each) == 0 for each in nodes]
    # The method is ours, so that this compares what it finds, and below how good it is.
    for node, first in enumerate(metrics.community.tolist()):
        assert first <= node
        assert metrics.community[first] == first
        assert parts[first] == parts[node]
    assert_summary_equal(graph, metrics, known)


def assert_summary_equal(
    graph: PageGraph, metrics: LinkMetrics, known: nx.MultiDiGraph[int]
) -> None:
    """Assert that the summary of a graph is what networkx computes."""
    pages = without_loops(known)
    parts = list(nx.weakly_connected_components(known))
    roots = graph.roots.tolist()
    depths = nx.multi_source_dijkstra_path_length(pages, roots, weight=None) if roots else {}
    summary = summary_of(graph, metrics)
    assert summary.nodes == len(graph)
    assert summary.edges == known.number_of_edges()
    assert summary.density == pytest.approx(nx.density(pages) if len(graph) else 0)
    linked = pages.number_of_edges()
    assert summary.reciprocity == pytest.approx(nx.overall_reciprocity(pages) if linked else 0)
    assert summary.average_depth == (
        pytest.approx(sum(depths.values()) / len(depths)) if depths else None
    )
    assert summary.orphans == sum(metrics.is_orphan)
    assert summary.dead_ends == sum(metrics.is_dead_end)
    assert summary.components == len(parts)
    histogram = dict(summary.degree_histogram)
    counts = nx.degree_histogram(known) if len(graph) else []
    assert histogram == {degree: count for degree, count in enumerate(counts) if count}
    assert summary.modularity == pytest.approx(networkx_modularity(known, metrics.community))


def without_loops(known: nx.MultiDiGraph[int]) -> nx.DiGraph[int]:
    """Return the graph of which pages link which others."""
    pages: nx.DiGraph[int] = nx.DiGraph(known)
    pages.remove_edges_from(list(nx.selfloop_edges(pages)))
    return pages


def networkx_modularity(known: nx.MultiDiGraph[int], community: np.ndarray) -> float:
    if not known.number_of_edges():
        return 0.0
    undirected: nx.MultiGraph[int] = nx.MultiGraph()
    undirected.add_nodes_from(known)
    undirected.add_edges_from(known.edges())
    groups: dict[int, set[int]] = {}
    for node, first in enumerate(community.tolist()):
        groups.setdefault(first, set()).add(node)
    return float(nx.community.modularity(undirected, groups.values()))
