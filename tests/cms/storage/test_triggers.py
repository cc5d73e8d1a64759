"""History is not rewritten, by whatever hand: the database itself refuses it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from cms.errors import Refused
from cms.ledger.audit import hash_of
from cms.tables import (
    AuditRecord,
    Link,
    Publication,
    Review,
    Revision,
    RevisionTag,
    SignOff,
)
from tests.builders import Newsroom, entry_id_of

NEVER_UPDATED = [
    (Revision, {"title": "x"}),
    (Revision, {"digest": "x"}),
    (Link, {"label": "x"}),
    (RevisionTag, {"tag_id": "x"}),
    (SignOff, {"note": "x"}),
    (AuditRecord, {"actor": "x"}),
    (Publication, {"path": "/x"}),
    (Publication, {"ended_at": None, "ended_position": None}),
    (Review, {"note": "x"}),
    (Review, {"outcome": None, "ended_at": None}),
]
NEVER_DELETED = [Link, RevisionTag, SignOff, AuditRecord, Publication, Review, Revision]


async def a_history(newsroom: Newsroom) -> None:
    tag = await newsroom.tag("Tag")
    await newsroom.published(slug="target")
    source = await newsroom.published(slug="source", tags=[tag], related=["/articles/target"])
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
            row = (await connection.execute(select(Publication.__table__))).mappings().one()
            copy = {**row, "id": "pub_x", "path": "/elsewhere"}
            await connection.execute(insert(Publication).values(**copy))
    assert publication.entry_id != second.edition_id


async def test_a_sign_off_is_for_a_revision_of_its_edition(newsroom: Newsroom) -> None:
    await newsroom.published()
    other = await newsroom.draft(slug="other")
    with pytest.raises(DBAPIError):
        async with newsroom.database.engine.begin() as connection:
            row = (await connection.execute(select(SignOff.__table__))).mappings().one()
            copy = {**row, "id": "signoff_x", "edition_id": other.edition_id}
            await connection.execute(insert(SignOff).values(**copy))


async def test_every_command_is_in_the_audit_chain(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="T")
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        await newsroom.save(head, newsroom.reviewers[0], title="U")
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await entry_id_of(work, head)
        found = await work.session.scalars(select(AuditRecord).order_by(AuditRecord.sequence))
        records = list(found)
    assert [record.sequence for record in records] == list(range(1, len(records) + 1))
    previous = "0" * 64
    for record in records:
        assert record.previous_hash == previous
        assert record.hash == hash_of(record)
        previous = record.hash
    created, refused = records[-2:]
    assert (created.action, created.outcome, created.subject) == ("entry:create", "done", head.id)
    assert (refused.action, refused.outcome, refused.subject) == (
        "entry:save",
        "refused",
        entry_id,
    )
    assert refused.actor == newsroom.reviewers[0].account_id
