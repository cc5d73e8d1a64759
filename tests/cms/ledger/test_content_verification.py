"""What a revision's content determines is compared with its columns, links and tags."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from cms.content.canonical_json import JsonObject, digest_of
from cms.ledger.chain import ignore_progress
from cms.ledger.content_verification import verify_contents
from cms.ledger.row_verification import RowFault
from cms.tables import AuditRecord, Edition, Entry, Link, Revision, RevisionTag
from tests.builders import Newsroom
from tests.tampering import tampering


async def faults(newsroom: Newsroom, after: int = 0) -> list[RowFault]:
    async with newsroom.database.reading() as session:
        return [each async for each in verify_contents(session, ignore_progress, after)]


async def a_page(newsroom: Newsroom) -> Revision:
    await newsroom.draft(slug="target")
    related = [{"href": "/articles/target", "label": "L", "note": "N"}, "/articles/target"]
    return await newsroom.draft(slug="page", tags=["One", "Two"], related=related)


async def test_content_that_was_changed_is_named(newsroom: Newsroom) -> None:
    first, second, third = [await newsroom.draft(slug=slug) for slug in ("a", "b", "c")]
    assert await faults(newsroom) == []
    changed = {**first.content, "fields": {"body": "UNSIGNED WORDS"}}
    async with tampering(newsroom.database) as connection:
        change = update(Revision)
        await connection.execute(change.where(Revision.id == first.id).values(content=changed))
        await connection.execute(change.where(Revision.id == third.id).values(digest="0" * 64))
    reason = "its content does not match its digest"
    assert await faults(newsroom) == [
        RowFault("revision", first.id, reason),
        RowFault("revision", third.id, reason),
    ]
    assert second.id not in {first.id, third.id}


@pytest.mark.parametrize(
    ("table", "values", "name"),
    [
        (Revision, {"title": "x"}, "title"),
        (Revision, {"slug": "x"}, "slug"),
        (Revision, {"summary": "x"}, "summary"),
        (Edition, {"locale": "x"}, "locale"),
        (Entry, {"content_type": "x"}, "type"),
        (Link, {"label": "x"}, "links"),
        (Link, {"target_id": "x"}, "links"),
        (Link, {"origin": "inline"}, "links"),
        (RevisionTag, {"word": "x"}, "tags"),
        (RevisionTag, {"slug": RevisionTag.slug + "x"}, "tags"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_column_that_does_not_follow_is_named(
    newsroom: Newsroom, table: Any, values: dict[str, Any], name: str
) -> None:
    page = await a_page(newsroom)
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(table).values(**values))
    expected = RowFault("revision", page.id, f"its content does not match its {name}")
    assert expected in await faults(newsroom)


@pytest.mark.parametrize(("table", "name"), [(Link, "links"), (RevisionTag, "tags")])
async def test_a_part_that_is_gone_is_missed(newsroom: Newsroom, table: Any, name: str) -> None:
    page = await a_page(newsroom)
    async with tampering(newsroom.database) as connection:
        await connection.execute(delete(table))
    reason = f"its content does not match its {name}"
    assert await faults(newsroom) == [RowFault("revision", page.id, reason)]


async def test_a_large_number_is_the_same_in_both_databases(newsroom: Newsroom) -> None:
    """One returns it as a float, the other as an integer."""
    draft = await newsroom.draft()
    content: JsonObject = {**draft.content, "fields": {"x": 1e25, "y": [-1e16, 1e-9]}}
    async with tampering(newsroom.database) as connection:
        await connection.execute(
            update(Revision)
            .where(Revision.id == draft.id)
            .values(content=content, digest=digest_of(content))
        )
    assert await faults(newsroom) == []


async def test_content_that_cannot_be_read_is_named(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    async with tampering(newsroom.database) as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("this database stores no value that is not of its column's type")
        await connection.exec_driver_sql(
            f"update revision set content = x'ff' where id = '{draft.id}'"
        )
    reason = "it cannot be read: malformed JSON"
    assert await faults(newsroom) == [RowFault("revision", draft.id, reason)]


async def test_revisions_of_before_a_record_can_be_left_out(newsroom: Newsroom) -> None:
    await newsroom.draft(slug="old")
    async with newsroom.database.reading() as session:
        last = await session.scalar(select(func.max(AuditRecord.sequence)))
    new = await newsroom.draft(slug="new")
    async with tampering(newsroom.database) as connection:
        await connection.execute(update(Revision).values(digest="0" * 64))
    assert [each.key for each in await faults(newsroom, last or 0)] == [new.id]
