"""Cycles: pages from each of which links lead to every other, and the shortest way around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from cms.links.clusters import clusters
from cms.links.graph import Indexes

# The searches for the shortest cycle of a group visit so many pages and links together; a search
# counts for some at least.
_MOST_VISITS, _LEAST_VISITS = 300_000, 1_000
# The length of the shortest cycle in which no two pages link each other.
_FEWEST = 3


@dataclass(frozen=True, eq=False)
class CycleGroup:
    """Pages from each of which links lead to every other: a strongly connected component.

    Attributes:
        nodes: the indexes of the pages, those with links from most others first; at least two.
        cycle: a cycle, from its first page to the last, which links to the first.
        is_shortest: whether the group is known to have no shorter one; a large group is not
            searched whole.
    """

    nodes: Indexes
    cycle: Sequence[int]
    is_shortest: bool


def cycle_groups(
    sources: Indexes, targets: Indexes, count: int, most: int
) -> tuple[Sequence[CycleGroup], int]:
    """Return the largest groups with cycles, the largest first, and how many there are.

    Args:
        sources: for each pair of pages that is linked, the page that has the link; each pair is
            there once, and no page with itself.
        targets: for each pair, the page that the link leads to.
        count: the number of pages.
        most: the most groups.
    """
    links = csr_array((np.ones(len(sources), dtype=np.int8), (sources, targets)), (count, count))
    _, labels = connected_components(links, connection="strong")
    linked = np.bincount(targets, minlength=count)
    groups = [each for each in clusters(labels, linked) if len(each) > 1]
    is_within = labels[sources] == labels[targets]
    within = sources[is_within], targets[is_within]
    return [_with_cycle(each, *within, labels) for each in groups[:most]], len(groups)


def _with_cycle(nodes: Indexes, sources: Indexes, targets: Indexes, labels: Indexes) -> CycleGroup:
    """Return a group with the shortest cycle that is found."""
    is_own = labels[sources] == labels[nodes[0]]
    ordered = np.sort(nodes)
    own = np.searchsorted(ordered, sources[is_own]), np.searchsorted(ordered, targets[is_own])
    cycle, is_shortest = _shortest_cycle(*own, len(nodes))
    return CycleGroup(nodes, ordered[cycle].tolist(), is_shortest)


def _shortest_cycle(sources: Indexes, targets: Indexes, count: int) -> tuple[list[int], bool]:
    """Return a short cycle of a group, and whether it is known to be the shortest."""
    there, back = sources * count + targets, targets * count + sources
    returned = np.flatnonzero(np.isin(there, back, assume_unique=True))
    if len(returned):
        first = int(returned[0])
        return [int(sources[first]), int(targets[first])], True
    links = csr_array((np.ones(len(sources)), (sources, targets)), (count, count))
    reverse = csr_array((np.ones(len(sources)), (targets, sources)), (count, count))
    searches = max(1, _MOST_VISITS // max(len(sources) + count, _LEAST_VISITS))
    best: list[int] = []
    for start in islice(range(count), searches):
        found = _cycle_through(links, reverse, start)
        if not best or len(found) < len(best):
            best = found
        if len(best) == _FEWEST:
            return best, True
    return best, searches >= count


def _cycle_through(links: csr_array, back: csr_array, start: int) -> list[int]:
    """Return the shortest cycle through a page."""
    order, before = breadth_first_order(links, start)
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order))
    # A search in breadth comes to the nearest page first.
    last = back.indices[back.indptr[start] : back.indptr[start + 1]]
    cycle = [int(last[np.argmin(place[last])])]
    while cycle[-1] != start:
        cycle.append(int(before[cycle[-1]]))
    return cycle[::-1]
