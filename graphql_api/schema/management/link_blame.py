"""The causes of the link graph's history that only editors see, and who brought a link."""

from __future__ import annotations

from collections.abc import Mapping

from graphql_api.planner.declarations import LARGEST_SIZE, Call, Rows
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.json_parts import part, part_list, part_object, part_row
from graphql_api.schema.declaring.questions import graph_position, question
from graphql_api.schema.declaring.row_sources import revision_with_id
from graphql_api.schema.delivery.link_history import END_ARGUMENTS, page_of_list
from graphql_api.schema.management.publications import publication_rows


def _publication(_: Call, key: Sql) -> Rows:
    return publication_rows(lambda row: row.id == key)


# The fields of a cause that only editors have.
CAUSE_FIELDS: Mapping[str, Declared] = {
    "publication": part_row(
        "EntryPublication",
        "publication",
        _publication,
        "Publication that the change began or ended, with its revision, publisher and sign-offs.",
    )
}


class BlamedLinkPeriod:
    """Period in which readers saw links, with the revisions that brought and took them."""

    begun = part_object("LinkCause", "begun", "Change of what is public that brought the links.")
    ended = part_object(
        "LinkCause | None",
        "ended",
        "Change of what is public that took the links; null if they are there.",
    )
    brought_by = part_row(
        "Entry | None",
        "broughtBy",
        revision_with_id,
        "Entry in the revision that wrote the links: the first of those that all have them, up to "
        "the published one; null if the actor may not read it.",
    )
    taken_by = part_row(
        "Entry | None",
        "takenBy",
        revision_with_id,
        "Entry in the revision that removed the links, found likewise; null if they are there, or "
        "stand in the text of something that was unpublished.",
    )


class LinkBlame:
    """Periods in which readers saw links, up to the moment of the view."""

    position = graph_position()["position"]
    total_count = part("int", "totalCount", "Number of all periods.")
    nodes = part_list(
        "BlamedLinkPeriod", "periods", "Periods, the newest first.", most=LARGEST_SIZE
    )


BLAME_TYPES = (BlamedLinkPeriod, LinkBlame)
BLAME_FIELDS: Mapping[str, Declared] = {
    "link_blame": question(
        "LinkBlame | None",
        "linkBlame",
        "Revisions that brought and took links from an entry to another one, or to a URL.",
        (*END_ARGUMENTS, *page_of_list("periods")),
    )
}
