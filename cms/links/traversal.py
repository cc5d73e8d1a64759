"""Walks along the edges of a graph, a whole level of entries at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum

import numpy as np

from cms.links.graph import NONE, Indexes, LinkGraph, distinct


class Direction(Enum):
    """The direction in which links are followed."""

    OUTGOING = "OUTGOING"
    INCOMING = "INCOMING"
    BOTH = "BOTH"


def neighbors(graph: LinkGraph, nodes: Indexes, direction: Direction) -> Indexes:
    """Return the entries at the other ends of the edges of some entries, one for each edge."""
    match direction:
        case Direction.OUTGOING:
            return graph.targets[edges_of(graph, nodes)]
        case Direction.INCOMING:
            return graph.sources[graph.incoming[_places(graph.incoming_offsets, nodes)]]
        case Direction.BOTH:
            each = (Direction.OUTGOING, Direction.INCOMING)
            return np.concatenate([neighbors(graph, nodes, one) for one in each])


def edges_of(graph: LinkGraph, nodes: Indexes) -> Indexes:
    """Return the indexes of the edges from some entries, one entry after the other."""
    return _places(graph.offsets, nodes)


def _places(offsets: Indexes, nodes: Indexes) -> Indexes:
    """Return the places of the edges of some entries, one entry after the other."""
    begun = offsets[nodes]
    counts = offsets[nodes + 1] - begun
    before = np.cumsum(counts) - counts
    steps = np.repeat(begun - before, counts)
    return (steps + np.arange(len(steps))).astype(np.int32)


def levels(graph: LinkGraph, start: int, direction: Direction) -> Iterator[Indexes]:
    """Yield the entries at each distance from one, nearest first, until there are none.

    Args:
        graph: the graph.
        start: the entry, which is the first level.
        direction: the direction in which links are followed.
    """
    is_left = np.ones(len(graph), dtype=np.bool_)
    is_left[start] = False
    level: Indexes = np.array([start], dtype=np.int32)
    while len(level):
        yield level
        reached = neighbors(graph, level, direction)
        level = distinct(reached[is_left[reached]])
        is_left[level] = False


def distances(graph: LinkGraph, start: int, direction: Direction, most: int) -> Indexes:
    """Return the distance of each entry from one; ``NONE`` where it is above ``most``."""
    found = np.full(len(graph), NONE, dtype=np.int32)
    for distance, level in enumerate(levels(graph, start, direction)):
        if distance > most:
            break
        found[level] = distance
    return found


def with_distinct_pairs(graph: LinkGraph) -> LinkGraph:
    """Return the graph with one edge for each pair of entries, and none of an entry to itself."""
    nodes = max(len(graph), 1)
    codes = graph.sources.astype(np.int64) * nodes + graph.targets
    sources, targets = np.divmod(distinct(codes[graph.sources != graph.targets]), nodes)
    return replace(
        graph,
        sources=sources.astype(np.int32),
        targets=targets.astype(np.int32),
        kinds=np.zeros(len(sources), dtype=np.int16),
        layers=np.zeros(len(sources), dtype=np.int8),
    )


def of_subjects(graph: LinkGraph) -> LinkGraph:
    """Return the graph with the edges between entries of which questions speak."""
    subjects = graph.subjects
    return graph.with_edges(subjects[graph.sources] & subjects[graph.targets])
