"""Since when, and until when, links were public.

The publications of an edition of which each follows the one before without a gap, and that have a
link of the same kind to the same target, are the period of this link. Lists have its begin in SQL,
and exports in Python, for many links at once; tests compare both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, and_, exists, func, join, or_, select

from cms.reading.aliases import aliased_table
from cms.reading.rows import LinkPeriodRow, LinkRow
from cms.reading.view import Perspective, View
from cms.reading.visibility import Relation, is_open
from cms.storage.database import ReadSession
from cms.storage.dialects import Unindexed, is_among
from cms.tables import Link, Publication

# The target and the kind of a link to an entry: the same link in several revisions of a page.
LinkKey: TypeAlias = tuple[str, str]


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


@dataclass(frozen=True)
class _Page:
    """A publication of an edition."""

    edition_id: str
    revision_id: str
    published_at: datetime
    position: int
    ended_position: int | None


_PAGES = select(
    Publication.edition_id,
    Publication.revision_id,
    Publication.published_at,
    Publication.position,
    Publication.ended_position,
)


class LinkBegins:
    """Times from which the links of some revisions to entries are public.

    Args:
        pages: the publications of each revision without a gap, the last one first.
        links: the links of the revisions before the last one.
    """

    def __init__(
        self, pages: Mapping[str, Sequence[_Page]], links: Mapping[str, Collection[LinkKey]]
    ) -> None:
        self._pages, self._links = pages, links

    def of(self, revision_id: str, link: LinkKey) -> datetime | None:
        """Return since when a revision's link is public; ``None`` if the revision is not.

        It counts from the first publication of those without a gap that all have the link.
        """
        since: datetime | None = None
        for each in self._pages.get(revision_id, ()):
            if each.revision_id != revision_id and link not in self._links[each.revision_id]:
                break
            since = each.published_at
        return since


async def link_begins(
    session: ReadSession, view: View, revision_ids: Collection[str]
) -> LinkBegins:
    """Return when the links of revisions became public.

    Args:
        session: the snapshot.
        view: the view that shows the revisions.
        revision_ids: the revisions; those that are not public in the view have no times.
    """
    shown = _PAGES.where(
        is_among(Publication.revision_id, revision_ids), is_open(Publication.__table__, view)
    )
    last = [_Page(*row) for row in await session.execute(shown)]
    editions = [each.edition_id for each in last]
    ended = _PAGES.where(
        is_among(Publication.edition_id, editions), Publication.ended_position.is_not(None)
    ).order_by(Publication.position.desc())
    earlier: defaultdict[str, list[_Page]] = defaultdict(list)
    for row in await session.execute(ended):
        earlier[row.edition_id].append(_Page(*row))
    pages = {each.revision_id: _without_gaps(each, earlier[each.edition_id]) for each in last}
    before = {each.revision_id for some in pages.values() for each in some[1:]}
    return LinkBegins(pages, await _links_of(session, before) if before else {})


def _without_gaps(last: _Page, ended: Sequence[_Page]) -> Sequence[_Page]:
    """Return a publication and those before it, each of which ended as the next one began.

    Args:
        last: the publication.
        ended: all of the edition that have ended, the newest first.
    """
    found = [last]
    for each in ended:
        if each.position >= last.position:
            continue
        if each.ended_position != found[-1].position:
            break
        found.append(each)
    return found


async def _links_of(
    session: ReadSession, revision_ids: Collection[str]
) -> Mapping[str, Collection[LinkKey]]:
    rows = select(Link.revision_id, Link.target_id, Link.kind).where(
        is_among(Link.revision_id, revision_ids), Link.target_id.is_not(None)
    )
    links: defaultdict[str, set[LinkKey]] = defaultdict(set)
    for revision_id, target_id, kind in await session.execute(rows):
        links[revision_id].add((str(target_id), kind))
    return links
