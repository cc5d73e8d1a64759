"""The link graph as a whole."""

from __future__ import annotations

from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.json_parts import part
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question


class LinkGraph:
    """Figures of the link graph as a whole."""

    position = graph_position()["position"]
    behind = graph_position()["behind"]
    nodes = part("int", "nodes", "Number of pages.")
    edges = part("int", "edges", "Number of links between pages.")


LINK_GRAPH: Declared = question(
    "LinkGraph", "linkGraph", "Figures of the link graph that the view shows.", GRAPH_ARGUMENTS
)
