"""Addresses in drafts: the entries that they lead to, and those with nothing behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cms.content.addresses import SiteAddress, read_address
from cms.content.content_type import ContentType
from cms.content.content_warnings import ContentWarning, link_to_nothing, warnings_about
from cms.content.fields.base import forbidden_in
from cms.content.links import Targets, parts_of
from cms.content.snapshot import Draft, addresses_in, unresolved_links_of
from cms.content.unrendered import addresses_of
from cms.drafts.addresses import (
    PagesAhead,
    PathKey,
    Placed,
    addresses_among,
    entries_at,
    path_key_of,
)
from cms.drafts.loading import rows_by_id
from cms.drafts.subjects import Place
from cms.identifiers import kind_of
from cms.tables import Edition, Revision
from cms.work.work import Reading

NO_PAGES = PagesAhead()


@dataclass(frozen=True, eq=False)
class Page:
    """A draft of an edition.

    Attributes:
        content_type: content type of the page.
        edition: the edition of the draft.
        draft: a draft returned by :func:`~cms.content.snapshot.clean_draft`.
        before: the newest revision of the edition if it has the same fields and the same path.
    """

    content_type: type[ContentType]
    edition: Edition
    draft: Draft
    before: Revision | None = None

    @property
    def place(self) -> Place:
        """The place of the edition, with the category of the draft."""
        edition = self.edition
        return Place(
            edition.id,
            edition.entry_id,
            self.content_type.stored_name,
            edition.locale,
            self.placed.category_id,
        )

    @cached_property
    def placed(self) -> Placed:
        """The values that its path derives from.

        An invalid slug makes no path, and an invalid category is left out.
        """
        category = self.draft.category
        return Placed(
            content_type=self.content_type.stored_name,
            entry_id=self.edition.entry_id,
            locale=self.edition.locale,
            slug=self.draft.slug if self.content_type.accepts_slug(self.draft.slug) else "",
            category_id=category if category and kind_of(category) else None,
        )


@dataclass(frozen=True)
class DraftTargets:
    """The entries that the addresses in drafts lead to.

    Attributes:
        targets: their ids by address, for each draft.
        places: the places of some of them, with all their editions.
    """

    targets: Sequence[Targets]
    places: Collection[Place]


async def targets_of(
    reading: Reading,
    pages: Sequence[Page],
    paths: Mapping[Placed, str | None],
    beginning: PagesAhead = NO_PAGES,
    expected: PagesAhead = NO_PAGES,
) -> DraftTargets:
    """Return the entries that the addresses in drafts lead to.

    The path that a page has with its draft leads to the page itself.

    Args:
        reading: the snapshot and the actor.
        pages: the drafts.
        paths: where they stand, of :func:`~cms.drafts.addresses.paths_of`.
        beginning: those of the pages that begin now.
        expected: the pages that will stand at paths, whatever stands there now.
    """
    read = [_read(reading, page, paths[page.placed], expected) for page in pages]
    behind, places = await entries_behind(
        reading,
        [(page.edition, others.values()) for page, (_, others) in zip(pages, read, strict=True)],
        beginning,
    )
    targets = [
        {
            **{each: found[address] for each, address in others.items() if address in found},
            **known,
        }
        for (known, others), found in zip(read, behind, strict=True)
    ]
    return DraftTargets(targets, places)


def _read(
    reading: Reading, page: Page, base: str | None, expected: PagesAhead
) -> tuple[Targets, Mapping[str, SiteAddress]]:
    """Return the addresses in a draft that lead to known entries, and the others on the site.

    Known are the entry itself, and those of expected pages.
    """
    own, edition = reading.site.addresses, page.edition
    written = (
        addresses_in(page.content_type, page.draft)
        if page.before is None
        else addresses_of(page.before.content)
    )
    read = {each: read_address(each, own, base) for each in written if not forbidden_in(each)}
    addresses = {each: address for each, address in read.items() if address is not None}
    here = read_address("", own, base) if base is not None else None
    known: dict[str, str] = {}
    for each, address in addresses.items():
        key = path_key_of(address, edition.locale)
        if here is not None and key == (here.path, edition.locale):
            known[each] = edition.entry_id
        elif found := expected.at(key, own):
            known[each] = found[0]
    return known, {each: address for each, address in addresses.items() if each not in known}


async def entries_behind(
    reading: Reading,
    wanted: Sequence[tuple[Edition, Iterable[SiteAddress]]],
    beginning: PagesAhead = NO_PAGES,
) -> tuple[Sequence[Mapping[SiteAddress, str]], Collection[Place]]:
    """Return the ids of the entries at addresses of the site, for each edition.

    Beside them are the places of some of these entries, with all their editions.

    Args:
        reading: the snapshot and the actor.
        wanted: editions, each with the addresses in its text.
        beginning: the pages that begin with the same command.
    """
    keys = [
        (edition.entry_id, {each: path_key_of(each, edition.locale) for each in addresses})
        for edition, addresses in wanted
    ]
    mentioned: defaultdict[str, set[PathKey]] = defaultdict(set)
    for entry_id, of_addresses in keys:
        mentioned[entry_id].update(of_addresses.values())
    found = await entries_at(reading, mentioned, beginning)
    behind = [
        {each: ids[key] for each, key in of_addresses.items() if key in ids}
        for entry_id, of_addresses in keys
        for ids in [found.ids[entry_id]]
    ]
    return behind, found.places


@dataclass(frozen=True, eq=False)
class Unresolved:
    """The URLs of a page's edges without a target.

    Attributes:
        edition: the edition with the edges.
        base: path of the page with the edges.
        urls: the URLs.
    """

    edition: Edition
    base: str | None
    urls: Collection[str]


async def dead_ends(
    reading: Reading, pages: Sequence[Unresolved]
) -> list[Mapping[str, SiteAddress]]:
    """Return the places on the site that URLs lead to, where there is nothing, for each page.

    No entry was behind them when they were saved; the frontend does not serve them, and they are
    not redirected to another site.
    """
    own = reading.site.addresses
    places = [
        {
            url: address
            for url in page.urls
            if (address := read_address(parts_of(url)[0], own, page.base))
            and not own.is_route(address.path)
        }
        for page in pages
    ]
    keys = {
        path_key_of(each, page.edition.locale)
        for page, found in zip(pages, places, strict=True)
        for each in found.values()
    }
    at = await addresses_among(reading, keys)
    elsewhere = {key for key, each in at.items() if each.leads_elsewhere}
    return [
        {
            url: each
            for url, each in found.items()
            if path_key_of(each, page.edition.locale) not in elsewhere
        }
        for page, found in zip(pages, places, strict=True)
    ]


async def warnings_on(reading: Reading, revision: Revision) -> list[ContentWarning]:
    """Return the warnings about a revision that was saved.

    They are about what readers do not get of its texts, and about links with nothing behind them.
    """
    (warnings,) = await warnings_on_all(reading, [revision])
    return warnings


async def warnings_on_all(
    reading: Reading, revisions: Sequence[Revision]
) -> list[list[ContentWarning]]:
    """Return the warnings about revisions that were saved, for each; see :func:`warnings_on`."""
    editions = await rows_by_id(reading, Edition, [each.edition_id for each in revisions])
    edges = [list(unresolved_links_of(each.content)) for each in revisions]
    pages = [
        Unresolved(
            edition := editions[each.edition_id],
            edition.path,
            [edge.url for edge in here if edge.url is not None],
        )
        for each, here in zip(revisions, edges, strict=True)
    ]
    nowhere = await dead_ends(reading, pages)
    return [
        [
            *warnings_about(content_type, each.content),
            *(
                link_to_nothing(content_type, each.content, edge, places[edge.url].path)
                for edge in here
                if edge.url is not None and edge.url in places
            ),
        ]
        for each, here, places in zip(revisions, edges, nowhere, strict=True)
        for content_type in [reading.site.stored_type(str(each.content["type"]))]
    ]
