"""The question for texts of links with several targets, and targets with several texts."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.schema.declaring.fields import Argument, Declared
from graphql_api.schema.declaring.json_parts import part, part_entries, part_entry, part_list
from graphql_api.schema.declaring.questions import WORK, graph_position, question

# The most groups, uses in each, and pages of a use.
MOST_GROUPS, MOST_USES, MOST_SOURCES = 20, 10, 5
# The work: all links of the view are read and sorted, for each question.
_WORK = 6 * WORK
# Grouping all texts of links, for each public edition.
_OF_TEXTS = 15
# The two modes.
ONE_TEXT, ONE_TARGET = "ONE_TEXT_SEVERAL_TARGETS", "SEVERAL_TEXTS_ONE_TARGET"


class LinkAnchorUse:
    """Links with one text to one target."""

    text = part("str", "text", "Words of the links, as written.")
    entry = part_entry(
        "entry", "Entry that the links lead to; null for a URL, or if it was unpublished since."
    )
    url = part("str | None", "url", "URL that the links lead to, as written; null for an entry.")
    edges = part("int", "edges", "Number of links with the text to the target.")
    source_count = part("int", "sourceCount", "Number of pages that hold such links.")
    sources = part_entries(
        "sources",
        f"Pages that hold them, at most {MOST_SOURCES}, the oldest first; null in place of one "
        "unpublished since.",
        most=MOST_SOURCES,
    )


class LinkAnchorGroup:
    """Links with one text to several targets, or with several texts to one target."""

    text = part("str | None", "text", f"Words that all links have, for `{ONE_TEXT}`.")
    entry = part_entry(
        "entry",
        f"Entry that all links lead to, for `{ONE_TARGET}`; null for a URL, or if it was "
        "unpublished since.",
    )
    url = part(
        "str | None", "url", f"URL that all links lead to, for `{ONE_TARGET}`; null for an entry."
    )
    edges = part("int", "edges", "Number of links in the group.")
    use_count = part("int", "useCount", "Number of targets, or of texts: at least 2.")
    uses = part_list(
        "LinkAnchorUse",
        "uses",
        f"Pairs of a text and a target, at most {MOST_USES}, those with most links first.",
        most=MOST_USES,
    )


class LinkAnchorTexts:
    """Texts of links that lead to several targets, or targets with several texts."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of such texts, or of such targets.")
    nodes = part_list(
        "LinkAnchorGroup",
        "nodes",
        "Those with most targets, or most texts, first.",
        most=MOST_GROUPS,
    )


ANCHOR_CHOICES = {
    "LinkAnchorMode": (
        "Links that are meant: with one text to several targets, or with several texts to one.",
        (ONE_TEXT, ONE_TARGET),
    )
}
ANCHOR_TYPES = (LinkAnchorUse, LinkAnchorGroup, LinkAnchorTexts)
ANCHOR_FIELDS: Mapping[str, Declared] = {
    "link_anchor_texts": question(
        "LinkAnchorTexts",
        "linkAnchorTexts",
        "Words of links inside the texts of pages that lead to several targets, or that differ "
        "for one target. Upper and lower case differ too.",
        (
            Argument("anchor_mode", "LinkAnchorMode", "Links that are meant."),
            Argument(
                "first",
                "int | None",
                f"Number of texts or targets to return: from 1 to {MOST_GROUPS}, which is the "
                "default.",
            ),
        ),
        work=_WORK,
        of_each=_OF_TEXTS,
    )
}
