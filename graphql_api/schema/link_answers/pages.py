"""Pages with faults in the link graph."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cms.content.canonical_json import Json
from cms.links.asking import GraphReading
from cms.links.graph import NONE, Indexes, Mask
from cms.links.metrics import PageGraph, click_depths, dead_ends_of, orphans_of
from graphql_api.schema.declaring.places import cursor_at, key, place_after, size_of
from graphql_api.schema.link_answers.inputs import number_of, page_graph_of

# No page is as deep as this.
_DEEPEST = 2**31 - 1


async def link_orphans(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the pages that no other page links to."""
    return await _pages(reading, inputs, lambda pages, _: orphans_of(pages))


async def link_dead_ends(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the pages that link to no other page."""
    return await _pages(reading, inputs, lambda pages, _: dead_ends_of(pages))


async def link_too_deep(reading: GraphReading, inputs: Mapping[str, Any]) -> Json:
    """Return the pages that are deeper than a number of links, or that none lead to."""
    most = number_of(inputs, "depth", _DEEPEST)
    return await _pages(reading, inputs, lambda _, depths: (depths > most) | (depths == NONE))


async def _pages(
    reading: GraphReading, inputs: Mapping[str, Any], choose: Callable[[PageGraph, Indexes], Mask]
) -> Json:
    """Return a part of the pages that a function chooses by the graph and their click depths."""
    size, after = size_of(inputs), place_after(inputs, (key,))
    position, pages = await page_graph_of(reading, inputs)
    depths = await reading.graphs.run(click_depths, pages)
    chosen = np.flatnonzero(await reading.graphs.run(choose, pages, depths)).tolist()
    begin = 0
    if after is not None:
        begin = bisect_right(chosen, bisect_right(pages.ids, after[0]) - 1)
    return {
        "position": position,
        "totalCount": len(chosen),
        "nodes": [
            {
                "cursor": cursor_at((pages.ids[each],)),
                "entry": pages.ids[each],
                **({"clickDepth": int(depths[each])} if depths[each] != NONE else {}),
            }
            for each in chosen[begin : begin + size]
        ],
    }
