"""Hubs: pages without which a part of the graph is cut off from the rest.

They are the articulation points of the graph without directions. A search in depth makes a tree; a
page cuts off the subtree of a page below it if no link leads from this subtree to a page above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cms.links.graph import Indexes

Numbers: TypeAlias = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Hub:
    """A page without which a part is cut off.

    Attributes:
        node: index of the page.
        cut_off: number of pages that would be cut off from the largest part that is left.
        parts: number of parts that would be left of those that are connected now, at least 2.
    """

    node: int
    cut_off: int
    parts: int


@dataclass(frozen=True, eq=False)
class _Tree:
    """A tree of a search in depth, for each page by its place in the order of the search.

    Place 0 is no page: below it is one page of each connected part.

    Attributes:
        nodes: the pages.
        above: the place of the page above.
        sizes: the number of pages in the subtree.
        lowest: the first place that an edge from the subtree leads to.
    """

    nodes: Indexes
    above: Indexes
    sizes: Indexes
    lowest: Indexes


def hubs_of(sources: Indexes, targets: Indexes, count: int) -> Sequence[Hub]:
    """Return the hubs, those that cut off most pages first.

    Args:
        sources: for each link, the page that has it.
        targets: for each link, the page that it leads to.
        count: the number of pages.
    """
    tree = _search(sources, targets, count)
    above, sizes = tree.above, tree.sizes
    below = np.arange(1, count + 1)
    is_first = above[below] == 0
    own = below[~is_first]
    # The page at which the search of a part begins is above all others of it.
    is_part = tree.lowest[own] >= above[own]
    part, hub = own[is_part], above[own[is_part]]
    parts = np.bincount(hub, minlength=count + 1)
    cut = np.bincount(hub, weights=sizes[part], minlength=count + 1).astype(np.int64)
    largest = np.zeros(count + 1, dtype=np.int64)
    np.maximum.at(largest, hub, sizes[part])
    whole = _whole_sizes(above, sizes)
    rest = whole - 1 - cut
    is_hub = (parts > 1) | ((parts == 1) & (rest > 0))
    parts += rest > 0
    lost = whole - 1 - np.maximum(largest, rest)
    at = np.flatnonzero(is_hub)
    at = at[np.lexsort((tree.nodes[at], -lost[at]))]
    columns = (tree.nodes[at], lost[at], parts[at])
    return [Hub(*each) for each in zip(*(one.tolist() for one in columns), strict=True)]


def _search(sources: Indexes, targets: Indexes, count: int) -> _Tree:
    """Return the tree of a search in depth over all connected parts.

    The search looks at each link twice. That of SciPy looks again at all links of a page after each
    page below it, which takes hours for a page with a million links.
    """
    ends = np.concatenate((sources, targets)), np.concatenate((targets, sources))
    links = csr_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(count, count))
    following, last = links.indptr[:-1].tolist(), links.indptr[1:].tolist()
    linked, place = links.indices.tolist(), [0] * count
    order, above, path = [count], [0], list[int]()
    for first in range(count):
        if not place[first]:
            path.append(first)
        while path:
            node = path[-1]
            if not place[node]:
                above.append(place[path[-2]] if len(path) > 1 else 0)
                place[node] = len(order)
                order.append(node)
            at, end = following[node], last[node]
            while at < end and place[linked[at]]:
                at += 1
            following[node] = at
            if at < end:
                path.append(linked[at])
            else:
                path.pop()
    places, lowest = np.array([*place, 0]), np.arange(count + 1)
    np.minimum.at(lowest, places[ends[0]], places[ends[1]])
    upwards = np.array(above, dtype=np.int32)
    return _Tree(np.array(order, dtype=np.int32), upwards, *_subtrees(upwards, lowest))


def _subtrees(above: Indexes, lowest: Numbers) -> tuple[Indexes, Indexes]:
    """Return for each place the size of its subtree, and the lowest of what is in it."""
    up, sizes, low = above.tolist(), [1] * len(above), lowest.tolist()
    for at in range(len(up) - 1, 0, -1):
        parent = up[at]
        sizes[parent] += sizes[at]
        low[parent] = min(low[parent], low[at])
    return np.array(sizes, dtype=np.int32), np.array(low, dtype=np.int32)


def _whole_sizes(above: Indexes, sizes: Indexes) -> Numbers:
    """Return for each place the number of pages that are connected with it, itself included."""
    begins = np.flatnonzero(above == 0)[1:]
    lengths = sizes[begins].astype(np.int64)
    return np.concatenate(([0], np.repeat(lengths, lengths)))
