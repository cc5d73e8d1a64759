"""What derives from content can be made anew while the site is read and written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, func, select, update

from cms.content.renderer import RENDERER
from cms.content.snapshot import Changes
from cms.drafts.saving import autosave_entry
from cms.search import rebuilding
from cms.search.rebuilding import (
    EVERY_REVISION,
    OUTDATED_REVISIONS,
    count_revisions,
    has_outdated_revisions,
    rebuild_counts,
    rebuild_revisions,
)
from cms.storage.database import Database, WriteSession
from cms.tables import Link, Rendition, Revision, SearchDocument, SearchGram, SearchWord, TagCount
from graphql_api.cli import main
from tests.builders import Newsroom, entry_id_of
from tests.sites import SITE


async def write(newsroom: Newsroom) -> list[Revision]:
    """Write some pages, of which the last is a draft."""
    for number in range(3):
        await newsroom.published(
            title=f"Page {number}",
            slug=f"p{number}",
            body=f"# Top\n\nw{number} [a](https://a.test/b)",
            tags=("AI",),
        )
    draft = await newsroom.draft(title="Draft", body="[x](/articles/p0#top)")
    async with newsroom.database.reading() as session:
        revisions = (await session.scalars(select(Revision).order_by(Revision.id))).all()
    assert revisions[-1].id == draft.id
    return list(revisions)


async def derived(database: Database) -> list[Any]:
    """Return all that derives from content, but for the numbers of rows."""
    kept = []
    async with database.reading() as session:
        for table in (Link, Rendition, SearchDocument, SearchWord, SearchGram, TagCount):
            columns = [each for each in table.__table__.c if each.name != "id"]
            kept.append(sorted(map(repr, await session.execute(select(*columns)))))
    return kept


async def damage(newsroom: Newsroom, revision: Revision, **values: object) -> None:
    """Change the rendition of a revision."""
    async with newsroom.database.transaction() as session:
        await session.execute(
            update(Rendition).where(Rendition.revision_id == revision.id).values(values)
        )


async def test_all_is_made_anew(newsroom: Newsroom) -> None:
    revisions = await write(newsroom)
    before = await derived(newsroom.database)
    await damage(newsroom, revisions[0], rendered={"body": {"html": "x"}})
    async with newsroom.database.transaction() as session:
        await session.execute(update(Link).values(section="x", page_position=9, host="x", path="x"))
        await session.execute(delete(SearchWord))
        await session.execute(delete(TagCount))
        of_draft = SearchDocument.revision_id == revisions[-1].id
        await session.execute(delete(SearchDocument).where(of_draft))
        await session.execute(delete(Rendition).where(Rendition.revision_id == revisions[1].id))
    assert await rebuild_revisions(newsroom.database, SITE, EVERY_REVISION) == len(revisions)
    await rebuild_counts(newsroom.database)
    assert await derived(newsroom.database) == before


async def test_only_what_another_renderer_made_is_made_anew(newsroom: Newsroom) -> None:
    revisions = await write(newsroom)
    before = await derived(newsroom.database)
    async with newsroom.database.reading() as session:
        assert not await has_outdated_revisions(session, SITE)
    await damage(newsroom, revisions[0], rendered={}, version="0")
    await damage(newsroom, revisions[1], rendered={})
    async with newsroom.database.reading() as session:
        assert await has_outdated_revisions(session, SITE)
        assert await count_revisions(session, SITE, OUTDATED_REVISIONS) == 1
    assert await rebuild_revisions(newsroom.database, SITE, OUTDATED_REVISIONS) == 1
    assert (await newsroom.rendition(revisions[0])).rendered != {}
    assert (await newsroom.rendition(revisions[1])).rendered == {}
    assert await rebuild_revisions(newsroom.database, SITE, EVERY_REVISION) == len(revisions)
    assert await derived(newsroom.database) == before


async def test_a_reader_sees_old_or_new(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    revisions = await write(newsroom)
    monkeypatch.setattr(rebuilding, "_BATCH", 2)
    seen: list[tuple[int, int]] = []
    ended = asyncio.Event()

    async def read() -> None:
        while not ended.is_set():
            async with newsroom.database.reading() as session:
                counts = [
                    await session.scalar(select(func.count()).select_from(table)) or 0
                    for table in (Rendition, SearchDocument)
                ]
            seen.append((counts[0], counts[1]))
            await asyncio.sleep(0)

    reader = asyncio.create_task(read())
    done: list[int] = []
    rebuilt = await rebuild_revisions(newsroom.database, SITE, EVERY_REVISION, done.append)
    ended.set()
    await reader
    assert rebuilt == len(revisions)
    assert done == [min(2, rebuilt - start) for start in range(0, rebuilt, 2)]
    assert set(seen) == {(len(revisions), len(revisions))}


async def test_two_rebuilds_can_run_at_once(newsroom: Newsroom) -> None:
    revisions = await write(newsroom)
    before = await derived(newsroom.database)
    both = (rebuild_revisions(newsroom.database, SITE, EVERY_REVISION) for _ in range(2))
    assert await asyncio.gather(*both) == [len(revisions)] * 2
    assert await derived(newsroom.database) == before


async def test_a_revision_that_is_deleted_meanwhile_is_left_out(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = await newsroom.draft(title="A page", slug="page")
    one = await newsroom.autosave(head, title="One")
    database = newsroom.database
    async with database.reading() as session:
        count = await count_revisions(session, SITE, EVERY_REVISION)
    transaction = database.transaction

    @asynccontextmanager
    async def later() -> AsyncIterator[WriteSession]:
        monkeypatch.undo()
        async with newsroom.as_(newsroom.author) as work:
            entry_id = await entry_id_of(work, head)
            await autosave_entry(work, entry_id, Changes(title="Two"), base_revision=one.id)
        async with transaction() as session:
            yield session

    monkeypatch.setattr(database, "transaction", later)
    assert await rebuild_revisions(database, SITE, EVERY_REVISION) == count
    async with database.reading() as session:
        kept = set(await session.scalars(select(Rendition.revision_id)))
        assert kept == set(await session.scalars(select(Revision.id)))
        assert one.id not in kept


def run(database: Database, *words: str) -> Result:
    environment = {
        "COPYDESK_SITE": "tests.sites:SITE",
        "COPYDESK_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "COPYDESK_SIGNING_KEY": str(database.key_file.path),
    }
    return CliRunner(env=environment).invoke(main, words)


async def test_migrate_derives_again_what_another_renderer_has_derived(newsroom: Newsroom) -> None:
    revisions = await write(newsroom)
    before = await derived(newsroom.database)
    await asyncio.to_thread(run, newsroom.database, "migrate")  # makes the indexes of fields
    done = await asyncio.to_thread(run, newsroom.database, "migrate")
    assert (done.output, done.stderr) == ("The database is up to date.\n", "")
    await damage(newsroom, revisions[0], version=f"{RENDERER} later", rendered={})
    done = await asyncio.to_thread(run, newsroom.database, "migrate")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Derived the values of 1 revisions again.\n" in done.output
    assert await derived(newsroom.database) == before
