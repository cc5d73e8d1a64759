"""The revisions that brought and took a link that was public, which only editors see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cms.reading import relations
from cms.reading.rows import LinkRow
from cms.reading.view import Perspective
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.page import FirstRow
from graphql_api.planner.source import Chosen, Sql, select_over
from graphql_api.schema.declaring.fields import Declared, one
from graphql_api.schema.declaring.row_sources import revision_rows
from graphql_api.schema.delivery.link import HISTORY_WORK, period_begin, period_end


def _bringing(link: LinkRow, call: Call) -> Rows:
    return _published_revision(call, _first(period_begin(link, call), "revision_id", call))


def _taking(link: LinkRow, call: Call) -> Rows:
    """Return the entry in the revision that was published at the end of a link's period."""
    ended = _first(period_end(link, call), "ended_position", call)
    following = call.source(Chosen(relations.link_periods(call.view)))
    page = following.columns
    follows = (page.shown_revision_id == link.revision_id, page.position == ended)
    return _published_revision(call, select_over(following, page.revision_id, follows))


def _first(rows: Rows, column: str, call: Call) -> Sql:
    """Return a column of the first of some rows."""
    source = call.source(FirstRow(rows, call.source))
    return select_over(source, source.columns[column], ())


def _published_revision(call: Call, revision_id: Sql) -> Rows:
    """Return an entry in a revision that was public at some time, as far as the actor may read it.

    In the view itself it can be public no more, or not yet.
    """
    every = replace(call.view, perspective=Perspective.DRAFT, past=None, preview=None)
    return revision_rows(
        every,
        lambda row: row.revision_id == revision_id,
        lambda row: row.purged_at.is_(None),
    )


# The fields of a link that only editors have.
LINK_REVISIONS: Mapping[str, Declared] = {
    "brought_by": one(
        "Entry | None",
        _bringing,
        "Entry in the revision whose publication began the time of `since`; null without one, if "
        "the revision was purged, or if the actor may not read it.",
        work=HISTORY_WORK,
    ),
    "taken_by": one(
        "Entry | None",
        _taking,
        "Entry in the revision whose publication ended that time, without the link; null as long "
        "as it lasts, if the page was unpublished then, if the revision was purged, or if the "
        "actor may not read it.",
        work=HISTORY_WORK,
    ),
}
