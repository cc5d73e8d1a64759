"""The editions on the site that an import finds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from cms.drafts.loading import EditionKey, rows_by_id
from cms.importing.site.page_index import PageKey
from cms.importing.site.pages import OldPage
from cms.storage.dialects import is_among
from cms.tables import Edition, Entry, Link, Publication, Revision
from cms.work.bulk import grouped
from cms.work.work import Reading


@dataclass(eq=False)
class DeskEdition:
    """An edition that an import writes.

    Attributes:
        id: its id.
        entry_id: the id of its entry.
        locale: its locale.
        head_id: the id of its newest revision.
        digest: the digest of that.
        slug: the slug of that.
        byline_id: the byline of that.
        is_by_account: whether an account has saved that.
        live: its public revision, if any.
        basis: the basis of its last publication; ``None`` if there is none, or if the import has
            taken it back.
        ended_at: when its last publication ended, if it did.
        is_edited: whether an account has saved it since its last publication.
        known_until: the time of its last change before the import; ``None`` if the import has
            created it.
    """

    id: str
    entry_id: str
    locale: str
    head_id: str
    digest: str
    slug: str
    byline_id: str | None
    is_by_account: bool = False
    live: str | None = None
    basis: str | None = None
    ended_at: datetime | None = None
    is_edited: bool = False
    known_until: datetime | None = None

    @property
    def is_writable(self) -> bool:
        """True if an import can save it: then its newest words come from an import."""
        return not self.is_edited and not self.is_by_account

    @property
    def is_publishable(self) -> bool:
        """True if an import can publish it: then no person here has published or edited it."""
        return self.is_writable and self.basis in {None, "imported"}

    @property
    def is_withheld(self) -> bool:
        """True if it is not public, and only people here can publish it."""
        return self.live is None and (self.basis is not None or not self.is_writable)

    def was_taken_back(self, moment: datetime | None) -> bool:
        """Return whether an import has unpublished it that has ended its file at a moment."""
        return self.ended_at is not None and moment is not None and self.ended_at <= moment

    def is_before(self, moment: datetime) -> bool:
        """Return whether a change at this time is new to the edition."""
        return self.known_until is None or self.known_until < moment

    def put(self, revision: Revision) -> None:
        """Replace the newest revision by one that the import has saved."""
        self.head_id, self.digest = revision.id, revision.digest
        self.slug, self.byline_id = revision.slug, revision.byline_id


def new_edition(entry_id: str, locale: str, revision: Revision) -> DeskEdition:
    """Return an edition that the import has created."""
    return DeskEdition(
        id=revision.edition_id,
        entry_id=entry_id,
        locale=locale,
        head_id=revision.id,
        digest=revision.digest,
        slug=revision.slug,
        byline_id=revision.byline_id,
    )


async def entries_by_slug(reading: Reading, pages: Collection[OldPage]) -> Mapping[PageKey, str]:
    """Return the entries that pages have by content type, locale and slug, also a former slug."""
    slugs = {each.slug for each in pages}
    types = {each.content_type.stored_name for each in pages}
    if not pages:
        return {}
    rows = await reading.session.execute(
        select(Entry.content_type, Edition.locale, Revision.slug, Entry.id)
        .join(Edition, Edition.entry_id == Entry.id)
        .join(Revision, Revision.edition_id == Edition.id)
        .where(Entry.content_type.in_(types), is_among(Revision.slug, slugs))
        # Later ones replace earlier ones: current slugs win, and of those the oldest edition.
        .order_by(Revision.id == Edition.head_id, Edition.id.desc())
    )
    found = {(stored, locale, slug): entry_id for stored, locale, slug, entry_id in rows}
    return {
        each.key: entry_id
        for each in pages
        if (entry_id := found.get((each.content_type.stored_name, each.locale, each.slug)))
    }


async def editions_at(
    reading: Reading, keys: Collection[EditionKey]
) -> dict[EditionKey, DeskEdition]:
    """Return those editions of entries that exist, by entry and locale."""
    wanted = set(keys)
    rows = await reading.session.scalars(
        select(Edition).where(is_among(Edition.entry_id, {entry_id for entry_id, _ in wanted}))
    )
    editions = {
        each.id: each
        for each in rows
        if (each.entry_id, each.locale) in wanted and each.head_id is not None
    }
    heads = await rows_by_id(reading, Revision, [str(each.head_id) for each in editions.values()])
    publications = await _publications(reading, editions)
    edited = await _edited(reading, publications, editions)
    return {
        (each.entry_id, each.locale): _desk_edition(
            each, heads[str(each.head_id)], publications[each.id], is_edited=each.id in edited
        )
        for each in editions.values()
    }


async def linking_to(
    reading: Reading, editions: Collection[DeskEdition], entry_ids: Collection[str]
) -> Mapping[str, str]:
    """Return those editions whose newest revisions link to entries, each with one of these."""
    if not entry_ids:
        return {}
    rows = await reading.session.execute(
        select(Revision.edition_id, Link.target_id)
        .join(Link, Link.revision_id == Revision.id)
        .where(
            is_among(Revision.id, [each.head_id for each in editions]),
            is_among(Link.target_id, entry_ids),
        )
    )
    return {edition_id: str(target_id) for edition_id, target_id in rows}


async def locales_of(reading: Reading, entry_ids: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return the locales of the editions of entries."""
    rows = await reading.session.execute(
        select(Edition.entry_id, Edition.locale).where(is_among(Edition.entry_id, entry_ids))
    )
    return grouped(rows)


async def _publications(
    reading: Reading, edition_ids: Collection[str]
) -> Mapping[str, list[Publication]]:
    """Return the publications of editions, the oldest first."""
    rows = await reading.session.scalars(
        select(Publication)
        .where(is_among(Publication.edition_id, edition_ids))
        .order_by(Publication.position)
    )
    return grouped((each.edition_id, each) for each in rows)


async def _edited(
    reading: Reading,
    publications: Mapping[str, Sequence[Publication]],
    edition_ids: Collection[str],
) -> frozenset[str]:
    """Return the editions that an account has saved since their last publications."""
    last = {key: each[-1].revision_id for key, each in publications.items() if each}
    rows = await reading.session.execute(
        select(Revision.id, Revision.number).where(is_among(Revision.id, last.values()))
    )
    published: Mapping[str, int] = dict(rows.all())
    saved = await reading.session.execute(
        select(Revision.edition_id, func.max(Revision.number))
        .where(is_among(Revision.edition_id, edition_ids), Revision.author_id.is_not(None))
        .group_by(Revision.edition_id)
    )
    return frozenset(
        edition_id
        for edition_id, number in saved
        if number > published.get(last.get(edition_id, ""), 0)
    )


def _desk_edition(
    edition: Edition, head: Revision, publications: Sequence[Publication], *, is_edited: bool
) -> DeskEdition:
    ends = [each.ended_at for each in publications if each.ended_at is not None]
    live = [each.revision_id for each in publications if each.ended_at is None]
    begun = [each.published_at for each in publications]
    last = publications[-1] if publications else None
    return DeskEdition(
        id=edition.id,
        entry_id=edition.entry_id,
        locale=edition.locale,
        head_id=head.id,
        digest=head.digest,
        slug=head.slug,
        byline_id=head.byline_id,
        is_by_account=head.author_id is not None,
        live=next(iter(live), None),
        basis=last.basis if last is not None else None,
        ended_at=last.ended_at if last is not None else None,
        is_edited=is_edited,
        known_until=max([head.created_at, *begun, *ends]),
    )
