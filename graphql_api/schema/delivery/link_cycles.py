"""The question for cycles of links."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entries, part_list
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question

# The most groups, and the most pages of a cycle that are returned.
MOST_GROUPS, MOST_OF_CYCLE = 20, 25


class LinkCycle:
    """Group of pages from each of which links lead to every other, with a shortest way around."""

    size = part("int", "size", "Number of pages in the group.")
    length = part("int", "length", "Number of pages in the cycle.")
    cycle = part_entries(
        "cycle",
        "Pages of the cycle, of which the last links to the first; of a longer one the first "
        f"{MOST_OF_CYCLE}. Null in place of one unpublished since.",
        most=MOST_OF_CYCLE,
    )
    is_shortest = part(
        "bool",
        "isShortest",
        "Whether the group is known to have no shorter cycle; large groups are not searched whole.",
    )


class LinkCycles:
    """Groups of pages with cycles, the largest first."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of groups.")
    nodes = part_list("LinkCycle", "nodes", "The largest groups, first.", most=MOST_GROUPS)


CYCLES_TYPES = (LinkCycle, LinkCycles)
CYCLES_FIELDS: Mapping[str, Declared] = {
    "link_cycles": question(
        "LinkCycles",
        "linkCycles",
        "Groups of pages from each of which links lead to every other of the group.",
        (
            *GRAPH_ARGUMENTS,
            Argument(
                "first",
                "int | None",
                f"Number of groups to return: at most {MOST_GROUPS}, which is the default.",
            ),
        ),
    )
}
