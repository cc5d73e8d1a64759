"""Rows that the driver reads and writes without SQLAlchemy's execution."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from cms.clock import now, to_milliseconds
from cms.identifiers import new_id
from cms.storage.rows import columns_of, insert_rows, loaded, savepoint, update_rows
from cms.tables import Account, Base, Edition, Revision, Throttle
from tests.builders import Newsroom
from tests.histories import make_history

EMAILS = ("lost@example.org", "kept@example.org")


def account(name: str) -> Account:
    moment = to_milliseconds(now())
    return Account(id=new_id("account"), email=f"{name}@example.org", created_at=moment)


def values_of(row: Any) -> dict[str, Any]:
    return {each.key: getattr(row, each.key) for each in inspect(type(row)).column_attrs}


async def test_all_tables_are_read_as_sqlalchemy_reads_them(newsroom: Newsroom) -> None:
    await make_history(newsroom)
    read = 0
    for mapper in Base.registry.mappers:
        table = mapper.class_
        async with newsroom.database.reading() as session:
            expected = [values_of(each) for each in await session.scalars(select(table))]
        async with newsroom.database.reading() as session:
            rows = await session.fetch(select(*columns_of(table)))
            found = [values_of(each) for row in rows for each in loaded(session, row, table)]
        assert sorted(map(repr, found)) == sorted(map(repr, expected))
        read += len(found)
    assert read > 100


async def test_an_inserted_row_is_read_as_it_was_written(newsroom: Newsroom) -> None:
    one = account("one")
    async with newsroom.database.transaction() as session:
        await insert_rows(session, [one, account("two")])
        assert await session.get(Account, one.id) is one
        changes = {"password_hash": "a hash", "email": one.email, "disabled_at": None}
        await update_rows(session, [(one, changes)])
    async with newsroom.database.reading() as session:
        stored = await session.get_one(Account, one.id)
        assert values_of(stored) == values_of(one)
        assert stored.password_hash == "a hash"
        assert stored.disabled_at is None


async def test_a_failed_savepoint_takes_back_what_objects_say(newsroom: Newsroom) -> None:
    kept, lost = account("kept"), account("lost")
    async with newsroom.database.transaction() as session:
        await insert_rows(session, [kept])
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            async with savepoint(session):
                await update_rows(session, [(kept, {"password_hash": "a hash"})])
                assert kept.password_hash == "a hash"
                async with savepoint(session):
                    await insert_rows(session, [lost])
                assert await session.get(Account, lost.id) is lost
                await insert_rows(session, [account("kept"), account("kept")])
        assert kept.password_hash is None
        assert await session.get(Account, lost.id) is None
        async with savepoint(session):
            await insert_rows(session, [lost])
    async with newsroom.database.reading() as session:
        stored = await session.scalars(select(Account.email).order_by(Account.email))
        assert {"kept@example.org", "lost@example.org"} <= set(stored)


async def test_a_savepoint_with_nothing_before_it_is_the_whole_transaction(
    newsroom: Newsroom,
) -> None:
    lost, kept = account("lost"), account("kept")
    seen: list[str] = []
    engine = newsroom.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    async with newsroom.database.transaction() as session:
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            async with savepoint(session):
                async with savepoint(session):
                    await insert_rows(session, [lost])
                session.add(Throttle(name="added", since=now(), count=1))
                await insert_rows(session, [account("kept"), account("kept")])
        assert lost.email == "lost@example.org"
        assert not session.has_begun
        async with savepoint(session):
            await insert_rows(session, [kept])
        async with savepoint(session):
            await update_rows(session, [(kept, {"password_hash": "a hash"})])
    async with newsroom.database.reading() as session:
        found = await session.scalars(select(Account).where(Account.email.in_(EMAILS)))
        assert [(each.id, each.password_hash) for each in found] == [(kept.id, "a hash")]
        assert await session.get(Throttle, "added") is None
    points = [each for each in seen if re.match("(?i)savepoint|release|rollback", each)]
    assert points == [
        "SAVEPOINT copydesk_2",
        "RELEASE SAVEPOINT copydesk_2",
        "SAVEPOINT copydesk_1",
        "RELEASE SAVEPOINT copydesk_1",
    ]


async def test_an_object_that_is_loaded_again_has_the_values_of_now(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="One")
    edition = select(*columns_of(Edition, Revision)).where(
        Edition.head_id == head.id, Revision.id == head.id
    )
    async with newsroom.database.transaction() as session:
        (row,) = await session.fetch(edition)
        first, revision = loaded(session, row, Edition, Revision)
        assert revision.id == head.id
        await session.run_each(
            Edition.__table__.update().values(path=bindparam("other")),  # type: ignore[attr-defined]
            [{"other": "/elsewhere"}],
        )
        (row,) = await session.fetch(edition)
        assert loaded(session, row, Edition, Revision) == (first, revision)
        assert first.path == "/elsewhere"


async def test_a_value_that_is_missing_is_an_error(newsroom: Newsroom) -> None:
    statement = insert(Account).values(id=bindparam("id"), email=bindparam("email"))
    async with newsroom.database.transaction() as session:
        with pytest.raises(KeyError, match="email"):
            await session.run_each(statement, [{"id": "one"}])


async def test_a_list_of_unknown_length_is_refused(newsroom: Newsroom) -> None:
    statement = select(Account.id).where(Account.id.in_(bindparam("ids", expanding=True)))
    async with newsroom.database.reading() as session:
        with pytest.raises(TypeError, match="the same text"):
            await session.fetch(statement, ids=["one"])


async def test_a_failed_savepoint_forgets_what_was_changed_but_not_written(
    newsroom: Newsroom,
) -> None:
    moment = now()
    async with newsroom.database.transaction() as session:
        counted = Throttle(name="counted", since=moment, count=1)
        dropped = Throttle(name="dropped", since=moment, count=1)
        await insert_rows(session, [counted, dropped])
        counted.count = 2  # before the savepoint, so that it stays
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            async with savepoint(session):
                counted.count = 3
                await session.delete(dropped)
                session.add(Throttle(name="added", since=moment, count=1))
                await insert_rows(session, [account("one"), account("one")])
    async with newsroom.database.reading() as session:
        rows = await session.execute(select(Throttle.name, Throttle.count).order_by(Throttle.name))
        assert [tuple(row) for row in rows] == [("counted", 2), ("dropped", 1)]
