"""The graph as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from graphql_api.schema.link_answers.inputs import graph_of


async def link_graph(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the figures of the whole graph."""
    graph = await graph_of(reading, inputs)
    return {
        "position": graph.position,
        "nodes": int(graph.is_page.sum()),
        "edges": len(graph.sources),
    }
