"""Since when, and until when, links were public.

The publications of an edition of which each follows the one before without a gap, and that have a
link of the same kind to the same target, are the period of this link.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, and_, exists, func, join, or_, select

from cms.reading.aliases import aliased_table
from cms.reading.rows import LinkPeriodRow, LinkRow
from cms.reading.view import Perspective, View
from cms.reading.visibility import Relation, is_open
from cms.storage.dialects import Unindexed
from cms.tables import Link, Publication


def publications_around(view: View) -> Relation:
    """Return all publications of editions; see :func:`cms.reading.relations.link_periods`."""
    public = replace(view, perspective=Perspective.PUBLISHED, preview=None)
    shown, each = aliased_table(Publication, "shown_page"), aliased_table(Publication, "each_page")
    return (
        select(
            shown.c.revision_id.label("shown_revision_id"),
            shown.c.position.label("shown_position"),
            each.c.edition_id,
            each.c.revision_id,
            each.c.position,
            each.c.published_at,
            each.c.ended_at,
            each.c.ended_position,
        )
        .select_from(join(shown, each, each.c.edition_id == shown.c.edition_id))
        .where(is_open(shown, public))
    )


def is_begin(period: LinkPeriodRow, link: LinkRow) -> ColumnElement[bool]:
    """Return whether a publication brought a link, and is not later than the one that is shown."""
    before, earlier = (aliased_table(Publication, name) for name in ("page_before", "earlier_page"))
    # Of the edition, and not of all that ended there, which can be many.
    last = select(func.max(earlier.c.position)).where(
        earlier.c.edition_id == period.edition_id, earlier.c.position < period.position
    )
    return and_(
        period.shown_revision_id == link.revision_id,
        period.position <= period.shown_position,
        _has_link(period.revision_id, "link_of_period", link),
        ~exists().where(
            before.c.edition_id == period.edition_id,
            before.c.position == last.scalar_subquery(),
            Unindexed(before.c.ended_position) == period.position,
            _has_link(before.c.revision_id, "link_before", link),
        ),
    )


def is_end(period: LinkPeriodRow, link: LinkRow) -> ColumnElement[bool]:
    """Return whether a publication is the last with a link, and not before the one shown."""
    after = aliased_table(Publication, "page_after")
    return and_(
        period.shown_revision_id == link.revision_id,
        period.position >= period.shown_position,
        period.ended_position > period.position,  # it has ended
        _has_link(period.revision_id, "link_of_period", link),
        ~exists().where(
            after.c.edition_id == period.edition_id,
            after.c.position == period.ended_position,
            _has_link(after.c.revision_id, "link_after", link),
        ),
    )


def _has_link(revision_id: ColumnElement[str], name: str, link: LinkRow) -> ColumnElement[bool]:
    """Return whether a revision has a link of the same kind to the same target."""
    same = aliased_table(Link, name)
    return exists().where(
        same.c.revision_id == revision_id,
        same.c.kind == link.kind,
        or_(same.c.target_id == link.target_id, same.c.url == link.written_url),
    )
