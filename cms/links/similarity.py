"""Entries that link the same entries, or are linked by the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from cms.links.graph import Indexes, LinkGraph, distinct
from cms.links.traversal import Direction, neighbors, with_distinct_pairs


@dataclass(frozen=True)
class Similar:
    """An entry that is like another by its links.

    Attributes:
        node: index of the entry.
        shared: number of neighbours that both have.
        jaccard: the share of these among all neighbours of the two; above 0 and at most 1.
    """

    node: int
    shared: int
    jaccard: float


def common_neighbors(graph: LinkGraph, nodes: Indexes, direction: Direction) -> Indexes:
    """Return the entries that each of some entries links to, or is linked by.

    Args:
        graph: the graph.
        nodes: the entries, at least one; none of them is among the neighbours.
        direction: outgoing for common targets, incoming for common sources.
    """
    each = (distinct(neighbors(graph, nodes[at : at + 1], direction)) for at in range(len(nodes)))
    common = reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), each)
    return np.setdiff1d(common, nodes)


def most_similar(
    graph: LinkGraph, node: int, direction: Direction, most: int
) -> tuple[Sequence[Similar], int]:
    """Return the entries that share most neighbours with one, and how many share any.

    Args:
        graph: the graph.
        node: index of the entry.
        direction: outgoing for shared targets, incoming for shared sources.
        most: the most entries.
    """
    is_outgoing = direction is Direction.OUTGOING
    pairs = with_distinct_pairs(graph)
    own = neighbors(pairs, np.array([node], dtype=np.int32), direction)
    back = neighbors(pairs, own, Direction.INCOMING if is_outgoing else Direction.OUTGOING)
    shared = np.bincount(back, minlength=len(graph))
    shared[node] = 0
    sharing = np.flatnonzero(shared)
    nodes = sharing[np.argsort(-shared[sharing], kind="stable")[:most]]
    each_has = np.bincount(pairs.sources if is_outgoing else pairs.targets, minlength=len(graph))
    either = len(own) + each_has[nodes] - shared[nodes]
    return [
        Similar(*each)
        for each in zip(
            nodes.tolist(), shared[nodes].tolist(), (shared[nodes] / either).tolist(), strict=True
        )
    ], len(sharing)
