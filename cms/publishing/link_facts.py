"""Facts about links that gates need: the public links to entries, and targets without readers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.content.addresses import SiteAddress
from cms.content.links import Edge, Origin
from cms.drafts.link_targets import Unresolved, dead_ends, entries_behind
from cms.drafts.loading import EditionKey
from cms.drafts.subjects import Place, ancestries_in_rights
from cms.hooks import IncomingEdge, UnseenTarget
from cms.publishing.public_editions import PublicEditions
from cms.reading.periods import is_public_now, stands_now
from cms.site import Site
from cms.storage.dialects import is_among
from cms.tables import Address, Edition, Entry, Link, Publication, Revision
from cms.work.work import Reading


@dataclass(frozen=True, kw_only=True)
class PublicLink:
    """A link or reference on a public page.

    Attributes:
        target_id: the entry that it leads to.
        source_path: the path of the page; its id if it has none.
        source_title: its title.
        source_edition: its edition.
        locale: its locale.
        origin: kind of value that the link comes from.
        fragment: the anchor that it leads to; empty for the top.
    """

    target_id: str
    source_path: str
    source_title: str
    source_edition: str
    locale: str
    origin: Origin
    fragment: str


@dataclass(frozen=True)
class PublicLinks:
    """The links and references on public pages to some entries.

    Attributes:
        site: the site, which declares the fallbacks of locales.
        to: the links, by the id of the entry.
    """

    site: Site
    to: Mapping[str, Sequence[PublicLink]]

    def incoming(
        self,
        key: EditionKey,
        before: PublicEditions,
        after: PublicEditions,
        besides: Collection[str],
    ) -> list[IncomingEdge]:
        """Return those on pages in all locales whose readers see an edition.

        Args:
            key: the entry, and the locale of the edition that is published or unpublished.
            before: what is public now.
            after: what will be public.
            besides: the ids of editions whose pages do not count.
        """
        entry_id, locale = key
        showing = self.site.locales_showing(locale, entry_id)
        return [
            IncomingEdge(
                source_path=each.source_path,
                source_title=each.source_title,
                locale=each.locale,
                origin=each.origin,
                fragment=each.fragment,
                before=before.shown(entry_id, each.locale),
                after=after.shown(entry_id, each.locale),
            )
            for each in self.to.get(entry_id, ())
            if each.locale in showing and each.source_edition not in besides
        ]


async def public_links_to(reading: Reading, entry_ids: Iterable[str]) -> PublicLinks:
    """Return the links and references on public pages to entries."""
    rows = await reading.session.execute(
        select(
            Link.target_id,
            Address.path,
            Publication.entry_id,
            Publication.title,
            Publication.edition_id,
            Publication.locale,
            Link.origin,
            Link.fragment,
        )
        .join(Link, Link.revision_id == Publication.revision_id)
        .outerjoin(Address, stands_now())
        .where(is_among(Link.target_id, entry_ids), is_public_now(Publication))
        .order_by(Address.path, Publication.locale, Link.field_path, Link.ordinal)
    )
    found: defaultdict[str, list[PublicLink]] = defaultdict(list)
    for target_id, path, source_id, title, edition_id, locale, origin, fragment in rows:
        found[str(target_id)].append(
            PublicLink(
                target_id=str(target_id),
                source_path=path or source_id,
                source_title=title,
                source_edition=edition_id,
                locale=locale,
                origin=Origin(origin),
                fragment=fragment,
            )
        )
    return PublicLinks(reading.site, found)


@dataclass(frozen=True)
class Nowhere:
    """The addresses of a page at which there is nothing.

    Attributes:
        places: the places, by the URL.
        behind: the ids of the entries that stand there by now, by the place.
    """

    places: Mapping[str, SiteAddress]
    behind: Mapping[SiteAddress, str]

    def unseen(
        self, missing: Iterable[str], drafts: NewestTitles, locale: str
    ) -> Mapping[str, UnseenTarget]:
        """Return the targets of a page at which readers see nothing, by entry id or URL.

        Args:
            missing: the ids of entries that it leads to, and that readers do not see.
            drafts: the titles of entries that readers do not see.
            locale: the locale of the page.
        """
        return {
            **{each: drafts.of(each, locale) or UnseenTarget() for each in missing},
            **{url: self._at(place, drafts, locale) for url, place in self.places.items()},
        }

    def _at(self, place: SiteAddress, drafts: NewestTitles, locale: str) -> UnseenTarget:
        entry_id = self.behind.get(place)
        if entry_id is None:
            return UnseenTarget(path=place.path)
        draft = drafts.of(entry_id, locale)
        return UnseenTarget((draft.title if draft is not None else "") or entry_id, place.path)


async def nowhere_in(
    reading: Reading, pages: Sequence[tuple[Edition, str | None, Sequence[Edge]]]
) -> list[Nowhere]:
    """Return the addresses at which there is nothing, for each page.

    Args:
        reading: the snapshot and the actor.
        pages: editions, each with the path at which it stands and its edges.
    """
    places = await dead_ends(
        reading,
        [
            Unresolved(edition, base, [edge.url for edge in edges if edge.url is not None])
            for edition, base, edges in pages
        ],
    )
    behind, _ = await entries_behind(
        reading,
        [(page[0], found.values()) for page, found in zip(pages, places, strict=True)],
    )
    return [Nowhere(*each) for each in zip(places, behind, strict=True)]


@dataclass(frozen=True)
class NewestTitles:
    """The titles and paths of entries in their newest revisions that the actor may read.

    Attributes:
        site: the site, which declares the fallbacks of locales.
        by_entry: titles and paths by locale, by the entry.
    """

    site: Site
    by_entry: Mapping[str, Mapping[str, UnseenTarget]]

    def of(self, entry_id: str, locale: str) -> UnseenTarget | None:
        """Return those in the first of the locales that readers of a locale see."""
        found = self.by_entry.get(entry_id, {})
        order = dict.fromkeys((*self.site.locales_for(locale), *self.site.locales))
        return next((found[each] for each in order if each in found), None)


async def newest_titles(reading: Reading, entry_ids: Iterable[str]) -> NewestTitles:
    """Return the titles and paths of entries in their newest revisions."""
    wanted = set(entry_ids)
    if not wanted:
        return NewestTitles(reading.site, {})
    rows = await reading.session.execute(
        select(Edition.id, Entry.id, Entry.content_type, Edition.locale, Revision.category_id)
        .add_columns(Revision.title, Edition.path)
        .select_from(Entry)
        .join(Edition, Edition.entry_id == Entry.id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(is_among(Entry.id, wanted))
    )
    found = [(Place(*place), UnseenTarget(title, path)) for *place, title, path in rows]
    above = await ancestries_in_rights(reading, [place.category_in_rights for place, _ in found])
    by_entry: defaultdict[str, dict[str, UnseenTarget]] = defaultdict(dict)
    for place, target in found:
        if reading.may(Action.ENTRY_READ, place.subject(above)):
            by_entry[place.entry_id][place.locale] = target
    return NewestTitles(reading.site, by_entry)
