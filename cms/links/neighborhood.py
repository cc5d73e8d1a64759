"""The neighbourhood of an entry: the entries near it, the links among them, and a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cms.links.graph import Indexes, LinkGraph
from cms.links.parallel_edges import ParallelEdges, grouped, parallel_edges
from cms.links.ring_layout import ring_layout
from cms.links.traversal import Direction, edges_of, neighbors

# The rounding of places in a drawing, in digits after the point.
_DIGITS = 3


@dataclass(frozen=True)
class Neighbor:
    """An entry of a neighbourhood.

    Attributes:
        node: index of the entry.
        distance: number of links from the entry in the middle.
        x: place in a drawing, to the right.
        y: place in a drawing, up.
    """

    node: int
    distance: int
    x: float
    y: float


@dataclass(frozen=True)
class Neighborhood:
    """The entries near one, and the links among them.

    Attributes:
        neighbors: the entries, nearest first; the first is the one in the middle.
        edges: the links among them.
        is_cut_off: whether entries or edges are left out, because there are too many.
    """

    neighbors: Sequence[Neighbor]
    edges: Sequence[ParallelEdges]
    is_cut_off: bool


def neighborhood(
    graph: LinkGraph,
    center: int,
    *,
    depth: int,
    direction: Direction,
    most: int,
    most_edges: int,
) -> Neighborhood:
    """Return the neighbourhood of an entry.

    Of the entries at a distance, those with the most links from the level before come first.

    Args:
        graph: the graph.
        center: index of the entry in the middle.
        depth: the largest distance.
        direction: the direction in which links are followed from the middle.
        most: the most entries, the one in the middle included.
        most_edges: the most edges; parallel ones count as one.
    """
    rings, lacks_nodes = _rings(graph, center, depth, direction, most)
    edges, lacks_edges = _edges_among(graph, np.concatenate(rings), most_edges)
    places = ring_layout(rings, [(each.source, each.target) for each in edges])
    return Neighborhood(
        neighbors=[
            Neighbor(
                node, distance, round(places[node].real, _DIGITS), round(places[node].imag, _DIGITS)
            )
            for distance, ring in enumerate(rings)
            for node in ring.tolist()
        ],
        edges=edges,
        is_cut_off=lacks_nodes or lacks_edges,
    )


def _rings(
    graph: LinkGraph, center: int, depth: int, direction: Direction, most: int
) -> tuple[list[Indexes], bool]:
    """Return the entries at each distance, and whether some are left out."""
    is_new = np.ones(len(graph), dtype=np.bool_)
    is_new[center] = False
    rings = [np.array([center], dtype=np.int32)]
    left = most - 1
    for _ in range(depth):
        reached = neighbors(graph, rings[-1], direction)
        ring, links = np.unique(reached[is_new[reached]], return_counts=True)
        if not len(ring):
            break
        is_new[ring] = False
        ring = ring[np.argsort(-links, kind="stable")]
        rings += [ring[:left]] if left else []
        if len(ring) > left:
            return rings, True
        left -= len(ring)
    return rings, False


def _edges_among(
    graph: LinkGraph, nodes: Indexes, most: int
) -> tuple[Sequence[ParallelEdges], bool]:
    """Return the edges among some entries, and whether some of the last entries are left out."""
    rank = np.full(len(graph), len(nodes), dtype=np.int32)
    rank[nodes] = np.arange(len(nodes))
    own = edges_of(graph, nodes)
    edges, counts = grouped(graph, own[rank[graph.targets[own]] < len(nodes)])
    last = np.maximum(rank[graph.sources[edges]], rank[graph.targets[edges]])
    kept = np.argsort(last, kind="stable")[:most]
    return parallel_edges(graph, edges[kept], counts[kept]), len(kept) < len(edges)
