"""All questions about the link graph, which both schemas have."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.delivery.link_graph import LINK_GRAPH, DegreeCount, LinkGraph

QUESTION_TYPES: tuple[type, ...] = (DegreeCount, LinkGraph)

QUESTION_FIELDS: Mapping[str, Declared] = {"link_graph": LINK_GRAPH}


def add_questions(registry: TypeRegistry) -> None:
    """Add the types of the questions' arguments and answers."""
    registry.add_fixed_words(
        "LinkLayer",
        "Layer of the link graph: the links of pages; those of singletons, such as menus; and from "
        "entries to their categories, and from these to their parents.",
        {"CONTENT": "content", "NAVIGATION": "navigation", "TAXONOMY": "taxonomy"},
    )
    for each in QUESTION_TYPES:
        registry.add_object(each)
