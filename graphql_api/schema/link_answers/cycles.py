"""Cycles of links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from cms.links.cycles import CycleGroup, cycle_groups
from cms.links.metrics import PageGraph, linked_pages
from graphql_api.schema.delivery.link_cycles import MOST_GROUPS, MOST_OF_CYCLE
from graphql_api.schema.link_answers.inputs import number_of, page_graph_of


async def link_cycles(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the largest groups of pages with cycles."""
    most = number_of(inputs, "first", MOST_GROUPS)
    position, pages = await page_graph_of(reading, inputs)
    groups, count = await reading.graphs.run(
        lambda: cycle_groups(*linked_pages(pages), len(pages), most)
    )
    return {
        "position": position,
        "totalCount": count,
        "nodes": [_group(pages, each) for each in groups],
    }


def _group(pages: PageGraph, group: CycleGroup) -> Json:
    return {
        "size": len(group.nodes),
        "length": len(group.cycle),
        "cycle": [pages.ids[each] for each in group.cycle[:MOST_OF_CYCLE]],
        "isShortest": group.is_shortest,
    }
