"""Paths from one entry to another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from cms.links.graph import LinkGraph
from cms.links.parallel_edges import edges_between
from cms.links.paths import Path, PathMode, find_paths
from graphql_api.schema.delivery.link_paths import LONGEST_PATH, MOST_PATHS
from graphql_api.schema.link_answers.edges import edges_json
from graphql_api.schema.link_answers.inputs import number_of, subjects_of


async def link_paths(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return paths between two entries; ``None`` if the view does not show both."""
    most = number_of(inputs, "first", MOST_PATHS)
    graph = await subjects_of(reading, inputs)
    start, end = graph.index_of(inputs["from"]), graph.index_of(inputs["to"])
    if start is None or end is None:
        return None
    mode = PathMode(inputs.get("pathMode") or "ALL_SHORTEST")
    found = await reading.graphs.run(
        find_paths, graph, start, end, mode=mode, most=most, longest=LONGEST_PATH
    )
    return {
        "position": graph.position,
        "paths": [_path(graph, each) for each in found.paths],
        "isCutOff": found.is_cut_off,
    }


def _path(graph: LinkGraph, path: Path) -> Json:
    steps = (edge for step in pairwise(path) for edge in edges_between(graph, *step))
    return {
        "length": len(path) - 1,
        "entries": [graph.ids[each] for each in path],
        "edges": edges_json(graph, steps),
    }
