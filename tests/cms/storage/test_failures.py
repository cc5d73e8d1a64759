"""However a database fails, it has one name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import event, text  # noqa: TID251  # whatever a database may answer
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from cms.access.accounts import create_account
from cms.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseTimeout,
    DatabaseUnavailable,
    ReadTimeout,
)
from cms.storage.database import Database
from cms.storage.schema import check_migrated
from tests.builders import Newsroom
from tests.conftest import Templates
from tests.sites import SITE

STATES = {
    "08006": DatabaseUnavailable,
    "25006": DatabaseReadOnly,
    "25P03": DatabaseUnavailable,
    "28P01": DatabaseUnavailable,
    "28000": DatabaseUnavailable,
    "3D000": DatabaseUnavailable,
    "42501": DatabaseUnavailable,
    "40001": DatabaseBusy,
    "40P01": DatabaseBusy,
    "53100": DatabaseFull,
    "53200": DatabaseUnavailable,
    "53300": DatabaseUnavailable,
    "55P03": DatabaseBusy,
    "57P01": DatabaseUnavailable,
    "57P02": DatabaseUnavailable,
    "57P03": DatabaseUnavailable,
    "57P04": DatabaseUnavailable,
    "58030": DatabaseUnavailable,
    "XX001": DatabaseDamaged,
    "XX002": DatabaseDamaged,
}


@pytest.fixture
async def postgres(templates: Templates) -> AsyncIterator[Database]:
    """A database on PostgreSQL."""
    url = await templates.copy("postgresql")
    database = Database(url)
    yield database
    await database.close()
    await templates.drop(url)


@pytest.fixture
async def file(templates: Templates) -> Path:
    """The file of a database on SQLite."""
    return Path((await templates.copy("sqlite")).removeprefix("sqlite:///"))


def _raising(state: str) -> str:
    return f"do $$ begin raise exception 'quoted'  using errcode = '{state}'; end $$"


@pytest.mark.parametrize(("state", "expected"), STATES.items())
async def test_every_state_in_which_a_server_refuses_has_a_name(
    postgres: Database, state: str, expected: type[DatabaseError]
) -> None:
    with pytest.raises(expected):
        async with postgres.transaction() as session:
            await session.execute(text(_raising(state)))
    with pytest.raises(expected):
        async with postgres.reading() as session:
            await session.execute(text(_raising(state)))
    with pytest.raises(expected):
        await postgres.reader.fetch(_raising(state), ())


@pytest.mark.parametrize("state", ["42P01", "22001", "23514", "23502", "P0001", "XX000"])
async def test_a_fault_in_a_statement_is_no_failure_of_the_database(
    postgres: Database, state: str
) -> None:
    with pytest.raises(DBAPIError):
        async with postgres.transaction() as session:
            await session.execute(text(_raising(state)))


async def test_a_statement_on_tables_that_were_changed_can_be_repeated(postgres: Database) -> None:
    chosen = text("select * from counter")
    async with postgres.transaction() as session:
        await session.execute(chosen)
    other = Database(postgres.engine.url.render_as_string(hide_password=False))
    async with other.transaction() as session:
        await session.execute(text("alter table counter add column note text"))
    await other.close()
    with pytest.raises(DatabaseBusy, match="changed meanwhile"):
        async with postgres.transaction() as session:
            await session.execute(chosen)
    async with postgres.transaction() as session:
        await session.execute(chosen)


async def test_a_statement_that_takes_too_long_is_a_timeout(postgres: Database) -> None:
    with pytest.raises(DatabaseTimeout):
        async with postgres.transaction() as session:
            await session.execute(text("set local statement_timeout = 1"))
            await session.execute(text("select pg_sleep(10)"))


async def test_a_pool_without_a_free_connection_is_unavailable(database: Database) -> None:
    pool = database.engine.pool
    pool._timeout = 0.01  # type: ignore[attr-defined]  # else it takes seconds
    most = pool.size() + pool._max_overflow  # type: ignore[attr-defined]  # is nowhere else
    async with asyncio.TaskGroup() as tasks:
        release = asyncio.Event()
        held = [tasks.create_task(_hold(database, release)) for _ in range(most)]
        while pool.checkedout() < len(held):  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0)
        with pytest.raises(DatabaseUnavailable, match="in use"):
            async with database.transaction() as session:
                await session.execute(text("select 1"))
        release.set()


async def test_a_writer_in_a_file_waits_no_longer_for_this_process_than_for_others(
    file: Path,
) -> None:
    database = Database(f"sqlite:///{file}")
    async with database.transaction() as session:
        milliseconds = await session.scalar(text("pragma busy_timeout"))
    assert database.engine.pool._timeout * 1000 == milliseconds  # type: ignore[attr-defined]
    await database.close()


async def _hold(database: Database, release: asyncio.Event) -> None:
    async with database.transaction() as session:
        await session.execute(text("select 1"))
        await release.wait()


async def test_who_writes_the_same_at_the_same_time_is_busy(database: Database) -> None:
    newsroom = Newsroom(database, SITE)
    await newsroom.hire()
    with pytest.raises(DatabaseBusy):
        async with database.transaction() as session:
            await session.execute(text("insert into account select * from account"))
    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.execute(text("insert into account (id) values ('account_x')"))


async def test_a_locked_file_is_busy(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    event.listen(database.engine.sync_engine, "connect", _impatient)
    with closing(sqlite.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(DatabaseBusy, match="try again"):
            async with database.transaction() as session:
                await session.execute(text("select 1"))
    await database.close()


def _impatient(connection: DBAPIConnection, _: object) -> None:
    connection.cursor().execute("pragma busy_timeout = 0")


def _full(connection: DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("pragma page_count")
    found = cursor.fetchone()
    assert found is not None
    cursor.execute(f"pragma max_page_count = {found[0]}")


async def test_a_full_disk_is_named_even_where_it_ends_a_command(file: Path) -> None:
    newsroom = Newsroom(Database(f"sqlite:///{file}"), SITE)
    await newsroom.employ()
    event.listen(newsroom.database.engine.sync_engine, "connect", _full)
    await newsroom.database.engine.dispose()
    with pytest.raises(DatabaseFull, match="free some space"):
        for number in range(100):
            await newsroom.do(newsroom.administrator, create_account, f"{number}@{'x' * 60}.org")
    await newsroom.database.close()


async def test_a_file_that_is_damaged_under_a_reader_is_named(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    with file.open("r+b") as stream:
        stream.seek(100)
        stream.write(b"\xff" * 50_000)
    with pytest.raises(DatabaseDamaged):
        await database.reader.fetch("select count(*) from entry", ())
    with pytest.raises(DatabaseDamaged):
        await check_migrated(database)
    await database.close()


async def test_a_read_that_takes_too_long_is_still_a_read_timeout(database: Database) -> None:
    endless = (
        "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
    )
    database.reader._timeout = 0.05  # type: ignore[attr-defined]  # of the fixture it is longer
    with pytest.raises(ReadTimeout):
        await database.reader.fetch(endless, ())


async def test_what_a_body_raises_is_no_failure_of_the_database(database: Database) -> None:
    for error in (FileNotFoundError("a file"), TimeoutError(), ValueError("x"), ConnectionError()):
        for opened in (database.transaction, database.reading):
            with pytest.raises(type(error)) as raised:
                async with opened():
                    raise error
            assert raised.value is error


async def test_a_file_that_is_missing_stays_missing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/site.db")
    for opened in (database.transaction, database.reading):
        with pytest.raises(DatabaseUnavailable, match="run: copydesk migrate"):
            async with opened() as session:
                await session.execute(text("select 1"))
    with pytest.raises(DatabaseUnavailable):
        await database.reader.fetch("select 1", ())
    await database.close()
    assert os.listdir(tmp_path) == []  # noqa: PTH208
