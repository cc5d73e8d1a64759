"""The graph as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from cms.links.overview import overview
from graphql_api.schema.link_answers.inputs import choice_of


async def link_graph(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the figures of the whole graph."""
    found = await overview(reading, *choice_of(inputs))
    return summary_json(found.position, found.summary)


def summary_json(position: int, summary: Mapping[str, Any]) -> Json:
    """Return the summary of a graph as the type ``LinkGraph`` has it.

    Args:
        position: the position that it is true for.
        summary: the attributes of a :class:`~cms.links.summary.GraphSummary`, by name.
    """
    histogram = summary["degree_histogram"]
    return {
        **summary,
        "position": position,
        "degree_histogram": [{"degree": degree, "entries": count} for degree, count in histogram],
    }
