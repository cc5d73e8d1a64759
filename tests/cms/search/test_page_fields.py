"""What public pages repeat of their indexed fields is verified, and stored again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from cms.copydesk import rebuild
from cms.reading.periods import is_public_now
from cms.search.page_fields import faults_of_fields
from cms.search.rebuilding import EVERY_REVISION
from cms.tables import Publication
from cms.type_versions.versions import bind
from tests.builders import Newsroom
from tests.sites import SITE

VALUES = {"subtitle": "Of Ships", "subtitle/key": "of ships", "rating": 4.5}


async def repeated(newsroom: Newsroom) -> list[Any]:
    """Return what public pages repeat."""
    is_article = Publication.content_type == "Article"
    chosen = select(Publication.field_values).where(is_public_now(Publication), is_article)
    async with newsroom.database.reading() as session:
        return list(await session.scalars(chosen.order_by(Publication.slug)))


async def test_a_publication_repeats_the_values_of_its_revision(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="a", body="Words", subtitle="Of Ships", rating=4.5)
    await newsroom.review(head)
    await newsroom.publish(head)
    await newsroom.published(slug="b", body="Words")
    assert await repeated(newsroom) == [VALUES, None]
    revision = await newsroom.update(head, subtitle="Of Sails")
    assert await repeated(newsroom) == [VALUES, None]
    await newsroom.review(revision)
    await newsroom.publish(revision)
    sails = {**VALUES, "subtitle": "Of Sails", "subtitle/key": "of sails"}
    assert await repeated(newsroom) == [sails, None]


async def test_other_values_are_found_and_replaced(newsroom: Newsroom) -> None:
    shown = await newsroom.published(slug="a", body="Words", subtitle="Of Ships", rating=4.5)
    bare = await newsroom.published(slug="b", body="Words")
    async with newsroom.database.reading() as session:
        assert await faults_of_fields(session, SITE) == []
    async with newsroom.database.transaction() as session:
        for publication, values in ((shown, None), (bare, {"subtitle": "x"})):
            is_same = Publication.id == publication.id
            await session.execute(update(Publication).where(is_same).values(field_values=values))
    async with newsroom.database.reading() as session:
        faults = await faults_of_fields(session, SITE)
    assert [each.partition(" is not valid")[0] for each in faults] == [
        f"publication {each.id}" for each in sorted((shown, bare), key=lambda one: one.id)
    ]
    await rebuild(newsroom.database, bind(SITE, None), EVERY_REVISION)
    assert await repeated(newsroom) == [VALUES, None]
