"""Metrics of the pages of a link graph: pure functions of its arrays.

They are those of ``networkx``, for graphs of a million links: all links count, also several from
one page to another, and those from a page to itself, unless a metric says that it counts pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from cms.links.communities import communities_of
from cms.links.graph import NONE, Indexes, LinkGraph, Mask, distinct

Floats: TypeAlias = NDArray[np.float64]

# The probability that a reader follows a link, and does not go to any page at random.
DAMPING = 0.85
# PageRank has converged when the sum of all changes is less than this. Each step reduces it by the
# damping, so that it takes at most 170 of them.
_CONVERGED, _MOST_STEPS = 1e-12, 250


@dataclass(frozen=True, eq=False)
class PageGraph:
    """The links between some nodes of a graph, with the nodes numbered among themselves.

    Attributes:
        ids: the ids of the nodes, sorted.
        roots: the nodes at which readers begin.
        sources: for each link, the node that has it; the links are in this order.
        targets: for each link, the node that it leads to.
    """

    ids: tuple[str, ...]
    roots: Indexes
    sources: Indexes
    targets: Indexes

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class LinkMetrics:
    """The metrics of each page, in the order of the ids.

    Attributes:
        in_degree: the number of links to the page.
        in_pages: the number of other pages with such links.
        out_degree: the number of links from the page.
        out_pages: the number of other pages that these lead to.
        page_rank: PageRank with a damping of 0.85; the sum of all is 1.
        click_depth: the least number of clicks from a root; ``NONE`` for a page that no path of
            links leads to.
        component: the first page of those that links connect with it, in any direction.
        community: the first page of its community: pages with more links among themselves than
            to others.
        is_orphan: whether no other page links to it, and it is no root.
        is_dead_end: whether it has no link to another page.
    """

    in_degree: Indexes
    in_pages: Indexes
    out_degree: Indexes
    out_pages: Indexes
    page_rank: Floats
    click_depth: Indexes
    component: Indexes
    community: Indexes
    is_orphan: Mask
    is_dead_end: Mask


def pages_of(graph: LinkGraph) -> PageGraph:
    """Return the pages of a graph, or what else questions speak of, with the links between them."""
    chosen = graph.subjects
    numbers = np.full(len(graph), NONE, dtype=np.int32)
    nodes = np.flatnonzero(chosen)
    numbers[nodes] = np.arange(len(nodes), dtype=np.int32)
    kept = chosen[graph.sources] & chosen[graph.targets]
    return PageGraph(
        ids=tuple(graph.ids[node] for node in nodes.tolist()),
        roots=numbers[graph.roots],
        sources=numbers[graph.sources[kept]],
        targets=numbers[graph.targets[kept]],
    )


def metrics_of(graph: PageGraph, community: Indexes | None = None) -> LinkMetrics:
    """Return the metrics of all pages.

    Args:
        graph: the pages.
        community: the community of each, which takes longest to find; ``None`` to find it.
    """
    if community is None:
        community = communities_of(graph.sources, graph.targets, len(graph))
    count = len(graph)
    in_pages, out_pages = page_degrees(graph)
    return LinkMetrics(
        in_degree=_counts(graph.targets, count),
        in_pages=in_pages,
        out_degree=_counts(graph.sources, count),
        out_pages=out_pages,
        page_rank=page_rank_of(graph),
        click_depth=click_depths(graph),
        component=components_of(graph),
        community=community,
        is_orphan=orphans_of(graph),
        is_dead_end=dead_ends_of(graph),
    )


def linked_pages(graph: PageGraph) -> tuple[Indexes, Indexes]:
    """Return each pair of different pages of which the first links to the second, once."""
    is_other = graph.sources != graph.targets
    count = max(len(graph), 1)
    pairs = graph.sources[is_other].astype(np.int64) * count + graph.targets[is_other]
    sources, targets = np.divmod(distinct(pairs), count)
    return sources.astype(np.int32), targets.astype(np.int32)


def page_degrees(graph: PageGraph) -> tuple[Indexes, Indexes]:
    """Return for each page how many other pages link to it, and to how many others it links."""
    sources, targets = linked_pages(graph)
    return _counts(targets, len(graph)), _counts(sources, len(graph))


def orphans_of(graph: PageGraph) -> Mask:
    """Return whether each page is an orphan: no other page links to it, and it is no root."""
    is_orphan = np.ones(len(graph), dtype=np.bool_)
    is_orphan[graph.targets[graph.sources != graph.targets]] = False
    is_orphan[graph.roots] = False
    return is_orphan


def dead_ends_of(graph: PageGraph) -> Mask:
    """Return whether each page is a dead end: it links to no other page."""
    is_dead_end = np.ones(len(graph), dtype=np.bool_)
    is_dead_end[graph.sources[graph.sources != graph.targets]] = False
    return is_dead_end


def page_rank_of(graph: PageGraph) -> Floats:
    """Return PageRank; what pages without links have is spread over all pages."""
    count = len(graph)
    if not count:
        return np.zeros(0)
    degrees = np.bincount(graph.sources, minlength=count)
    is_dangling = degrees == 0
    shares = 1.0 / np.where(is_dangling, 1, degrees)[graph.sources]
    # Rows are targets. Several links from one page to another are added up.
    matrix = csr_array((shares, (graph.targets, graph.sources)), shape=(count, count))
    rank = np.full(count, 1.0 / count)
    for _ in range(_MOST_STEPS):
        spread = DAMPING * float(rank[is_dangling].sum()) + 1 - DAMPING
        following = DAMPING * (matrix @ rank) + spread / count
        change = float(np.abs(following - rank).sum())
        rank = following
        if change < _CONVERGED:
            break
    ranks: Floats = rank / rank.sum()
    return ranks


def click_depths(graph: PageGraph) -> Indexes:
    """Return the least number of links from a root to each page; ``NONE`` where none lead."""
    count, roots = len(graph), np.unique(graph.roots)
    # One more node links to the roots, so that one search finds all, in as many steps as links.
    offsets = np.append(np.searchsorted(graph.sources, np.arange(count + 1)), 0)
    offsets[-1] = len(graph.sources) + len(roots)
    linked = np.concatenate((graph.targets, roots))
    links = csr_array((np.ones(len(linked), np.int8), linked, offsets), (count + 1, count + 1))
    order, before = breadth_first_order(links, count)
    depths, above = [NONE] * (count + 1), before.tolist()
    for node in order[1:].tolist():
        depths[node] = depths[above[node]] + 1
    return np.array(depths[:-1], dtype=np.int32)


def components_of(graph: PageGraph) -> Indexes:
    """Return for each page the first page of those that links connect with it."""
    count = len(graph)
    if not count:
        return np.zeros(0, dtype=np.int32)
    links = np.ones(len(graph.sources), dtype=np.int8)
    matrix = csr_array((links, (graph.sources, graph.targets)), shape=(count, count))
    _, labels = connected_components(matrix, directed=True, connection="weak")
    return first_of_each(labels)


def first_of_each(labels: NDArray[np.integer]) -> Indexes:
    """Return for each node the first node that has the same label."""
    _, firsts, own = np.unique(labels, return_index=True, return_inverse=True)
    found: Indexes = firsts[own].astype(np.int32)
    return found


def _counts(nodes: Indexes, count: int) -> Indexes:
    return np.bincount(nodes, minlength=count).astype(np.int32)
