"""The question for pages without which a part of the graph is cut off."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entry, part_list
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question


class LinkHub:
    """Page without which links, in any direction, would no longer connect a part with the rest."""

    entry = part_entry("entry", "The page; null if it was unpublished since.")
    cut_off = part(
        "int", "cutOff", "Number of pages that would be cut off from the largest part that is left."
    )
    parts = part("int", "parts", "Number of parts that would be left.")


class LinkHubs:
    """Pages without which a part is cut off, those that cut off most pages first."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of such pages.")
    nodes = part_list("LinkHub", "nodes", "The pages that cut off most, first.", most=LARGEST_SIZE)


HUBS_TYPES = (LinkHub, LinkHubs)
HUBS_FIELDS: Mapping[str, Declared] = {
    "link_hubs": question(
        "LinkHubs",
        "linkHubs",
        "Pages without which a part of the graph is cut off: its articulation points.",
        (
            *GRAPH_ARGUMENTS,
            Argument(
                "first",
                "int | None",
                f"Number of pages to return: at most {LARGEST_SIZE}, which is the default.",
            ),
        ),
    )
}
