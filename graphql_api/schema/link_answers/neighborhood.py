"""The entries near one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from cms.links.neighborhood import neighborhood
from cms.links.traversal import Direction
from graphql_api.schema.delivery.link_neighborhood import (
    DEPTH,
    MOST_DEPTH,
    MOST_EDGES,
    MOST_NEIGHBORS,
    NEIGHBORS,
)
from graphql_api.schema.link_answers.edges import edges_json
from graphql_api.schema.link_answers.inputs import number_of, subjects_of


async def link_neighborhood(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the neighbourhood of an entry; ``None`` if the view does not show it."""
    depth = number_of(inputs, "depth", MOST_DEPTH, DEPTH)
    most = number_of(inputs, "first", MOST_NEIGHBORS, NEIGHBORS, least=1)
    graph = await subjects_of(reading, inputs)
    center = graph.index_of(inputs["of"])
    if center is None:
        return None
    found = await reading.graphs.run(
        neighborhood,
        graph,
        center,
        depth=depth,
        direction=Direction(inputs.get("direction") or "BOTH"),
        most=most,
        most_edges=MOST_EDGES,
    )
    return {
        "position": graph.position,
        "nodes": [
            {"entry": graph.ids[each.node], "distance": each.distance, "x": each.x, "y": each.y}
            for each in found.neighbors
        ],
        "edges": edges_json(graph, found.edges),
        "isCutOff": found.is_cut_off,
    }
