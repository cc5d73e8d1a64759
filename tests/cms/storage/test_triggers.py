"""History is not rewritten, by whatever hand: the database itself refuses it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from cms.tables import (
    Address,
    AuditRecord,
    Link,
    Publication,
    Review,
    Revision,
    RevisionTag,
    SignOff,
)
from tests.builders import Newsroom

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


@pytest.mark.parametrize(
    ("table", "change"), NEVER_UPDATED, ids=lambda x: getattr(x, "__name__", str(x))
)
async def test_a_row_is_not_updated(newsroom: Newsroom, table: Any, change: dict[str, Any]) -> None:
    await a_history(newsroom)
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            await connection.execute(update(table).values(**change))


@pytest.mark.parametrize("table", NEVER_DELETED)
async def test_a_row_is_not_deleted(newsroom: Newsroom, table: Any) -> None:
    await a_history(newsroom)
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            await connection.execute(delete(table))


async def test_nothing_is_added_to_a_revision_that_was_public(newsroom: Newsroom) -> None:
    await a_history(newsroom)
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
