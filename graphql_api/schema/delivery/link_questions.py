"""All questions about the link graph, which both schemas have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.delivery.link_anchor_texts import (
    ANCHOR_CHOICES,
    ANCHOR_FIELDS,
    ANCHOR_TYPES,
)
from graphql_api.schema.delivery.link_clusters import CLUSTER_FIELDS, CLUSTER_TYPES
from graphql_api.schema.delivery.link_cycles import CYCLES_FIELDS, CYCLES_TYPES
from graphql_api.schema.delivery.link_graph import LINK_GRAPH, DegreeCount, LinkGraph
from graphql_api.schema.delivery.link_graph_edge import LinkGraphEdge
from graphql_api.schema.delivery.link_history import (
    HISTORY_CHOICES,
    HISTORY_FIELDS,
    HISTORY_INPUTS,
    HISTORY_TYPES,
)
from graphql_api.schema.delivery.link_hubs import HUBS_FIELDS, HUBS_TYPES
from graphql_api.schema.delivery.link_matrix import MATRIX_FIELDS, MATRIX_TYPES
from graphql_api.schema.delivery.link_neighborhood import NEIGHBORHOOD_FIELDS, NEIGHBORHOOD_TYPES
from graphql_api.schema.delivery.link_pages import PAGES_FIELDS, PAGES_TYPES
from graphql_api.schema.delivery.link_paths import PATHS_FIELDS, PATHS_TYPES
from graphql_api.schema.delivery.link_similarity import SIMILARITY_FIELDS, SIMILARITY_TYPES

QUESTION_TYPES: tuple[type, ...] = (
    DegreeCount,
    LinkGraph,
    LinkGraphEdge,
    *NEIGHBORHOOD_TYPES,
    *PATHS_TYPES,
    *SIMILARITY_TYPES,
    *CLUSTER_TYPES,
    *MATRIX_TYPES,
    *PAGES_TYPES,
    *CYCLES_TYPES,
    *HUBS_TYPES,
    *ANCHOR_TYPES,
    *HISTORY_TYPES,
)

QUESTION_FIELDS: Mapping[str, Declared] = {
    "link_graph": LINK_GRAPH,
    **NEIGHBORHOOD_FIELDS,
    **PATHS_FIELDS,
    **SIMILARITY_FIELDS,
    **CLUSTER_FIELDS,
    **MATRIX_FIELDS,
    **PAGES_FIELDS,
    **CYCLES_FIELDS,
    **HUBS_FIELDS,
    **ANCHOR_FIELDS,
    **HISTORY_FIELDS,
}

# The enums of arguments: each with its description and its values.
_CHOICES: Mapping[str, tuple[str, Sequence[str]]] = {
    "LinkDirection": (
        "Direction in which links are followed: from the entry that has them, or to it.",
        ("OUTGOING", "INCOMING", "BOTH"),
    ),
    "LinkPathMode": (
        "Paths that are meant: all with the fewest links; or these, and then longer ones.",
        ("ALL_SHORTEST", "K_SHORTEST"),
    ),
    "LinkSimilarity": (
        "Links by which entries are alike: to the same targets, or from the same sources.",
        ("TARGETS", "SOURCES"),
    ),
    "LinkMatrixGroup": ("Property that groups entries.", ("CATEGORY", "TYPE")),
    **ANCHOR_CHOICES,
    **HISTORY_CHOICES,
}


def add_questions(
    registry: TypeRegistry, more: Mapping[str, Mapping[str, Declared]] = MappingProxyType({})
) -> None:
    """Add the types of the questions' arguments and answers.

    Args:
        registry: the types of the schema.
        more: further fields of the answers, by the name of their type.
    """
    for name, (description, values) in _CHOICES.items():
        registry.add_fixed_words(name, description, {each: each for each in values})
    for name, (description, fields) in HISTORY_INPUTS.items():
        registry.add_input(name, description, fields, one_of=True)
    for each in QUESTION_TYPES:
        registry.add_object(each, **more.get(each.__name__, {}))
