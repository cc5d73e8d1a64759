"""The questions for entries that link the same, or are linked by the same."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entries, part_entry, part_list
from graphql_api.schema.declaring.questions import GRAPH_ARGUMENTS, graph_position, question

# The most entries whose neighbours are compared.
MOST_COMPARED = 20


class CommonLinks:
    """Entries that all of some entries link to, or are linked by."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of such entries.")
    entries = part_entries(
        "entries",
        "The entries, the oldest first; null in place of one unpublished since.",
        most=LARGEST_SIZE,
    )


class SimilarEntry:
    """Entry that is like another by its links."""

    entry = part_entry("entry", "The entry; null if it was unpublished since.")
    shared = part("int", "shared", "Number of entries that both link to, or are linked by.")
    similarity = part(
        "float", "similarity", "Share of these among all that either of the two has: at most 1."
    )


class SimilarEntries:
    """Entries that are like another by their links."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of entries that share any.")
    nodes = part_list(
        "SimilarEntry", "nodes", "The entries that share most, first.", most=LARGEST_SIZE
    )


_FIRST = Argument(
    "first",
    "int | None",
    f"Number of entries to return: at most {LARGEST_SIZE}, which is the default.",
)
_IDS = Argument("ids", "list[ID]", f"Ids of the entries, from 1 to {MOST_COMPARED}.")

SIMILARITY_TYPES = (CommonLinks, SimilarEntry, SimilarEntries)
SIMILARITY_FIELDS: Mapping[str, Declared] = {
    "link_common_targets": question(
        "CommonLinks | None",
        "linkCommonTargets",
        "Entries that each of some entries links to; null if the view does not show all of these.",
        (_IDS, *GRAPH_ARGUMENTS, _FIRST),
    ),
    "link_common_sources": question(
        "CommonLinks | None",
        "linkCommonSources",
        "Entries that link to each of some entries; null if the view does not show all of these.",
        (_IDS, *GRAPH_ARGUMENTS, _FIRST),
    ),
    "link_similar": question(
        "SimilarEntries | None",
        "linkSimilar",
        "Entries that are most like one by links; null if the view does not show the entry.",
        (
            Argument("of", "ID", "Id of the entry."),
            Argument(
                "by",
                "LinkSimilarity | None",
                "Links that are compared; default `TARGETS`.",
            ),
            *GRAPH_ARGUMENTS,
            _FIRST,
        ),
    ),
}
