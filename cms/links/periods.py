"""Periods in which a link was there, and the revisions that brought and took it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import ColumnElement, exists, func, not_, select
from sqlalchemy.orm import aliased

from cms.content.links import Origin
from cms.links.asking import GraphReading
from cms.links.changes import LinkCause, LinkCauseKind, beginning_of_edge, end_of_edge
from cms.links.history import EdgeSpans, LinkHistory
from cms.links.history_loading import HistoryReader
from cms.links.moments import moment_of, position_at
from cms.reading.view import AsOf
from cms.storage.dialects import is_among
from cms.tables import Link, Publication, Revision


@dataclass(frozen=True)
class LinkEnds:
    """The ends of links.

    Attributes:
        source: the id of the entry that has them.
        target: the id of the entry that they lead to; ``None`` for a URL.
        url: the URL, as it is stored; ``None`` for an entry.
        kinds: their kinds; ``None`` for all.
    """

    source: str
    target: str | None
    url: str | None
    kinds: Collection[str] | None = None

    def is_in(self, revision_id: ColumnElement[str]) -> ColumnElement[bool]:
        """Return whether a revision has such a link."""
        leads = Link.url == self.url if self.target is None else Link.target_id == self.target
        found = exists().where(
            Link.revision_id == revision_id, leads, Link.origin != Origin.REFERENCE
        )
        return found if self.kinds is None else found.where(is_among(Link.kind, self.kinds))


@dataclass(frozen=True)
class LinkPeriod:
    """A period in which readers saw at least one of some links.

    Attributes:
        begun: the change that brought them.
        ended: the change that took them; ``None`` if they are there.
        shown: the publication of the source at the begin.
        brought_by: the revision in which they were written first, of those up to the published
            one that all have them; ``None`` if that is not asked for.
        taken_by: the revision in which they were missing first, likewise; ``None`` if they were
            not removed from the text.
    """

    begun: LinkCause
    ended: LinkCause | None
    shown: str
    brought_by: str | None = None
    taken_by: str | None = None


@dataclass(frozen=True)
class LinkPeriods:
    """The periods in which readers saw at least one of some links.

    Attributes:
        position: the position that they are true for.
        total: the number of all.
        periods: some of them, the newest first.
    """

    position: int
    total: int
    periods: Sequence[LinkPeriod]


async def link_periods(
    reading: GraphReading, ends: LinkEnds, *, first: int, skip: int
) -> LinkPeriods:
    """Return the periods in which links were there, up to the moment of the view.

    Args:
        reading: the snapshot and the view.
        ends: the links.
        first: the number of periods to return.
        skip: the number of newer ones.

    Raises:
        Refused: if the entries have been published too often.
    """
    moment = moment_of(reading.view)
    named = moment.named or AsOf.POSITION
    history = await HistoryReader(reading, named, ends.kinds).edge(
        ends.source, ends.target, ends.url
    )
    found = await reading.graphs.run(_periods, history, named, moment.point)
    some = found[skip : skip + first]
    return LinkPeriods(await position_at(reading, moment), len(found), some)


async def link_blame(
    reading: GraphReading, ends: LinkEnds, *, first: int, skip: int
) -> LinkPeriods:
    """Return what :func:`link_periods` does, with the revisions that brought and took the links."""
    found = await link_periods(reading, ends, first=first, skip=skip)
    return replace(found, periods=[await _blamed(reading, each, ends) for each in found.periods])


def _periods(history: LinkHistory, named: AsOf, last: int) -> list[LinkPeriod]:
    """Return the periods up to a point, the newest first."""
    edges = history.edges.where(history.edges.begun <= last)
    edges = edges.where(np.argsort(edges.begun, kind="stable").astype(np.int32))
    groups: list[tuple[int, int]] = []  # the links that begin and end each period
    for at in range(len(edges)):
        if not groups or edges.begun[at] > edges.ended[groups[-1][1]]:
            groups.append((at, at))
        elif edges.ended[at] > edges.ended[groups[-1][1]]:
            groups[-1] = groups[-1][0], at
    return [_period(history, edges, group, named, last) for group in reversed(groups)]


def _period(
    history: LinkHistory, edges: EdgeSpans, group: tuple[int, int], named: AsOf, last: int
) -> LinkPeriod:
    begins, ends = group
    shown = int(history.shown.publications[edges.shown[begins]])
    is_over = edges.ended[ends] <= last
    return LinkPeriod(
        begun=beginning_of_edge(history, edges, begins, named),
        ended=end_of_edge(history, edges, ends, named) if is_over else None,
        shown=history.publications.ids[shown],
    )


async def _blamed(reading: GraphReading, period: LinkPeriod, ends: LinkEnds) -> LinkPeriod:
    """Return a period with the revisions that brought and took its links."""
    brought_by = await _first_of_row(reading, period.shown, ends, has_links=True)
    taken_by = None
    if period.ended is not None and period.ended.kind is LinkCauseKind.SOURCE_PUBLISHED:
        published = period.ended.publication_id
        taken_by = await _first_of_row(reading, published, ends, has_links=False)
    return replace(period, brought_by=brought_by, taken_by=taken_by)


async def _first_of_row(
    reading: GraphReading, publication_id: str, ends: LinkEnds, *, has_links: bool
) -> str | None:
    """Return the first of the revisions, up to a published one, that all have links, or all not.

    A purged revision has no links, so it ends a row of those that have some.
    """
    published = aliased(Revision)
    is_alike = ends.is_in(Revision.__table__.c.id)
    up_to = (
        select(Revision.number, published.number.label("last"), Revision.edition_id)
        .join(published, published.edition_id == Revision.edition_id)
        .join(Publication, Publication.revision_id == published.id)
        .where(Publication.id == publication_id, Revision.number <= published.number)
    )
    other = up_to.where(not_(is_alike) if has_links else is_alike)
    last_other = other.order_by(Revision.number.desc()).limit(1).subquery()
    before = select(last_other.c.number).scalar_subquery()
    first = (
        up_to.with_only_columns(Revision.id)
        .where(Revision.number > func.coalesce(before, 0), Revision.purged_at.is_(None))
        .order_by(Revision.number)
        .limit(1)
    )
    found: str | None = await reading.reading.session.scalar(first)
    return found
