"""Times from which the edges of public pages are public."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select

from cms.content.links import Origin
from cms.reading.view import View
from cms.reading.visibility import is_open
from cms.storage.database import ReadSession
from cms.storage.dialects import is_among
from cms.tables import Link, Publication

# The target and the kind of an edge: the same edge in several revisions of a page.
EdgeKey: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class _Publication:
    """A publication of an edition."""

    revision_id: str
    published_at: datetime
    position: int


_PUBLICATIONS = select(
    Publication.edition_id,
    Publication.revision_id,
    Publication.published_at,
    Publication.position,
    Publication.ended_position,
)


def _publication(row: Any) -> _Publication:
    _, revision_id, published_at, position, _ = row
    return _Publication(revision_id, published_at, position)


class Beginnings:
    """Times from which the edges of some revisions are public.

    Args:
        rows: the publications of each revision without a gap, the last one first.
        edges: the edges of the revisions before the last one.
    """

    def __init__(
        self,
        rows: Mapping[str, Sequence[_Publication]],
        edges: Mapping[str, Collection[EdgeKey]],
    ) -> None:
        self._rows, self._edges = rows, edges

    def of(self, revision_id: str, edge: EdgeKey) -> datetime | None:
        """Return since when a revision's edge is public without a break; ``None`` if it is not.

        It counts from the first publication of those without a gap that all have the edge.
        """
        since: datetime | None = None
        for each in self._rows.get(revision_id, ()):
            if each.revision_id != revision_id and edge not in self._edges[each.revision_id]:
                break
            since = each.published_at
        return since


async def beginnings_of(
    session: ReadSession, view: View, revision_ids: Collection[str]
) -> Beginnings:
    """Return when the edges of revisions became public.

    Args:
        session: the snapshot.
        view: the view that shows the revisions.
        revision_ids: the revisions; those that are not public in the view have no times.
    """
    shown = _PUBLICATIONS.where(
        is_among(Publication.revision_id, revision_ids), is_open(Publication.__table__, view)
    )
    last = {row[0]: _publication(row) for row in await session.execute(shown)}
    ended = _PUBLICATIONS.where(
        is_among(Publication.edition_id, last), Publication.ended_position.is_not(None)
    )
    before: defaultdict[str, dict[int, _Publication]] = defaultdict(dict)
    for row in await session.execute(ended):
        before[row[0]][row[-1] or 0] = _publication(row)
    rows = {each.revision_id: _without_gaps(each, before[own]) for own, each in last.items()}
    earlier = {each.revision_id for some in rows.values() for each in some[1:]}
    return Beginnings(rows, await _edges_of(session, earlier) if earlier else {})


def _without_gaps(last: _Publication, ended: Mapping[int, _Publication]) -> Sequence[_Publication]:
    """Return a publication and those before it, each of which ended as the next one began."""
    found = [last]
    while (before := ended.get(found[-1].position)) is not None:
        found.append(before)
    return found


async def _edges_of(
    session: ReadSession, revision_ids: Collection[str]
) -> Mapping[str, Collection[EdgeKey]]:
    links = select(Link.revision_id, Link.target_id, Link.kind).where(
        is_among(Link.revision_id, revision_ids),
        Link.target_id.is_not(None),
        Link.origin != Origin.REFERENCE,
    )
    edges: defaultdict[str, set[EdgeKey]] = defaultdict(set)
    for revision_id, target_id, kind in await session.execute(links):
        edges[revision_id].add((str(target_id), kind))
    return edges
