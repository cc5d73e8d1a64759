"""The questions for pages with faults: orphans, dead ends, and pages too deep."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entry, part_list
from graphql_api.schema.declaring.places import CURSOR, page_arguments
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question


class LinkPage:
    """Page with its place in the link graph."""

    cursor = CURSOR
    entry = part_entry("entry", "The page; null if it was unpublished since.")
    click_depth = part(
        "int | None",
        "clickDepth",
        "Fewest links to it from the home page and the pages in the navigation; null if none lead.",
    )


class LinkPages:
    """Pages that have a fault in the link graph."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of all such pages.")
    nodes = part_list(
        "LinkPage", "nodes", "Pages, the oldest first, from the cursor on.", most=LARGEST_SIZE
    )


_ARGUMENTS = (*GRAPH_ARGUMENTS, *page_arguments("pages"))

PAGES_TYPES = (LinkPage, LinkPages)
PAGES_FIELDS: Mapping[str, Declared] = {
    "link_orphans": question(
        "LinkPages",
        "linkOrphans",
        "Pages that no other page links to, and that are neither the home page nor in the "
        "navigation.",
        _ARGUMENTS,
    ),
    "link_dead_ends": question(
        "LinkPages", "linkDeadEnds", "Pages that link to no other page.", _ARGUMENTS
    ),
    "link_too_deep": question(
        "LinkPages",
        "linkTooDeep",
        "Pages with more than a number of links from the home page and the pages in the "
        "navigation, and those that no links lead to from there.",
        (Argument("depth", "int", "Largest number that is not too deep."), *_ARGUMENTS),
    ),
}
