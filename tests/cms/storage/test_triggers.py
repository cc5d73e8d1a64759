"""History is not rewritten, by whatever hand: the database itself refuses it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from cms.clock import now
from cms.tables import (
    Address,
    AuditedRow,
    AuditRecord,
    Link,
    Publication,
    Purge,
    Review,
    Revision,
    RevisionTag,
    SignOff,
    Tombstone,
)
from tests.builders import Newsroom
from tests.conftest import begins_with

NEVER_UPDATED = [
    (Revision, {"title": "x"}),
    (Revision, {"digest": "x"}),
    (Link, {"label": "x"}),
    (RevisionTag, {"word": "x"}),
    (SignOff, {"note": "x"}),
    (AuditRecord, {"actor": "x"}),
    (Publication, {"locale": "x"}),
    (Address, {"path": "/x"}),
    (Address, {"ended_at": None, "ended_position": None}),
    (Publication, {"ended_at": None, "ended_position": None}),
    (Review, {"note": "x"}),
    (Review, {"outcome": None, "ended_at": None}),
]
NEVER_DELETED = [Address, Link, RevisionTag, SignOff, AuditRecord, Publication, Review, Revision]


async def a_history(newsroom: Newsroom) -> None:
    await newsroom.published(slug="target")
    source = await newsroom.published(slug="source", tags=["Tag"], related=["/articles/target"])
    await newsroom.unpublish(source)


HISTORY = begins_with(a_history)


@HISTORY
@pytest.mark.parametrize(
    ("table", "change"), NEVER_UPDATED, ids=lambda x: getattr(x, "__name__", str(x))
)
async def test_a_row_is_not_updated(newsroom: Newsroom, table: Any, change: dict[str, Any]) -> None:
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            await connection.execute(update(table).values(**change))


@HISTORY
@pytest.mark.parametrize("table", NEVER_DELETED)
async def test_a_row_is_not_deleted(newsroom: Newsroom, table: Any) -> None:
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            await connection.execute(delete(table))


@HISTORY
async def test_nothing_is_added_to_a_revision_that_was_public(newsroom: Newsroom) -> None:
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            row = (await connection.execute(select(Link.__table__))).mappings().first()
            assert row is not None
            await connection.execute(insert(Link).values(**{**row, "ordinal": 99}))


async def test_a_draft_that_nobody_signed_can_be_pruned(newsroom: Newsroom) -> None:
    await newsroom.published(slug="target")
    head = await newsroom.draft(slug="draft", related=["/articles/target"])
    newer = await newsroom.save(head, slug="draft", title="Newer")
    async with newsroom.database.engine.begin() as connection:
        await connection.execute(delete(Link).where(Link.revision_id == head.id))
        await connection.execute(delete(Revision).where(Revision.id == head.id))
        left = await connection.scalars(
            select(Revision.id).where(Revision.edition_id == newer.edition_id)
        )
        assert list(left) == [newer.id]


async def test_one_open_publication_for_each_edition(newsroom: Newsroom) -> None:
    publication = await newsroom.published()
    second = await newsroom.draft(slug="other")
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            own = select(Publication.__table__).where(Publication.id == publication.id)
            row = (await connection.execute(own)).mappings().one()
            copy = {**row, "id": "pub_x"}
            await connection.execute(insert(Publication).values(**copy))
    assert publication.entry_id != second.edition_id


async def test_one_page_for_each_path_and_one_path_for_each_page(newsroom: Newsroom) -> None:
    await newsroom.published(slug="one")
    other = await newsroom.published(slug="other")
    async with newsroom.database.engine.connect() as connection:
        rows = (await connection.execute(select(Address.__table__))).mappings().all()
    (mine,) = (row for row in rows if row["edition_id"] == other.edition_id)
    for copy in ({"id": "address_x", "edition_id": None}, {"id": "address_x", "path": "/x"}):
        with pytest.raises(DBAPIError):
            async with newsroom.database.engine.begin() as connection:
                await connection.execute(insert(Address).values(**{**mine, **copy}))


async def test_a_sign_off_is_for_a_revision_of_its_edition(newsroom: Newsroom) -> None:
    await newsroom.published()
    other = await newsroom.draft(slug="other")
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            row = (await connection.execute(select(SignOff.__table__))).mappings().one()
            copy = {**row, "id": "signoff_x", "edition_id": other.edition_id}
            await connection.execute(insert(SignOff).values(**copy))


# Rows that a purge may empty, with a value that it leaves and one that it does not.
EMPTIED: list[tuple[Any, str, Any, Any]] = [
    (Revision, "title", "", "x"),
    (Revision, "content", {}, {"title": "x"}),
    (SignOff, "note", "", "x"),
    (Publication, "summary", "", "x"),
    (Review, "note", "", "x"),
]


@HISTORY
@pytest.mark.parametrize(("table", "column", "left", "other"), EMPTIED, ids=str)
async def test_a_tombstone_permits_to_empty_a_row_and_nothing_else(
    newsroom: Newsroom, table: Any, column: str, left: Any, other: Any
) -> None:
    async with newsroom.database.engine.connect() as connection:
        key = await connection.scalar(select(table.id).limit(1))
    own = update(table).where(table.id == key)
    changes = ({column: other}, {"id": "x"}, {column: left, "edition_id": "x"})
    with pytest.raises(DBAPIError):  # not if it changes nothing
        async with newsroom.database.engine.begin() as connection:
            await connection.execute(own.values(**{column: "y" if left == "" else {"y": 1}}))
            await connection.execute(own.values(**{column: left}))
    await bury(newsroom, table.__tablename__, str(key))
    for change in changes:
        with pytest.raises(DBAPIError):
            async with newsroom.database.engine.begin() as connection:
                await connection.execute(own.values(**change))
    async with newsroom.database.engine.begin() as connection:
        await connection.execute(own.values(**{column: left}))


async def bury(newsroom: Newsroom, table: str, key: str) -> None:
    """Insert a tombstone."""
    purge: dict[str, Any] = {
        "id": "purge_1",
        "keys": [],
        "reason": "",
        "position": None,
        "purged_at": now(),
    }
    stone = {"table_name": table, "key": key, "purge_id": "purge_1", "remainder": None}
    async with newsroom.database.engine.begin() as connection:
        await connection.execute(insert(Purge).values(**purge))
        await connection.execute(insert(Tombstone).values(**stone))


@HISTORY
async def test_parts_of_a_purged_revision_are_deleted_and_not_inserted(newsroom: Newsroom) -> None:
    async with newsroom.database.engine.connect() as connection:
        row = (await connection.execute(select(Link.__table__))).mappings().first()
        assert row is not None
    await bury(newsroom, "revision", row["revision_id"])
    async with newsroom.database.engine.begin() as connection:
        await connection.execute(delete(Link).where(Link.revision_id == row["revision_id"]))
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            await connection.execute(insert(Link).values(**row))


@HISTORY
async def test_salts_and_details_are_emptied_only_with_a_tombstone(newsroom: Newsroom) -> None:
    async with newsroom.database.engine.connect() as connection:
        row = (await connection.execute(select(AuditedRow.__table__).limit(1))).one()
    salt = update(AuditedRow).where(AuditedRow.key == row.key)
    detail = update(AuditRecord).where(AuditRecord.sequence == 1)
    for change in (salt.values(salt=""), detail.values(detail={})):
        with pytest.raises(DBAPIError):
            async with newsroom.database.engine.begin() as connection:
                await connection.execute(change)
    await bury(newsroom, row.table_name, row.key)
    async with newsroom.database.engine.begin() as connection:
        stone = {"table_name": "audit_record", "key": f"{1:019d}", "purge_id": "purge_1"}
        await connection.execute(insert(Tombstone).values(**stone, remainder="x"))
    for change in (salt.values(salt="x"), salt.values(salt="", hash="x"), detail.values(actor="x")):
        with pytest.raises(DBAPIError):
            async with newsroom.database.engine.begin() as connection:
                await connection.execute(change)
    async with newsroom.database.engine.begin() as connection:
        await connection.execute(salt.values(salt=""))
        await connection.execute(detail.values(detail={}))
    for table in (Tombstone, Purge):
        with pytest.raises(DBAPIError):
            async with newsroom.database.engine.begin() as connection:
                await connection.execute(delete(table))
