"""The edition of an entry that readers of a locale see, now or after an operation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from cms.drafts.loading import EditionKey
from cms.hooks import ShownEdition
from cms.identifiers import is_built_in_id
from cms.reading.periods import is_public_now, stands_now
from cms.site import Site
from cms.storage.dialects import is_among
from cms.tables import Address, Publication, Rendition
from cms.work.work import Reading


@dataclass(frozen=True)
class PublicEditions:
    """The public editions of some entries.

    Attributes:
        site: the site, which declares the fallbacks of locales.
        editions: the editions, by entry and locale.
    """

    site: Site
    editions: Mapping[EditionKey, ShownEdition]

    def shown(self, entry_id: str, locale: str) -> ShownEdition | None:
        """Return the edition that readers of a locale see; ``None`` if they see none."""
        keys = self._keys(entry_id, locale)
        return next((self.editions[key] for key in keys if key in self.editions), None)

    def _keys(self, entry_id: str, locale: str) -> Sequence[EditionKey]:
        """Return the editions that a locale is shown by, the first of them that is public."""
        is_built_in = is_built_in_id(entry_id)
        order = self.site.locales_for_built_in if is_built_in else self.site.locales_for
        return [(entry_id, each) for each in order(locale)]

    def with_published(self, published: Mapping[EditionKey, ShownEdition]) -> PublicEditions:
        """Return the editions that are public once these are."""
        return replace(self, editions={**self.editions, **published})

    def or_else(self, others: PublicEditions) -> PublicEditions:
        """Return the editions of which readers may see these, or the others."""
        return _EitherEditions(self.site, self.editions, others)

    def without(self, keys: Collection[EditionKey]) -> PublicEditions:
        """Return the editions that are public once these are not."""
        kept = {each: shown for each, shown in self.editions.items() if each not in keys}
        return replace(self, editions=kept)


@dataclass(frozen=True)
class _EitherEditions(PublicEditions):
    """Public editions of which it is not known whether others are public in their place."""

    others: PublicEditions

    def shown(self, entry_id: str, locale: str) -> ShownEdition | None:
        """Return what readers see at best: with an address if one has it, and all anchors.

        Any edition by which the locale is shown may be the first that is public.
        """
        found = [
            each
            for key in self._keys(entry_id, locale)
            for editions in (self.editions, self.others.editions)
            if (each := editions.get(key)) is not None
        ]
        if not found:
            return None
        path = next((each.path for each in found if each.path is not None), None)
        anchors = frozenset().union(*(each.anchors for each in found))
        return replace(found[0], path=path, anchors=anchors)


async def public_editions(reading: Reading, entry_ids: Collection[str]) -> PublicEditions:
    """Return the editions of entries that are public now, in all locales."""
    if not entry_ids:
        return PublicEditions(reading.site, {})
    rows = await reading.session.execute(
        select(
            Publication.entry_id,
            Publication.locale,
            Publication.title,
            Address.path,
            Rendition.anchors,
        )
        .join(Rendition, Rendition.revision_id == Publication.revision_id)
        .outerjoin(Address, stands_now())
        .where(is_among(Publication.entry_id, entry_ids), is_public_now(Publication))
    )
    return PublicEditions(
        reading.site,
        {
            (entry_id, locale): ShownEdition(locale, title, path, frozenset(map(str, anchors)))
            for entry_id, locale, title, path, anchors in rows
        },
    )
