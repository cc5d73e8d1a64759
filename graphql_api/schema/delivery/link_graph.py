"""The link graph as a whole."""

from __future__ import annotations

from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.json_parts import part, part_list
from graphql_api.schema.declaring.questions import (
    COMMUNITY_WORK,
    GRAPH_ARGUMENTS,
    graph_position,
    question,
)


class DegreeCount:
    """Number of pages with a number of links."""

    degree = part("int", "degree", "Number of links from a page and to it.")
    entries = part("int", "entries", "Number of pages with so many links.")


class LinkGraph:
    """Figures of the link graph as a whole. Of the public site they are those of the last time that
    metrics were computed.
    """

    position = graph_position()["position"]
    behind = graph_position()["behind"]
    nodes = part("int", "nodes", "Number of pages.")
    edges = part("int", "edges", "Number of links between pages.")
    density = part(
        "float",
        "density",
        "Share of all pairs of pages of which the first links to the second, from 0 to 1.",
    )
    reciprocity = part(
        "float", "reciprocity", "Share of the linked pairs that link back, from 0 to 1."
    )
    average_depth = part(
        "float | None",
        "average_depth",
        "Mean click depth of the pages that paths of links lead to; null if there are none.",
    )
    orphans = part("int", "orphans", "Number of pages that no other page and no menu links to.")
    dead_ends = part("int", "dead_ends", "Number of pages that link to no other page.")
    components = part("int", "components", "Number of parts of the site that no link connects.")
    modularity = part(
        "float",
        "modularity",
        "Excess of links within communities over those by chance; at most 1.",
    )
    degree_histogram = part_list(
        "DegreeCount", "degree_histogram", "Numbers of pages by their number of links, ascending."
    )


LINK_GRAPH: Declared = question(
    "LinkGraph",
    "linkGraph",
    "Figures of the link graph that the view shows.",
    GRAPH_ARGUMENTS,
    work=COMMUNITY_WORK,
)
