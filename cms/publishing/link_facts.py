"""Facts about links that gates need: the public links to an entry, and targets without readers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import defer

from cms.authorization.actions import Action
from cms.content.addresses import SiteAddress
from cms.content.links import Edge, Origin
from cms.drafts.link_targets import dead_ends, entries_behind
from cms.drafts.loading import subject_of
from cms.hooks import IncomingEdge, UnseenTarget
from cms.publishing.public_editions import EditionKey, PublicEditions, public_editions
from cms.reading.visibility import is_public_now, stands_now
from cms.tables import Address, Edition, Entry, Link, Publication, Revision
from cms.work.work import Reading


async def public_links_to(
    reading: Reading,
    key: EditionKey,
    before: PublicEditions,
    after: PublicEditions,
    besides: Collection[str],
) -> list[IncomingEdge]:
    """Return the links and references on public pages to an entry.

    They are those of pages in all locales whose readers see editions of the one in question.

    Args:
        reading: the snapshot.
        key: the entry, and the locale of the edition that is published or unpublished.
        before: what is public now.
        after: what will be public.
        besides: the ids of editions whose pages do not count.
    """
    entry_id, locale = key
    rows = await reading.session.execute(
        select(
            Address.path,
            Publication.entry_id,
            Publication.title,
            Publication.locale,
            Link.origin,
            Link.fragment,
        )
        .join(Link, Link.revision_id == Publication.revision_id)
        .outerjoin(Address, stands_now())
        .where(
            Link.target_id == entry_id,
            Publication.locale.in_(reading.site.locales_showing(locale, entry_id)),
            is_public_now(Publication),
            Publication.edition_id.not_in(besides),
        )
        .order_by(Address.path, Publication.locale, Link.field_path, Link.ordinal)
    )
    return [
        IncomingEdge(
            source_path=path or source_id,
            source_title=title,
            locale=source_locale,
            origin=Origin(origin),
            fragment=fragment,
            before=before.shown(entry_id, source_locale),
            after=after.shown(entry_id, source_locale),
        )
        for path, source_id, title, source_locale, origin, fragment in rows
    ]


async def links_at_unpublishing(reading: Reading, live: Publication) -> list[IncomingEdge]:
    """Return the public links to an entry, with what its readers see when it is unpublished."""
    key = (live.entry_id, live.locale)
    before = await public_editions(reading, [live.entry_id])
    return await public_links_to(reading, key, before, before.without(key), [live.edition_id])


async def unseen_targets(
    reading: Reading,
    edition: Edition,
    base: str | None,
    edges: Sequence[Edge],
    after: PublicEditions,
) -> Mapping[str, UnseenTarget]:
    """Return the targets of edges at which readers see nothing, by the entry's id or the URL.

    Args:
        reading: the snapshot and the actor.
        edition: the edition with the edges.
        base: the path at which it stands.
        edges: the edges.
        after: what will be public.
    """
    urls = [edge.url for edge in edges if edge.url is not None]
    nowhere = await dead_ends(reading, urls, edition, base)
    behind = await entries_behind(reading, nowhere.values(), edition)
    targets = {edge.target for edge in edges if edge.target is not None}
    missing = {each for each in targets if after.shown(each, edition.locale) is None}
    drafts = await _newest(reading, {*missing, *behind.values()}, edition.locale)

    def at(address: SiteAddress) -> UnseenTarget:
        entry_id = behind.get(address)
        if entry_id is None:
            return UnseenTarget(path=address.path)
        title = drafts[entry_id].title if entry_id in drafts else ""
        return UnseenTarget(title or entry_id, address.path)

    return {
        **{each: drafts.get(each, UnseenTarget()) for each in missing},
        **{url: at(address) for url, address in nowhere.items()},
    }


async def titles_of_unseen(
    reading: Reading, entry_ids: Iterable[str], locale: str, after: PublicEditions
) -> Mapping[str, str]:
    """Return the titles of those entries that readers of a locale do not see."""
    missing = {each for each in entry_ids if after.shown(each, locale) is None}
    found = await _newest(reading, missing, locale)
    return {entry_id: draft.title for entry_id, draft in found.items()}


async def _newest(
    reading: Reading, entry_ids: Collection[str], locale: str
) -> Mapping[str, UnseenTarget]:
    """Return the titles and paths of entries in their newest revisions that the actor may read.

    Of several editions it is the one in the first of the locales that readers of a locale see.
    """
    if not entry_ids:
        return {}
    order = dict.fromkeys((*reading.site.locales_for(locale), *reading.site.locales))
    rows = await reading.session.execute(
        select(Entry, Edition, Revision)
        .join(Edition, Edition.entry_id == Entry.id)
        .join(Revision, Revision.id == Edition.head_id)
        .where(Entry.id.in_(entry_ids))
        .options(defer(Revision.content))
    )
    found: dict[str, UnseenTarget] = {}
    for entry, edition, head in sorted(rows, key=lambda row: [*order].index(row[1].locale)):
        subject = await subject_of(reading, entry, head.category_id, edition.locale)
        if entry.id not in found and reading.may(Action.ENTRY_READ, subject):
            found[entry.id] = UnseenTarget(head.title, edition.path)
    return found
