"""The history of the link graph, read from the facts in one snapshot: whole, or in part.

A part has the publications and links that a question needs, and is the history of those alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, literal, null, or_, select, true, union

from cms.content.links import Origin
from cms.errors import InvalidValue, Refused
from cms.links.asking import GraphReading
from cms.links.history import LinkHistory, TooManyPeriods
from cms.links.history_rows import HistoryRows
from cms.links.loading import HOME
from cms.links.shown_periods import time_at
from cms.reading.locales import for_built_in, locales_of
from cms.reading.periods import address_span_of, spans_of
from cms.reading.view import AsOf, Past, View
from cms.storage.database import ReadSession
from cms.storage.dialects import Moment, is_among
from cms.tables import Address, Link, Publication

# The most publications and links that a history is made of.
MOST_PUBLICATIONS, MOST_LINKS = 1_000_000, 3_000_000
# The most of them that a part of one is made of.
MOST_OF_PART, MOST_LINKS_OF_PART = 30_000, 300_000
_ROWS_AT_ONCE = 10_000
_IDS_AT_ONCE = 2_000

_Statement: TypeAlias = Select[*tuple[Any, ...]]


_COLUMNS = (
    *(Publication.id, Publication.entry_id, Publication.content_type, Publication.locale),
    *(Publication.revision_id, Publication.category_id, Publication.position),
    *(Publication.ended_position, Publication.published_at, Publication.ended_at),
    Publication.purged_at,
)


@dataclass
class _Budget:
    """The rows that may still be read.

    Attributes:
        publications: publications.
        links: links.
        advice: what to ask instead, if there are more.
    """

    publications: int
    links: int
    advice: str

    def take(self, *, publications: int = 0, links: int = 0) -> None:
        """Take rows away.

        Raises:
            Refused: if there are not as many.
        """
        self.publications -= publications
        self.links -= links
        if min(self.publications, self.links) < 0:
            raise self.refusal()

    def refusal(self) -> Refused:
        """Return the refusal of a history that is too long."""
        message = f"this history has too many publications or links; {self.advice}"
        return Refused(InvalidValue(message=message))


def _of_part(advice: str) -> _Budget:
    return _Budget(MOST_OF_PART, MOST_LINKS_OF_PART, advice)


class HistoryReader:
    """Reads the history of a view's link graph, or parts of it.

    Args:
        reading: the snapshot and the view, of which the locales count.
        named: whether the history is in positions or in times.
        kinds: the kinds of links, as they are stored; ``None`` for all.
    """

    def __init__(
        self,
        reading: GraphReading,
        named: AsOf,
        kinds: Collection[str] | None = None,
    ) -> None:
        self._session, self._named = reading.reading.session, named
        self._view, self._graphs = reading.view, reading.graphs
        self._kinds = kinds
        self._rows = HistoryRows(reading.reading.site, reading.view)
        self._budget = _of_part("ask for fewer entries")

    async def whole(self) -> LinkHistory:
        """Return the whole history, without URLs.

        Raises:
            Refused: if it is too long.
        """
        advice = "ask for a page or a category, and for a metric of their links"
        self._budget = _Budget(MOST_PUBLICATIONS, MOST_LINKS, advice)
        await self._add_publications(_is_of(self._view))
        shown = select(Publication.revision_id).where(_is_of(self._view))
        links = _links(self._kinds).where(Link.revision_id.in_(shown), Link.target_id.is_not(None))
        await self._add_links(links)
        return await self._history()

    async def between(self, first: int, last: int) -> LinkHistory:
        """Return what changed between two points, which the history of is known there alone.

        It reads the publications that begin or end between them, and the links of these and to
        these.

        Args:
            first: the first point.
            last: the last point.

        Raises:
            Refused: if too much has changed.
        """
        self._budget = _of_part("ask for moments nearer to each other, or for kinds of links")
        past = _Between(self._named, first, last)
        await self._add_publications(past.is_of_changed(self._view), past.overlaps())
        changed = self._rows.published
        await self._add_links_of(self._rows.revisions)
        flipped = self._rows.not_always_shown(self._named, first, last)
        sources = await self._add_links_to(flipped, past.overlaps(), except_of=changed)
        others = (self._rows.targets | sources) - changed
        for some in _in_parts(others):
            is_other = is_among(Publication.entry_id, some)
            await self._add_publications(is_other, past.overlaps())
        return await self._history()

    async def around(self, entries: ColumnElement[bool]) -> LinkHistory:
        """Return the history of some entries, with all links of them and to them.

        Args:
            entries: a condition on the publications of the entries.

        Raises:
            Refused: if there are too many publications and links.
        """
        self._budget = _of_part("ask for a page, or for a smaller category")
        some = select(Publication.entry_id).where(entries, _is_of(self._view))
        await self._add_publications(Publication.entry_id.in_(some))
        inner = self._rows.published
        await self._add_links_of(self._rows.revisions)
        sources = await self._add_links_to(inner, true(), except_of=inner)
        for part in _in_parts((self._rows.targets | sources) - inner):
            await self._add_publications(is_among(Publication.entry_id, part))
        return await self._history()

    async def edge(self, source: str, target: str | None, url: str | None) -> LinkHistory:
        """Return the history of the links from an entry to another one, or to a URL.

        Args:
            source: the id of the source.
            target: the id of the target; ``None`` for a URL.
            url: the URL, as it is stored.

        Raises:
            Refused: if there are too many publications.
        """
        ends = [source] if target is None else [source, target]
        await self._add_publications(Publication.entry_id.in_(ends))
        leads = Link.url == url if target is None else Link.target_id == target
        of_source = select(Publication.revision_id).where(Publication.entry_id == source)
        links = _links(self._kinds).where(Link.revision_id.in_(of_source), leads)
        await self._add_links(links)
        return await self._history()

    async def _history(self) -> LinkHistory:
        homes = (await self._session.execute(_homes(self._view, self._named))).all()
        try:
            return await self._graphs.run(self._rows.history, self._named, homes)
        except TooManyPeriods:
            raise self._budget.refusal() from None

    async def _add_publications(self, *conditions: ColumnElement[bool]) -> None:
        chosen = select(*_COLUMNS).where(_is_of(self._view), *conditions)
        async for part in _parts(self._session, chosen.limit(self._budget.publications + 1)):
            self._budget.take(publications=len(part))
            self._rows.add_publications(part)

    async def _add_links_of(self, revisions: Iterable[str]) -> None:
        for some in _in_parts(revisions):
            await self._add_links(_links(self._kinds).where(is_among(Link.revision_id, some)))

    async def _add_links(self, links: _Statement) -> None:
        async for part in _parts(self._session, links.limit(self._budget.links + 1)):
            self._budget.take(links=len(part))
            self._rows.add_links(part)

    async def _add_links_to(
        self, targets: Iterable[str], when: ColumnElement[bool], *, except_of: Collection[str]
    ) -> set[str]:
        """Add the links from other entries to some, and return the ids of the others."""
        sources: set[str] = set()
        shown = (
            _links(self._kinds)
            # With the keys of links, so that none is taken for another one.
            .add_columns(Link.field_path, Link.ordinal, Publication.entry_id)
            .join(Publication, Publication.revision_id == Link.revision_id)
            .where(_is_of(self._view), when)
            .distinct()
        )
        for some in _in_parts(targets):
            links = shown.where(is_among(Link.target_id, some))
            async for part in _parts(self._session, links.limit(self._budget.links + 1)):
                self._budget.take(links=len(part))
                others = [row for row in part if row.entry_id not in except_of]
                sources.update(row.entry_id for row in others)
                self._rows.add_links(others)
        return sources


@dataclass(frozen=True)
class _Between:
    """The points between which a history is read.

    Attributes:
        named: whether they are positions or times.
        first: the first one.
        last: the last one.
    """

    named: AsOf
    first: int
    last: int

    def overlaps(self) -> ColumnElement[bool]:
        """Return whether a publication was public at or between the points."""
        begun, ended = self._span()
        return and_(
            begun <= self._at(self.last), or_(ended.is_(None), ended > self._at(self.first))
        )

    def is_of_changed(self, view: View) -> ColumnElement[bool]:
        """Return whether a publication is of an entry of which one begins or ends between them."""
        begun, ended = self._span()
        changed = (
            select(Publication.entry_id).where(
                *(_is_of(view), each > self._at(self.first), each <= self._at(self.last)), *more
            )
            # As in the condition of the index.
            for each, more in ((begun, ()), (ended, (Publication.ended_position.is_not(None),)))
        )
        return Publication.entry_id.in_(union(*changed))

    def _span(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        begun, ended = spans_of(Past(self.named, null()))
        return Publication.__table__.c[begun], Publication.__table__.c[ended]

    def _at(self, point: int) -> ColumnElement[Any]:
        return literal(point) if self.named is AsOf.POSITION else literal(time_at(point), Moment)


def _is_of(view: View) -> ColumnElement[bool]:
    """Return whether the view can show a publication at some time, by its locale."""
    return and_(Publication.locale.in_(locales_of(for_built_in(view))), Publication.position > 0)


def _links(kinds: Collection[str] | None) -> _Statement:
    links = select(Link.revision_id, Link.target_id, Link.url, Link.kind).where(
        Link.origin != Origin.REFERENCE
    )
    return links if kinds is None else links.where(is_among(Link.kind, kinds))


def _homes(view: View, named: AsOf) -> _Statement:
    begun, ended = (Address.__table__.c[each] for each in address_span_of(Past(named, null())))
    return select(
        Address.entry_id, Address.locale, begun.label("begun"), ended.label("ended")
    ).where(
        Address.path == HOME,
        Address.edition_id.is_not(None),
        Address.locale.in_(locales_of(for_built_in(view))),
    )


def _in_parts(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    every = sorted(ids)
    for begin in range(0, len(every), _IDS_AT_ONCE):
        yield every[begin : begin + _IDS_AT_ONCE]


async def _parts(session: ReadSession, rows: _Statement) -> AsyncIterator[Sequence[Any]]:
    """Yield rows in parts, so that a long history is never in memory as rows."""
    streamed = await session.stream(rows)
    async for part in streamed.partitions(_ROWS_AT_ONCE):
        yield part
