"""Change and translate the words of categories and people, which have no text of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cms.drafts.entries import add_edition
from cms.drafts.saving import update_entry
from cms.tables import Edition, Revision
from tests.builders import Newsroom, changes_of


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
    newsroom: Newsroom, entry_id: str, locale: str | None = None, **words: Any
) -> Revision:
    """Save other words of a category or person, have them signed off, and publish them."""
    saved = await _save(newsroom, entry_id, locale, **words)
    await newsroom.publish(saved, locale=locale)
    return saved


async def begin_translation(
    newsroom: Newsroom, entry_id: str, locale: str, **words: Any
) -> Revision:
    """Save the words of a category or person in another language."""
    await newsroom.do(newsroom.author, add_edition, entry_id, locale)
    return await _save(newsroom, entry_id, locale, **words)


async def translate_words(newsroom: Newsroom, entry_id: str, locale: str, **words: Any) -> Revision:
    """Publish a category or person in another language."""
    saved = await begin_translation(newsroom, entry_id, locale, **words)
    await newsroom.publish(saved, locale=locale)
    return saved


async def _save(newsroom: Newsroom, entry_id: str, locale: str | None, **words: Any) -> Revision:
    head = await newest_of(newsroom, entry_id, locale or newsroom.site.default_locale)
    saved = await newsroom.do(
        newsroom.author,
        update_entry,
        entry_id,
        changes_of(**words),
        base_revision=head.id,
        locale=locale,
    )
    return saved.revision
