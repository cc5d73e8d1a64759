"""The editions on the site that an import finds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from cms.content.content_type import ContentType
from cms.drafts.loading import rows_by_id
from cms.importing.site.page_index import PageKey
from cms.importing.site.pages import OldPage
from cms.storage.dialects import is_among
from cms.tables import Edition, Entry, Publication, Revision
from cms.work.bulk import grouped
from cms.work.work import Reading


@dataclass(eq=False)
class DeskEdition:
    """An edition that an import writes.

    Attributes:
        entry_id: the id of its entry.
        locale: its locale.
        head: its newest revision.
        live: its public revision, if any.
        basis: the basis of its last publication; ``None`` if there is none, or if the import has
            taken it back.
        is_edited: whether an account has saved it since its last publication.
        known_until: the time of its last change before the import; ``None`` if the import has
            created it.
    """

    entry_id: str
    locale: str
    head: Revision
    live: str | None = None
    basis: str | None = None
    is_edited: bool = False
    known_until: datetime | None = None

    @property
    def is_writable(self) -> bool:
        """True if an import can save it: then its newest words come from an import."""
        return not self.is_edited and self.head.author_id is None

    @property
    def is_publishable(self) -> bool:
        """True if an import can publish it: then no person here has published or edited it."""
        return self.is_writable and self.basis in {None, "imported"}

    @property
    def is_withheld(self) -> bool:
        """True if it is not public, and only people here can publish it."""
        return self.live is None and (self.basis is not None or not self.is_writable)

    def is_before(self, moment: datetime) -> bool:
        """Return whether a change at this time is new to the edition."""
        return self.known_until is None or self.known_until < moment


async def existing_editions(
    reading: Reading, content_type: type[ContentType], pages: Iterable[OldPage]
) -> dict[PageKey, DeskEdition]:
    """Return the editions of pages that exist, by page.

    An edition is matched by content type, locale and slug, also by a former slug.
    """
    by_slug = await _by_slug(reading, content_type)
    found = {
        each.key: edition_id
        for each in pages
        if (edition_id := by_slug.get((each.locale, each.slug))) is not None
    }
    editions = await rows_by_id(reading, Edition, found.values())
    heads = await rows_by_id(reading, Revision, [str(each.head_id) for each in editions.values()])
    publications = await _publications(reading, editions)
    edited = await _edited(reading, publications, editions)
    return {
        key: _desk_edition(
            editions[edition_id],
            heads[str(editions[edition_id].head_id)],
            publications[edition_id],
            is_edited=edition_id in edited,
        )
        for key, edition_id in found.items()
    }


async def _by_slug(
    reading: Reading, content_type: type[ContentType]
) -> Mapping[tuple[str, str], str]:
    rows = await reading.session.execute(
        select(Edition.locale, Revision.slug, Edition.id)
        .join(Entry, Entry.id == Edition.entry_id)
        .join(Revision, Revision.edition_id == Edition.id)
        .where(Entry.content_type == content_type.stored_name)
        # Later ones replace earlier ones: current slugs win, and of those the oldest edition.
        .order_by(Revision.id == Edition.head_id, Edition.id.desc())
    )
    return {(locale, slug): edition_id for locale, slug, edition_id in rows}


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
        entry_id=edition.entry_id,
        locale=edition.locale,
        head=head,
        live=next(iter(live), None),
        basis=last.basis if last is not None else None,
        is_edited=is_edited,
        known_until=max([head.created_at, *begun, *ends]),
    )
