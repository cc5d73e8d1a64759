"""Change and translate the words of categories and people, which have no text of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cms.drafts.entries import add_edition
from cms.drafts.saving import update_entry
from cms.tables import Edition, Revision
from tests.builders import Newsroom, changes_of, entry_id_of


async def newest_of(newsroom: Newsroom, entry_id: str, locale: str = "en") -> Revision:
    """Return the newest revision of an entry, by default in the default locale."""
    async with newsroom.database.reading() as session:
        newest = (
            select(Revision)
            .join(Edition, Edition.head_id == Revision.id)
            .where(Edition.entry_id == entry_id, Edition.locale == locale)
        )
        return (await session.scalars(newest)).one()


async def reword(
    newsroom: Newsroom, head: Revision, locale: str | None = None, **words: Any
) -> Revision:
    """Save other words of a category or person, have them signed off, and publish them."""
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await entry_id_of(work, head)
        changes = changes_of(**words)
        saved = await update_entry(work, entry_id, changes, base_revision=head.id, locale=locale)
    await newsroom.publish(saved.revision, locale=locale)
    return saved.revision


async def translate_words(
    newsroom: Newsroom, head: Revision, locale: str, **words: Any
) -> Revision:
    """Publish a category or person in another language."""
    async with newsroom.as_(newsroom.author) as work:
        begun = await add_edition(work, await entry_id_of(work, head), locale)
    return await reword(newsroom, begun.revision, locale, **words)
