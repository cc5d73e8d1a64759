"""Edges of one kind from one entry to another, counted together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cms.links.graph import Indexes, Layer, LinkGraph


@dataclass(frozen=True)
class ParallelEdges:
    """The edges of one kind and layer from one entry to another.

    Attributes:
        source: index of the entry that has the links.
        target: index of the entry that they lead to.
        kind: index of their kind.
        layer: their layer.
        count: number of edges, at least 1.
    """

    source: int
    target: int
    kind: int
    layer: Layer
    count: int


def parallel_edges(
    graph: LinkGraph, edges: Indexes, counts: NDArray[np.int64]
) -> Sequence[ParallelEdges]:
    """Return edges with their counts, as :func:`grouped` returns them."""
    columns = (graph.sources, graph.targets, graph.kinds, graph.layers)
    return [
        ParallelEdges(source, target, kind, Layer(layer), count)
        for source, target, kind, layer, count in zip(
            *(column[edges].tolist() for column in columns), counts.tolist(), strict=True
        )
    ]


def grouped(graph: LinkGraph, edges: Indexes) -> tuple[Indexes, NDArray[np.int64]]:
    """Return the first of the edges that are parallel, and how many there are of each.

    They are ordered by source, target, kind and layer.
    """
    codes = graph.sources[edges].astype(np.int64)
    for column, values in (
        (graph.targets, len(graph)),
        (graph.kinds, len(graph.kind_names)),
        (graph.layers, len(Layer)),
    ):
        codes = codes * values + column[edges]
    _, first, counts = np.unique(codes, return_index=True, return_counts=True)
    return edges[first], counts


def edges_between(graph: LinkGraph, source: int, target: int) -> Sequence[ParallelEdges]:
    """Return the edges from one entry to another, one for each kind and layer."""
    own = graph.edges_from(source)
    at = np.flatnonzero(graph.targets[own] == target) + own.start
    return parallel_edges(graph, *grouped(graph, at.astype(np.int32)))
