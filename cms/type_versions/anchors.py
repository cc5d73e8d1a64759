"""Anchors that pages lose with a field, and public pages that link to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from cms.content.links import Origin
from cms.content.snapshot import derive
from cms.drafts.addresses import batches
from cms.publishing.public_editions import PublicEditions, public_editions
from cms.reading.aliases import aliased_table
from cms.reading.periods import is_public_now
from cms.tables import Link, Publication, Revision
from cms.work.work import Reading


@dataclass(frozen=True)
class LostAnchor:
    """A link of a public page to an anchor that would be gone.

    Attributes:
        content_type: the name of the content type of the page that loses the anchor.
        path: the address of that page, or its id if it has none.
        fragment: the anchor.
        entry_id: the entry that links there.
        locale: its locale.
        title: its title.
    """

    content_type: str
    path: str
    fragment: str
    entry_id: str
    locale: str
    title: str


async def lost_anchors(
    reading: Reading, content_types: Mapping[str, str]
) -> AsyncIterator[LostAnchor]:
    """Yield the links of public pages to anchors that are there, and would not be.

    Args:
        reading: a snapshot, in which the site is as it would be.
        content_types: the names of the types whose contents give other values, by stored names.
    """
    links = await _links_to_anchors(reading, list(content_types))
    for batch in batches([*{str(link.target_id): None for link in links}]):
        before = await public_editions(reading, batch)
        after = await _with_new_anchors(reading, before, batch)
        for link in links:
            shown = before.shown(link.target_id, link.locale)
            then = after.shown(link.target_id, link.locale)
            if shown is None or then is None or link.fragment not in shown.anchors:
                continue
            if link.fragment not in then.anchors:
                yield LostAnchor(
                    content_type=content_types[link.content_type],
                    path=shown.path or link.target_id,
                    fragment=link.fragment,
                    entry_id=link.entry_id,
                    locale=link.locale,
                    title=link.title,
                )


async def _links_to_anchors(reading: Reading, stored_types: Sequence[str]) -> Sequence[Any]:
    """Return the links of public pages to anchors of pages of some types."""
    target = aliased_table(Publication, "target_publication")
    rows = await reading.session.execute(
        select(
            *(Link.target_id, Link.fragment, target.c.content_type),
            *(Publication.entry_id, Publication.locale, Publication.title),
        )
        .join(Publication, Publication.revision_id == Link.revision_id)
        .join(target, target.c.entry_id == Link.target_id)
        .where(
            Link.fragment != "",
            Link.origin != Origin.REFERENCE,
            is_public_now(Publication),
            is_public_now(target),
            target.c.content_type.in_(stored_types),
        )
        .distinct()
        .order_by(Publication.entry_id, Publication.locale, Link.target_id, Link.fragment)
    )
    return rows.all()


async def _with_new_anchors(
    reading: Reading, before: PublicEditions, entry_ids: Collection[str]
) -> PublicEditions:
    rows = await reading.session.execute(
        select(
            *(Publication.entry_id, Publication.locale, Publication.content_type),
            Revision.content,
        )
        .join(Revision, Revision.id == Publication.revision_id)
        .where(Publication.entry_id.in_(list(entry_ids)), is_public_now(Publication))
    )
    return before.with_published(
        {
            (entry_id, locale): replace(
                before.editions[entry_id, locale],
                anchors=frozenset(derive(reading.site.stored_type(stored), content).anchors),
            )
            for entry_id, locale, stored, content in rows
        }
    )
