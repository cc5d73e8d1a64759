"""Pages without which a part of the graph is cut off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from cms.links.hubs import hubs_of
from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.link_answers.inputs import number_of, page_graph_of


async def link_hubs(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the pages that cut off most."""
    most = number_of(inputs, "first", LARGEST_SIZE)
    position, pages = await page_graph_of(reading, inputs)
    found = await reading.graphs.run(hubs_of, pages.sources, pages.targets, len(pages))
    return {
        "position": position,
        "totalCount": len(found),
        "nodes": [
            {"entry": pages.ids[each.node], "cutOff": each.cut_off, "parts": each.parts}
            for each in found[:most]
        ],
    }
