"""Editions repeat what lists of drafts need of their newest revisions."""

from __future__ import annotations

from sqlalchemy import select, update

from cms.authorization.actor import OPERATOR
from cms.content.collation import sort_key
from cms.drafts.heads import faults_of_heads, repeat_heads
from cms.tables import Edition, Revision
from tests.builders import Newsroom


async def edition_of(newsroom: Newsroom, revision: Revision) -> Edition:
    async with newsroom.database.reading() as session:
        found = await session.scalar(select(Edition).where(Edition.id == revision.edition_id))
    assert found is not None
    return found


async def test_an_edition_repeats_its_newest_revision(newsroom: Newsroom) -> None:
    first = await newsroom.draft("Note", slug="note", text="x")
    edition = await edition_of(newsroom, first)
    assert (edition.content_type, edition.category_id) == ("Note", None)
    assert (edition.byline_id, edition.changed_at) == (first.byline_id, first.created_at)
    assert (edition.title_key, edition.slug) == (sort_key(first.title), "note")
    topic = await newsroom.category("Topic")
    second = await newsroom.update(first, category=topic)
    edition = await edition_of(newsroom, second)
    assert (edition.head_id, edition.category_id) == (second.id, topic.id)
    assert edition.changed_at == second.created_at
    async with newsroom.database.reading() as session:
        assert await faults_of_heads(session) == []


async def test_what_an_edition_repeats_wrongly_is_found_and_repaired(newsroom: Newsroom) -> None:
    head = await newsroom.draft("Note", slug="note", text="x")
    await newsroom.draft("Note", slug="other", text="x")
    wrong = {"content_type": "Article", "title_key": "x", "slug": None, "changed_at": None}
    async with newsroom.desk.work(OPERATOR) as work:
        await work.session.execute(
            update(Edition).where(Edition.id == head.edition_id).values(**wrong)
        )
    async with newsroom.database.reading() as session:
        (fault,) = await faults_of_heads(session)
    assert fault == (
        f"edition {head.edition_id} is not valid: its type, category, byline, title, slug or time "
        "of change is not that of its newest revision; run: copydesk migrate"
    )
    async with newsroom.desk.work(OPERATOR) as work:
        await repeat_heads(work)
    async with newsroom.database.reading() as session:
        assert await faults_of_heads(session) == []
