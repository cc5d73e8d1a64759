"""The question for the entries near one."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entry, part_list
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question

# The largest distance, and the default.
MOST_DEPTH, DEPTH = 5, 1
# The most entries, and the default.
MOST_NEIGHBORS, NEIGHBORS = 500, 100
# The most edges, which are cheap to write.
MOST_EDGES = 2_000


class LinkNeighbor:
    """Entry of a neighbourhood, with its place in a drawing of it."""

    entry_id = part("ID", "entry", "Id of the entry, by which edges name it.")
    entry = part_entry("entry", "The entry; null if it was unpublished since.")
    distance = part("int", "distance", "Number of links from the entry in the middle, which has 0.")
    x = part(
        "float", "x", "Place in a drawing, to the right of the middle; entries are about 1 apart."
    )
    y = part("float", "y", "Place in a drawing, above the middle.")


class LinkNeighborhood:
    """Entries near one, and the links among them, ready to draw."""

    position = graph_position()["position"]
    nodes = part_list(
        "LinkNeighbor",
        "nodes",
        "The entries, nearest first; at one distance, those with most links from the nearer ones.",
        most=MOST_NEIGHBORS,
    )
    edges = part_list(
        "LinkGraphEdge", "edges", f"Links among them, at most {MOST_EDGES:,}.", most=MOST_EDGES
    )
    is_cut_off = part("bool", "isCutOff", "Whether entries or links are left out.")


NEIGHBORHOOD_TYPES = (LinkNeighbor, LinkNeighborhood)
NEIGHBORHOOD_FIELDS: Mapping[str, Declared] = {
    "link_neighborhood": question(
        "LinkNeighborhood | None",
        "linkNeighborhood",
        "Entries near one, by links; null if the view does not show the entry.",
        (
            Argument("of", "ID", "Id of the entry in the middle."),
            Argument(
                "depth",
                "int | None",
                f"Largest number of links from the middle: at most {MOST_DEPTH}; default {DEPTH}.",
            ),
            Argument(
                "direction",
                "LinkDirection | None",
                "Direction in which links are followed from the middle; default `BOTH`.",
            ),
            *GRAPH_ARGUMENTS,
            Argument(
                "first",
                "int | None",
                f"Number of entries to return: at most {MOST_NEIGHBORS}; default {NEIGHBORS}.",
            ),
        ),
    )
}
