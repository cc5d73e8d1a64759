"""The link graph of a site as a whole: its size and its shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cms.links.communities import modularity_of
from cms.links.graph import NONE, Indexes, LinkGraph
from cms.links.metrics import LinkMetrics, PageGraph, linked_pages, metrics_of, pages_of


@dataclass(frozen=True)
class GraphSummary:
    """The link graph of a view as a whole.

    Attributes:
        nodes: the number of pages.
        edges: the number of links between them.
        density: the share of all pairs of pages, in both directions, of which one links to the
            other; from 0 to 1.
        reciprocity: the share of these links that are returned; from 0 to 1.
        average_depth: the mean click depth of the pages that links lead to; ``None`` without any.
        orphans: the number of pages without a link from another one.
        dead_ends: the number of pages without a link to another one.
        components: the number of parts that no link connects.
        modularity: how much more the links are within communities than by chance; at most 1.
        degree_histogram: for each number of links from and to a page, how many pages have it.
    """

    nodes: int
    edges: int
    density: float
    reciprocity: float
    average_depth: float | None
    orphans: int
    dead_ends: int
    components: int
    modularity: float
    degree_histogram: tuple[tuple[int, int], ...]


def summary_of(graph: PageGraph, metrics: LinkMetrics) -> GraphSummary:
    """Return the summary of a graph, given the metrics of its pages."""
    count = len(graph)
    sources, targets = linked_pages(graph)
    there = sources.astype(np.int64) * count + targets
    back = targets.astype(np.int64) * count + sources
    returned = int(np.isin(there, back, assume_unique=True).sum())
    depths = metrics.click_depth[metrics.click_depth != NONE]
    degrees, entries = np.unique(metrics.in_degree + metrics.out_degree, return_counts=True)
    return GraphSummary(
        nodes=count,
        edges=len(graph.sources),
        density=len(there) / (count * (count - 1)) if count > 1 else 0.0,
        reciprocity=returned / len(there) if len(there) else 0.0,
        average_depth=float(depths.mean()) if len(depths) else None,
        orphans=int(metrics.is_orphan.sum()),
        dead_ends=int(metrics.is_dead_end.sum()),
        components=len(np.unique(metrics.component)),
        modularity=modularity_of(graph.sources, graph.targets, metrics.community),
        degree_histogram=tuple(zip(degrees.tolist(), entries.tolist(), strict=True)),
    )


@dataclass(frozen=True, eq=False)
class MeasuredGraph:
    """A graph with the metrics of its pages, and its summary."""

    pages: PageGraph
    metrics: LinkMetrics
    summary: GraphSummary


def measure(graph: LinkGraph) -> MeasuredGraph:
    """Return the pages of a graph with their metrics, and its summary."""
    return measure_pages(pages_of(graph))


def measure_pages(pages: PageGraph, community: Indexes | None = None) -> MeasuredGraph:
    """Return pages with their metrics, and their summary; see :func:`metrics_of`."""
    metrics = metrics_of(pages, community)
    return MeasuredGraph(pages, metrics, summary_of(pages, metrics))
