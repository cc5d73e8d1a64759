"""Edges in answers."""

from __future__ import annotations

from collections.abc import Iterable

from cms.content.canonical_json import Json
from cms.links.graph import LinkGraph
from cms.links.parallel_edges import ParallelEdges


def edges_json(graph: LinkGraph, edges: Iterable[ParallelEdges]) -> Json:
    """Return edges as the type ``LinkGraphEdge`` has them."""
    return [
        {
            "source": graph.ids[each.source],
            "target": graph.ids[each.target],
            # Links of the taxonomy have no kind.
            **({"kind": kind} if (kind := graph.kind_names[each.kind]) else {}),
            "layer": each.layer.name.lower(),
            "count": each.count,
        }
        for each in edges
    ]
