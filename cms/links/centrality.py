"""Metrics of pages that take long on a large graph: pure functions of its arrays.

They are those of ``networkx``, of the pages and whether one links to another: how often it does,
and links from a page to itself, do not count.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import rustworkx
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cms.errors import ExtraMissing
from cms.links.graph import NONE, Indexes, Mask
from cms.links.metrics import Floats, PageGraph, click_depths, linked_pages

# Pages times links up to which shortest paths between all pages are found, in some ten seconds.
EXACT = 2_000_000_000
# Pages from which the shortest paths are found in a larger graph.
SAMPLES = 256
_SEED = 1
# HITS has converged when no share changes by more than this.
_CONVERGED, _MOST_STEPS = 1e-12, 1_000


def simplified(graph: PageGraph) -> PageGraph:
    """Return a graph with at most one link from one page to another, and none to itself."""
    sources, targets = linked_pages(graph)
    return replace(graph, sources=sources, targets=targets)


def betweenness_of(graph: PageGraph) -> Floats:
    """Return for each page the share of all shortest paths between others that it is on.

    Of a large graph, it is estimated from the shortest paths that begin at some pages.

    Args:
        graph: a graph of :func:`simplified`.

    Raises:
        ExtraMissing: if the graph is large, and the library that estimates is not installed.
    """
    if _is_small(graph):
        return _floats(rustworkx.digraph_betweenness_centrality(_directed(graph)), graph)
    return _sampled_betweenness(graph)


def closeness_of(graph: PageGraph) -> Floats:
    """Return for each page how few clicks lead to it from the pages that reach it; at most 1.

    It is multiplied by the share of pages that reach it, as Wasserman and Faust propose. Of a
    large graph, it is estimated from the shortest paths that begin at some pages.

    Args:
        graph: a graph of :func:`simplified`.
    """
    if _is_small(graph):
        return _floats(rustworkx.digraph_closeness_centrality(_directed(graph)), graph)
    return _sampled_closeness(graph, SAMPLES)


def hits_of(graph: PageGraph) -> tuple[Floats, Floats]:
    """Return for each page how much of a hub it is, and of an authority; the sum of each is 1.

    Args:
        graph: a graph of :func:`simplified`.
    """
    count = len(graph)
    if not len(graph.sources):
        return np.zeros(count), np.zeros(count)
    ones = np.ones(len(graph.sources))
    matrix = csr_array((ones, (graph.sources, graph.targets)), shape=(count, count))
    hubs = np.full(count, 1.0 / count)
    for _ in range(_MOST_STEPS):
        following = matrix @ (matrix.T @ hubs)
        following /= following.sum()
        change = float(np.abs(following - hubs).max())
        hubs = following
        if change < _CONVERGED:
            break
    authorities = matrix.T @ hubs
    return hubs, authorities / authorities.sum()


def core_numbers(graph: PageGraph) -> Indexes:
    """Return for each page the largest k with a part of the graph, with this page in it, in which
    each page is linked with k others, in any direction.

    Args:
        graph: a graph of :func:`simplified`.
    """
    found: dict[int, int] = rustworkx.graph_core_number(_undirected(graph))  # type: ignore[assignment]  # the stub has the number of one
    return np.array([found[at] for at in range(len(graph))], dtype=np.int32)


def articulation_points(graph: PageGraph) -> Mask:
    """Return for each page whether a part of the graph would be cut off without it.

    Args:
        graph: a graph of :func:`simplified`.
    """
    is_point = np.zeros(len(graph), dtype=np.bool_)
    is_point[list(rustworkx.articulation_points(_undirected(graph)))] = True
    return is_point


def _is_small(graph: PageGraph) -> bool:
    return len(graph) * len(graph.sources) <= EXACT


def _sampled_betweenness(graph: PageGraph) -> Floats:
    try:
        import networkit  # noqa: PLC0415  # an extra
    except ImportError:
        raise ExtraMissing(
            "betweenness of so large a graph needs the extra [graph]: "
            "pip install 'copydesk[graph]'; or export without --metrics"
        ) from None
    networkit.setSeed(_SEED, useThreadId=False)
    count = len(graph)
    links = (graph.sources.astype(np.uint64), graph.targets.astype(np.uint64))
    loaded = networkit.GraphFromCoo(links, n=count, directed=True)
    estimate = networkit.centrality.EstimateBetweenness(loaded, min(SAMPLES, count))
    paths: Floats = np.array(estimate.run().scores())
    return paths / ((count - 1) * (count - 2))


def _sampled_closeness(graph: PageGraph, samples: int) -> Floats:
    count = len(graph)
    chosen = np.random.default_rng(_SEED).choice(count, min(samples, count), replace=False)
    reached, distances = np.zeros(count), np.zeros(count)
    for each in chosen.tolist():
        depths = click_depths(replace(graph, roots=np.array([each], dtype=np.int32)))
        depths[each] = NONE  # a page itself does not count
        reached += depths != NONE
        distances += np.where(depths == NONE, 0, depths)
    share = reached / np.maximum(len(chosen) - np.isin(np.arange(count), chosen), 1)
    mean = distances / np.maximum(reached, 1)
    closeness: Floats = np.divide(share, mean, out=np.zeros(count), where=mean > 0)
    return closeness


def _directed(graph: PageGraph) -> rustworkx.PyDiGraph[None, None]:
    made: rustworkx.PyDiGraph[None, None] = rustworkx.PyDiGraph()
    made.add_nodes_from([None] * len(graph))
    made.extend_from_edge_list(_pairs(graph))
    return made


def _undirected(graph: PageGraph) -> rustworkx.PyGraph[None, None]:
    made: rustworkx.PyGraph[None, None] = rustworkx.PyGraph(multigraph=False)
    made.add_nodes_from([None] * len(graph))
    made.extend_from_edge_list(_pairs(graph))
    return made


def _pairs(graph: PageGraph) -> list[tuple[int, int]]:
    return list(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))


def _floats(found: rustworkx.CentralityMapping, graph: PageGraph) -> NDArray[np.float64]:
    return np.array([found[at] for at in range(len(graph))], dtype=np.float64)
