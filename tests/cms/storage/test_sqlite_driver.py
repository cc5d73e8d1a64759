"""Statements on SQLite: the short ones run on the event loop, all others in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, closing
from typing import Any, TypeAlias

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import event, text  # noqa: TID251  # statements that take as long as wanted

from cms.storage.database import Database, ReadSession
from cms.storage.dialects.sqlite_driver import DriverConnection
from tests.conftest import Templates

Opened: TypeAlias = Callable[[], AbstractAsyncContextManager[ReadSession]]

COUNT = """select count(*) from (
  with recursive counted(n) as (select 1 union all select n + 1 from counted where n < :last)
  select n from counted
)"""
WHERE = "select thread_of_statement()"
WRITE = "insert into thing (value) values (thread_of_statement())"
MAIN = threading.main_thread().name


@pytest.fixture
async def database(templates: Templates) -> AsyncIterator[Database]:
    """An SQLite database that knows in which thread a statement runs."""
    database = Database(await templates.copy("sqlite"))
    for engine in (database.engine, database._reading):
        event.listen(engine.sync_engine, "connect", _add_function)
    async with database.transaction() as session:
        await session.execute(text("create table thing (value)"))
    yield database
    await database.close()


def _add_function(connection: DriverConnection, _: object) -> None:
    connection.create_function("thread_of_statement", 0, lambda: threading.current_thread().name)


async def threads_of(database: Database, *statements: str) -> list[object]:
    """Return the threads in which statements of one transaction run."""
    async with database.transaction() as session:
        return [await session.scalar(text(each)) for each in statements]


async def test_a_statement_runs_on_the_event_loop_once_it_is_known_to_be_short(
    database: Database,
) -> None:
    unknown, known = await threads_of(database, WHERE, WHERE)
    assert unknown != MAIN
    assert known == MAIN
    for opened in (database.transaction, database.reading):
        async with opened() as session:
            await session.scalar(text(WHERE))
            assert await session.scalar(text(WHERE)) == MAIN


async def test_a_statement_that_fails_fails_again(database: Database) -> None:
    """Though the driver keeps what it has prepared before another connection changed a table."""
    question, failures = "select value from thing", list[object]()
    async with database._reading.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).dbapi_connection
        await driver.fetch("select 1 from thing", ())
        async with database.transaction() as session:
            await session.execute(text("alter table thing rename to other"))
        for _ in range(3):
            with pytest.raises(sqlite.OperationalError) as failure:
                await driver.fetch(question, ())
            failures.append(failure)  # with its traceback, and so with the cursor


async def test_a_statement_for_many_rows_runs_in_the_thread(database: Database) -> None:
    returned = f"{WRITE} returning value"
    assert (await threads_of(database, returned, returned))[-1] == MAIN
    async with database.transaction() as session:
        for count in (1, 1, 1_000):
            await session.execute(text("delete from thing"))
            await session.execute(text(f"{WRITE}, (:n)"), [{"n": n} for n in range(count)])
        found = await session.scalars(text("select distinct value from thing"))
    assert MAIN not in set(found)


@pytest.mark.parametrize("name", ["transaction", "reading"])
async def test_a_question_that_was_short_does_not_keep_the_event_loop_with_other_values(
    database: Database, name: str
) -> None:
    opened: Opened = getattr(database, name)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    async with opened() as session:
        for _ in range(3):
            assert await session.scalar(text(COUNT), {"last": 1}) == 1
        ticking = asyncio.create_task(tick())
        assert await session.scalar(text(COUNT), {"last": 1_000_000}) == 1_000_000
        ticking.cancel()
    assert ticks > 10


async def test_who_gives_up_waiting_for_the_lock_leaves_it_to_others(database: Database) -> None:
    with closing(sqlite.connect(database.engine.url.database, isolation_level=None)) as other:
        other.execute("begin immediate")
        waiting = asyncio.create_task(threads_of(database, WHERE))
        while not database.engine.pool.checkedout():  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert len(await threads_of(database, WHERE)) == 1


async def test_a_statement_whose_task_is_cancelled_is_interrupted_and_undone(
    database: Database,
) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as session:
            await session.execute(text(WRITE))
            begun.set()
            await session.scalar(text(COUNT), {"last": 10**12})

    writing = asyncio.create_task(write())
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await threads_of(database, "select count(*) from thing") == [0]
