"""Addresses in drafts: the entries that they lead to, and those with nothing behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cms.content.addresses import SiteAddress, read_address
from cms.content.content_type import ContentType
from cms.content.content_warnings import ContentWarning, link_to_nothing, warnings_about
from cms.content.fields.base import forbidden_in
from cms.content.links import Targets, parts_of
from cms.content.slug import is_slug
from cms.content.snapshot import Draft, addresses_in, links_of
from cms.drafts.addresses import addresses_at, by_locale, entries_at, path_of
from cms.identifiers import kind_of
from cms.tables import Edition, Revision
from cms.work.work import Reading


async def own_path(
    reading: Reading, content_type: type[ContentType], edition: Edition, draft: Draft
) -> str | None:
    """Return the path of a page with this draft; ``None`` if it has none, or none yet.

    Args:
        reading: the snapshot.
        content_type: content type of the page.
        edition: the edition of the draft.
        draft: a draft; an invalid slug makes no path, and an invalid category is left out.
    """
    if not is_slug(draft.slug):
        return None
    category = draft.category if draft.category and kind_of(draft.category) else None
    return await path_of(reading, content_type, edition, draft.slug, category)


async def targets_of(
    reading: Reading, content_type: type[ContentType], edition: Edition, draft: Draft
) -> Targets:
    """Return the ids of the entries that the addresses in a draft lead to.

    The path that the page has with this draft leads to the page itself.

    Args:
        reading: the snapshot and the actor.
        content_type: content type of the page.
        edition: the edition of the draft.
        draft: a draft returned by :func:`~cms.content.snapshot.clean_draft`.
    """
    written = addresses_in(content_type, draft)
    if not written:
        return {}
    own = reading.site.addresses
    base = await own_path(reading, content_type, edition, draft)
    read = {each: read_address(each, own, base) for each in written if not forbidden_in(each)}
    addresses = {each: address for each, address in read.items() if address is not None}
    page = read_address("", own, base) if base is not None else None
    itself = {
        each: edition.entry_id
        for each, address in addresses.items()
        if page is not None
        and (address.path, address.locale or edition.locale) == (page.path, edition.locale)
    }
    others = {each: address for each, address in addresses.items() if each not in itself}
    behind = await entries_behind(reading, others.values(), edition)
    found = {each: behind[address] for each, address in others.items() if address in behind}
    return {**found, **itself}


async def entries_behind(
    reading: Reading, addresses: Iterable[SiteAddress], edition: Edition
) -> Mapping[SiteAddress, str]:
    """Return the ids of the entries at addresses of the site.

    Args:
        reading: the snapshot and the actor.
        addresses: the addresses.
        edition: the edition whose text has the addresses.
    """
    found: dict[SiteAddress, str] = {}
    for locale, here in by_locale(addresses, edition.locale).items():
        at = await entries_at(reading, {each.path for each in here}, locale, edition.entry_id)
        found |= {each: at[each.path] for each in here if each.path in at}
    return found


async def dead_ends(
    reading: Reading, urls: Iterable[str], edition: Edition, base: str | None
) -> Mapping[str, SiteAddress]:
    """Return the places on the site that the URLs of edges lead to, where there is nothing.

    No entry was behind them when they were saved; the frontend does not serve them, and they are
    not redirected to another site.

    Args:
        reading: the snapshot.
        urls: the URLs of edges without a target.
        edition: the edition with the edges.
        base: path of the page with the edges.
    """
    own = reading.site.addresses
    read = {url: read_address(parts_of(url)[0], own, base) for url in urls}
    places = {url: each for url, each in read.items() if each and not own.is_route(each.path)}
    elsewhere: set[SiteAddress] = set()
    for locale, here in by_locale(places.values(), edition.locale).items():
        at = await addresses_at(reading, {each.path for each in here}, locale)
        elsewhere |= {each for each in here if each.path in at and at[each.path].leads_elsewhere}
    return {url: each for url, each in places.items() if each not in elsewhere}


async def warnings_on(reading: Reading, revision: Revision) -> list[ContentWarning]:
    """Return the warnings about a revision that was saved.

    They are about what readers do not get of its texts, and about links with nothing behind them.
    """
    content_type = reading.site.content_type(str(revision.content["type"]))
    edition = await reading.session.get_one(Edition, revision.edition_id)
    edges = list(links_of(revision.content))
    urls = [edge.url for edge in edges if edge.url is not None]
    nowhere = await dead_ends(reading, urls, edition, edition.path)
    return [
        *warnings_about(content_type, revision.content),
        *(
            link_to_nothing(edge, nowhere[edge.url].path)
            for edge in edges
            if edge.url is not None and edge.url in nowhere
        ),
    ]
