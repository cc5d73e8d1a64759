"""The question for the link graph as it would be after publishing, unpublishing or adding links."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.planner.declarations import LARGEST_SIZE
from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import (
    part,
    part_entries,
    part_entry,
    part_list,
    part_object,
)
from graphql_api.schema.declaring.questions import (
    GRAPH_ARGUMENTS,
    WORK,
    graph_position,
    question,
)
from graphql_api.schema.declaring.words import part_text, part_word

# The most entries that are published or unpublished, and the most links that are added.
MOST_ASSUMED = 100
# How many times as much work as other questions it is: all metrics are computed, twice.
_METRICS_WORK = 12


class AssumedPage:
    """Place of a page in the link graph."""

    in_degree = part("int", "inDegree", "Number of links to the page.")
    click_depth = part(
        "int | None",
        "clickDepth",
        "Fewest links to the page from the home page and those in the navigation; null if none.",
    )
    is_orphan = part("bool", "isOrphan", "Whether no other page and no menu links to the page.")


class AssumedChange:
    """Page whose place in the link graph would change."""

    entry_id = part("ID", "entry", "Id of the changed page.")
    entry = part_entry("entry", "Changed page; null if the view does not show it.")
    place_before = part_object(
        "AssumedPage | None", "before", "Place now; null if it is not public."
    )
    place_after = part_object(
        "AssumedPage | None", "after", "Place afterwards; null if it would not be public."
    )


class AssumedLink:
    """Link that would break, since its target would not be public."""

    source_id = part("ID", "source", "Id of the entry with the broken link.")
    source = part_entry("source", "Entry with the broken link; null if the view does not show it.")
    target_id = part("ID", "target", "Id of the target that would not be public.")
    kind = part_word("LinkKind", "kind", "Kind of the broken link.")
    kind_name = part_text("str", "kind", "kind")


class AssumedPages:
    """Pages to which something would happen."""

    total_count = part("int", "totalCount", "Number of these pages.")
    entries = part_entries(
        "entries",
        "The first of them, the oldest first; null in place of one that the view does not show.",
        most=LARGEST_SIZE,
    )


class LinkWhatIf:
    """Link graph of what is public now, and as it would be."""

    position = graph_position()["position"]
    graph_before = part_object("LinkGraph", "before", "Figures of the graph now.")
    graph_after = part_object("LinkGraph", "after", "Figures of the graph afterwards.")
    changed_page_count = part("int", "changeCount", "Number of pages whose place would change.")
    changed_pages = part_list(
        "AssumedChange",
        "changes",
        "Pages whose place would change, those with the largest change of incoming links first.",
        most=LARGEST_SIZE,
    )
    broken_link_count = part("int", "brokenCount", "Number of links that would break.")
    broken_links = part_list(
        "AssumedLink",
        "broken",
        "Links that would break: those to what is unpublished, and those of what is published to "
        "entries that are not public.",
        most=LARGEST_SIZE,
    )
    orphans_made = part_object("AssumedPages", "orphansMade", "Pages that would become orphans.")
    orphans_cured = part_object(
        "AssumedPages", "orphansCured", "Pages that would no longer be orphans."
    )
    pages_cut_off = part_object(
        "AssumedPages", "cutOff", "Pages that no links would lead to from the home page and menus."
    )


WHAT_IF_TYPES = (AssumedPage, AssumedChange, AssumedLink, AssumedPages, LinkWhatIf)
ASSUMED_LINK_INPUT: Mapping[str, Declared] = {
    "source": Declared("ID", None, "Id of the entry that would have the link."),
    "target": Declared("ID", None, "Id of the entry that the link would lead to."),
    "kind": Declared("LinkKind", None, "Kind of the added link."),
}
WHAT_IF_FIELDS: Mapping[str, Declared] = {
    "link_what_if": question(
        "LinkWhatIf",
        "linkWhatIf",
        "Link graph of the public site in the first locale of the view, as it would be after "
        "publishing, unpublishing or adding links. Nothing is changed, and gates are not checked.",
        (
            Argument(
                "publish",
                "list[ID] | None",
                "Ids of revisions to publish, or of entries to publish their newest revisions.",
            ),
            Argument("unpublish", "list[ID] | None", "Ids of entries to unpublish."),
            Argument(
                "add_links",
                "list[AssumedLinkInput] | None",
                "Links to add between entries that would be public.",
            ),
            *GRAPH_ARGUMENTS,
            Argument(
                "first",
                "int | None",
                f"Number of items in each list: at most {LARGEST_SIZE}, which is the default.",
            ),
        ),
        work=_METRICS_WORK * WORK,
    )
}
