"""Facts about public content that commands load before they decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cms.authorization.actions import Action
from cms.content.content_type import ContentType
from cms.content.links import Edge, Origin
from cms.drafts.addresses import Placed, paths_of
from cms.drafts.loading import (
    EditionKey,
    Held,
    ancestries_beside,
    revision_in,
    revisions_by_id,
    subject_on,
)
from cms.drafts.subjects import Ancestries
from cms.errors import NotFound, Refused
from cms.reading.periods import stands_now
from cms.review.edition_reviews import EditionReviews, reviews_in, select_reviews
from cms.storage.dialects import is_among
from cms.tables import Address, Edition, Entry, Link, Publication, Rendition, Revision
from cms.work.work import Reading


@dataclass(frozen=True)
class Proposal:
    """A revision to publish, the publication that it replaces, and its address.

    Attributes:
        reviews: the reviews of the edition.
        live: the publication that it replaces.
        address: the address at which the edition stands.
        path: the path at which it will stand; ``None`` if it is no page.
        first_published_at: when the edition was public for the first time, if it was.
        last_ended_at: when its last publication ended that has ended.
    """

    entry: Entry
    edition: Edition
    revision: Revision
    content_type: type[ContentType]
    reviews: EditionReviews
    live: Publication | None
    address: Address | None
    path: str | None
    first_published_at: datetime | None
    last_ended_at: datetime | None

    @property
    def key(self) -> EditionKey:
        """The entry's id and the edition's locale."""
        return self.entry.id, self.edition.locale

    @property
    def place(self) -> Placed:
        """The values that its path derives from."""
        return Placed(
            content_type=self.entry.content_type,
            entry_id=self.entry.id,
            locale=self.edition.locale,
            slug=self.revision.slug,
            category_id=self.revision.category_id,
        )

    @property
    def is_live(self) -> bool:
        """True if the revision is public already."""
        return self.live is not None and self.live.revision_id == self.revision.id


class LivePage(NamedTuple):
    """The open publication of an edition, the times of those before, and its reviews.

    Attributes:
        reviews: its reviews.
        publication: its open publication.
        address: the address at which it stands.
        first_published_at: when it was public for the first time.
        last_ended_at: when its last publication ended that has ended.
    """

    reviews: EditionReviews
    publication: Publication | None
    address: Address | None
    first_published_at: datetime | None
    last_ended_at: datetime | None


async def live_page_of(reading: Reading, edition: Edition) -> LivePage:
    """Return the open publication of an edition, with its address and times."""
    return (await live_pages_of(reading, [edition.id]))[edition.id]


async def live_pages_of(reading: Reading, edition_ids: Collection[str]) -> Mapping[str, LivePage]:
    """Return the open publications of editions, with all beside them, by the edition's id."""
    if not edition_ids:
        return {}
    past = aliased(Publication)
    of_edition = past.edition_id == Edition.id
    first = select(func.min(past.first_published_at)).where(of_edition).scalar_subquery()
    last = select(func.max(past.ended_at)).where(of_edition).scalar_subquery()
    query = select_reviews(edition_ids).outerjoin(Address, stands_now())
    found = await reading.session.execute(query.add_columns(Address, first, last))
    rows = found.all()
    reviews = reviews_in(rows)
    return {
        edition_id: LivePage(reviews[edition_id], reviews[edition_id].live, *beside)
        for edition_id, beside in ((row[0], row[-3:]) for row in rows)
    }


async def proposal_of(reading: Reading, held: Held, revision_id: str | None) -> Proposal:
    """Return what publishing a revision would mean; ``None`` stands for the newest.

    Raises:
        Refused: if the edition has no such revision.
    """
    (proposal,) = await proposals_of(reading, [(held, revision_id)])
    if isinstance(proposal, Refused):
        raise proposal
    return proposal


async def proposals_of(
    reading: Reading, chosen: Sequence[tuple[Held, str | None]]
) -> list[Proposal | Refused]:
    """Return what publishing revisions would mean, or that an edition has no such revision.

    Args:
        reading: the snapshot and the actor.
        chosen: editions, each with the id of its revision; ``None`` stands for the newest.
    """
    ids = [revision_id or held.head.id for held, revision_id in chosen]
    revisions = await revisions_by_id(reading, ids)
    known = [
        (held, revisions[each].category_id)
        for (held, _), each in zip(chosen, ids, strict=True)
        if each in revisions
    ]
    above = await ancestries_beside([(held, [each]) for held, each in known], reading)
    found = [
        _readable(reading, above, held, revisions, each)
        for (held, _), each in zip(chosen, ids, strict=True)
    ]
    live = await live_pages_of(reading, [held.edition.id for held, _ in chosen])
    proposals = [
        _proposal(held, revision, live[held.edition.id])
        if isinstance(revision, Revision)
        else revision
        for (held, _), revision in zip(chosen, found, strict=True)
    ]
    paths = await paths_of(
        reading, [each.place for each in proposals if isinstance(each, Proposal)]
    )
    return [
        replace(each, path=paths[each.place]) if isinstance(each, Proposal) else each
        for each in proposals
    ]


def _readable(
    reading: Reading,
    above: Ancestries,
    held: Held,
    revisions: Mapping[str, Revision],
    revision_id: str,
) -> Revision | Refused:
    """Return a revision of an edition that the actor may read."""
    try:
        revision = revision_in(revisions, held.edition, revision_id)
    except Refused as refused:
        return refused
    subject = subject_on(above, held, revision.category_id)
    if revision.id != held.head.id and not reading.may(Action.ENTRY_READ, subject):
        message = f"the entry {held.entry.id!r} has no revision {revision.id!r}"
        return Refused(NotFound(message=message))
    return revision


def _proposal(held: Held, revision: Revision, page: LivePage) -> Proposal:
    return Proposal(
        entry=held.entry,
        edition=held.edition,
        revision=revision,
        content_type=held.content_type,
        reviews=page.reviews,
        live=page.publication,
        address=page.address,
        path=None,
        first_published_at=page.first_published_at,
        last_ended_at=page.last_ended_at,
    )


async def edges_of(reading: Reading, revision: Revision) -> list[Edge]:
    """Return where a revision leads, in order."""
    return (await links_among(reading, [revision.id]))[revision.id].edges


class LinksOf(NamedTuple):
    """The ends of links in a revision.

    Attributes:
        edges: where it leads, in order.
        anchors: its anchors, which others lead to.
    """

    edges: list[Edge]
    anchors: frozenset[str]


async def links_among(reading: Reading, revision_ids: Collection[str]) -> Mapping[str, LinksOf]:
    """Return the links and anchors of revisions, by the revision's id."""
    rows = await reading.session.execute(
        select(Rendition.revision_id, Rendition.anchors, Link)
        .outerjoin(Link, Link.revision_id == Rendition.revision_id)
        .where(is_among(Rendition.revision_id, revision_ids))
        .order_by(Rendition.revision_id, Link.field_path, Link.ordinal)
    )
    found: dict[str, LinksOf] = {}
    for revision_id, anchors, link in rows:
        if revision_id not in found:
            found[revision_id] = LinksOf([], frozenset(map(str, anchors)))
        if link is not None:
            found[revision_id].edges.append(_edge(link))
    return found


def _edge(link: Link) -> Edge:
    return Edge(
        origin=Origin(link.origin),
        kind=link.kind,
        field_path=link.field_path,
        ordinal=link.ordinal,
        label=link.label,
        target=link.target_id,
        query=link.query,
        fragment=link.fragment,
        url=link.url,
    )
