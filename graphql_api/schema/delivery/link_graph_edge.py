"""The links from one entry to another, in answers about the link graph."""

from __future__ import annotations

from graphql_api.schema.declaring.json_parts import part
from graphql_api.schema.declaring.words import part_text, part_word


class LinkGraphEdge:
    """The links of one kind from one entry to another, counted together."""

    source_id = part("ID", "source", "Id of the entry that has the links.")
    target_id = part("ID", "target", "Id of the entry that they lead to.")
    kind = part_word("LinkKind | None", "kind", "Kind of the links; null in the taxonomy.")
    kind_name = part_text("str | None", "kind", "kind")
    layer = part_word("LinkLayer", "layer", "Layer of the graph that the links are in.")
    count = part("int", "count", "Number of the links.")
