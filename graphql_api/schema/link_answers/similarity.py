"""Entries that link the same, or are linked by the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.canonical_json import Json
from cms.errors import InvalidValue, Refused
from cms.links.asking import GraphReading
from cms.links.similarity import common_neighbors, most_similar
from cms.links.traversal import Direction
from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.delivery.link_similarity import MOST_COMPARED
from graphql_api.schema.link_answers.inputs import number_of, subjects_of


async def link_common_targets(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the entries that each of some entries links to."""
    return await _common(reading, inputs, Direction.OUTGOING)


async def link_common_sources(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the entries that link to each of some entries."""
    return await _common(reading, inputs, Direction.INCOMING)


async def _common(reading: GraphReading, inputs: Mapping[str, Any], direction: Direction) -> Json:
    ids = set(inputs["ids"])
    if not 1 <= len(ids) <= MOST_COMPARED:
        message = f"ids has {len(ids)} entries; it can have from 1 to {MOST_COMPARED}"
        raise Refused(InvalidValue(message=message, path=("ids",)))
    most = number_of(inputs, "first", LARGEST_SIZE)
    graph = await subjects_of(reading, inputs)
    nodes = graph.indexes_of(sorted(ids))
    if len(nodes) < len(ids):
        return None
    found = await reading.graphs.run(common_neighbors, graph, nodes, direction)
    return {
        "position": graph.position,
        "totalCount": len(found),
        "entries": [graph.ids[each] for each in found[:most].tolist()],
    }


async def link_similar(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the entries most like one; ``None`` if the view does not show it."""
    most = number_of(inputs, "first", LARGEST_SIZE)
    graph = await subjects_of(reading, inputs)
    node = graph.index_of(inputs["of"])
    if node is None:
        return None
    direction = Direction.INCOMING if inputs.get("by") == "SOURCES" else Direction.OUTGOING
    found, count = await reading.graphs.run(most_similar, graph, node, direction, most)
    return {
        "position": graph.position,
        "totalCount": count,
        "nodes": [
            {"entry": graph.ids[each.node], "shared": each.shared, "similarity": each.jaccard}
            for each in found
        ],
    }
