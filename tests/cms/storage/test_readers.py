"""Connections that only read keep what they read with: statements, pages, no right to write."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import select, text  # noqa: TID251  # asks SQLite for its settings

from cms.errors import ReadTimeout
from cms.storage.database import Database
from cms.storage.dialects import reading
from cms.storage.dialects.durations import RecentDurations
from cms.storage.dialects.failures import PostgresFailures
from cms.storage.dialects.reading import PostgresReader, SqliteReader, connect_to_read
from tests.conftest import Templates

_MEGABYTE = 1024**2


@pytest.fixture
async def sqlite_url(templates: Templates) -> str:
    """The URL of a migrated SQLite file."""
    return await templates.copy("sqlite")


async def setting(database: Database, name: str) -> int:
    """Return a setting of the connections of ``database.reading()``."""
    async with database.reading() as session:
        return int(await session.scalar(text(f"pragma {name}")) or 0)


async def fetched(database: Database, name: str) -> int:
    """Return the same of the connections of ``database.reader``."""
    return int(await database.reader.fetch(f"pragma {name}", []) or 0)


async def test_a_statement_of_any_length_is_prepared_once(database: Database) -> None:
    if not isinstance(database.reader, PostgresReader):
        return  # SQLite's driver keeps statements whatever their length
    one = PostgresReader(database.engine.url, 1, 5.0, PostgresFailures())
    long = f"select json_build_object('a', 1) -- {'x' * 20_000}"
    for _ in range(2):
        assert json.loads(await one.fetch(long, [])) == {"a": 1}
    kept = "select to_json(count(*)) from pg_prepared_statements where length(statement) > 20000"
    assert json.loads(await one.fetch(kept, [])) == 1
    await one.close()


_PROCESS = "select to_json(pg_backend_pid())"
_FOREVER = "select to_json(true) from pg_sleep(1000)"


async def test_a_connection_is_used_again_also_after_a_statement_that_failed(
    database: Database,
) -> None:
    if not isinstance(database.reader, PostgresReader):
        return
    one = PostgresReader(database.engine.url, 1, 5.0, PostgresFailures())
    process = await one.fetch(_PROCESS, [])
    with pytest.raises(asyncpg.UndefinedColumnError):
        await one.fetch("select nothing", [])
    assert await one.fetch(_PROCESS, []) == process
    await one.close()


async def test_a_connection_is_used_again_after_a_request_that_was_cancelled(
    database: Database,
) -> None:
    if not isinstance(database.reader, PostgresReader):
        return
    one = PostgresReader(database.engine.url, 1, 60.0, PostgresFailures())
    process = await one.fetch(_PROCESS, [])
    waiting = asyncio.create_task(one.fetch(_FOREVER, []))
    await _until_it_runs(database)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await one.fetch(_PROCESS, []) == process  # the server has ended the statement
    await one.close()


async def _until_it_runs(database: Database) -> None:
    running = "select to_json(count(*)) from pg_stat_activity where query = $1 and state = 'active'"
    while json.loads(await database.reader.fetch(running, [_FOREVER])) == 0:
        pass


async def test_a_connection_that_was_idle_for_long_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isinstance(database.reader, PostgresReader):
        return
    one = PostgresReader(database.engine.url, 1, 5.0, PostgresFailures())
    process = await one.fetch(_PROCESS, [])
    monkeypatch.setattr(reading, "LONGEST_IDLE", 0.0)
    assert await one.fetch(_PROCESS, []) != process
    await one.close()


async def test_sqlites_readers_keep_a_few_megabytes_and_map_nothing_by_default(
    sqlite_url: str,
) -> None:
    database = Database(sqlite_url)
    assert isinstance(database.reader, SqliteReader)
    for asked in (setting, fetched):
        assert await asked(database, "cache_size") == -3 * 1024
        assert await asked(database, "query_only") == 1
        assert await asked(database, "mmap_size") == 0
    own = database.reader._loop_connection()
    kept, _ = own.fetch("pragma cache_size", [])
    assert int(kept) == -8 * 1024
    await database.close()


async def test_sqlites_readers_map_what_the_settings_allow_and_its_writer_nothing(
    sqlite_url: str,
) -> None:
    database = Database(sqlite_url, sqlite_mmap_megabytes=16)
    for asked in (setting, fetched):
        assert await asked(database, "mmap_size") == 16 * _MEGABYTE
    async with database.transaction() as session:
        assert await session.scalar(text("pragma mmap_size")) == 0
    await database.close()


async def test_a_file_that_is_mapped_is_read_as_any_other(sqlite_url: str) -> None:
    plain, mapped = Database(sqlite_url), Database(sqlite_url, sqlite_mmap_megabytes=1)
    counted = "select json_object('tables', count(*)) from sqlite_schema"
    assert await plain.reader.fetch(counted, []) == await mapped.reader.fetch(counted, [])
    async with mapped.reading() as session:
        assert await session.scalar(select(1)) == 1
    await plain.close()
    await mapped.close()


def test_a_connection_to_read_cannot_write(tmp_path: Path) -> None:
    file = tmp_path / "with space & sign?.db"
    sqlite.connect(file).execute("create table one (value)").connection.close()
    connection = connect_to_read(str(file), 8)
    with pytest.raises(sqlite.OperationalError, match="readonly"):
        connection.execute("insert into one values (1)")
    connection.close()


# Counts to a parameter, which takes long if that is large.
_COUNT = """
with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ?)
select json_object('count', count(*)) from counted
"""


async def test_a_statement_that_was_fast_does_not_keep_the_event_loop_with_other_values(
    sqlite_url: str,
) -> None:
    reader = Database(sqlite_url).reader
    for _ in range(3):  # by now it is run on the event loop
        assert json.loads(await reader.fetch(_COUNT, [1])) == {"count": 1}
    slow = asyncio.create_task(reader.fetch(_COUNT, [3_000_000]))
    other = asyncio.create_task(reader.fetch(_COUNT, [10]))
    done, _ = await asyncio.wait({slow, other}, return_when=asyncio.FIRST_COMPLETED)
    assert done == {other}
    assert json.loads(await slow) == {"count": 3_000_000}
    await reader.close()


async def test_a_statement_on_the_event_loop_is_not_long_when_its_thread_has_to_wait(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(step=0.01)  # as if other programs had run each time
    clocks = SimpleNamespace(monotonic=lambda: next(ticks), thread_time=time.thread_time)
    monkeypatch.setattr(reading, "time", clocks)
    reader = Database(sqlite_url).reader
    assert isinstance(reader, SqliteReader)
    found, _ = reader._loop_connection().fetch(_COUNT, [2_000])
    assert json.loads(found) == {"count": 2_000}
    with pytest.raises(ReadTimeout):
        reader._loop_connection().fetch(_COUNT, [10**9])
    await reader.close()


async def test_a_statement_that_waits_long_for_a_disk_does_not_keep_the_event_loop(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(step=0.2)
    clocks = SimpleNamespace(monotonic=lambda: next(ticks), thread_time=lambda: 0.0)
    monkeypatch.setattr(reading, "time", clocks)
    reader = Database(sqlite_url).reader
    assert isinstance(reader, SqliteReader)
    with pytest.raises(ReadTimeout):
        reader._loop_connection().fetch(_COUNT, [100_000])
    await reader.close()


async def test_a_slow_statement_is_cancelled_after_the_limit_wherever_it_began(
    sqlite_url: str,
) -> None:
    reader = Database(sqlite_url, statement_timeout=0.05).reader
    await reader.fetch(_COUNT, [1])
    await reader.fetch(_COUNT, [1])
    with pytest.raises(ReadTimeout):
        await reader.fetch(_COUNT, [10**9])
    assert json.loads(await reader.fetch(_COUNT, [2])) == {"count": 2}
    await reader.close()


def test_a_single_slow_run_of_a_statement_is_ignored_and_two_are_not() -> None:
    seconds = RecentDurations()
    assert seconds.of("a") == float("inf")
    for each in (1.0, 9.0, 1.0):
        seconds.note("a", each)
        assert seconds.of("a") == 1.0
    seconds.note("a", 8.0)
    seconds.note("a", 9.0)
    assert seconds.of("a") == 8.0
    seconds.note("a", 1.0)
    seconds.note("a", 1.0)
    assert 1.0 < seconds.of("a") < 8.0  # it decreases gradually
    seconds.note_excess("a", 5.0)
    assert seconds.of("a") == 5.0
    assert seconds.of("b") == float("inf")


async def test_one_client_leaves_connections_to_the_others(sqlite_url: str) -> None:
    reader = Database(sqlite_url, readers=4).reader
    slow = [asyncio.create_task(reader.fetch(_COUNT, [10**9], "a")) for _ in range(8)]
    await reader.fetch(_COUNT, [1], "b")
    quick = [reader.fetch(f"{_COUNT} -- {n}", [1], "b") for n in range(8)]
    assert [json.loads(each) for each in await asyncio.gather(*quick)] == [{"count": 1}] * 8
    assert not any(each.done() and not each.exception() for each in slow)
    for each in slow:
        each.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    await reader.close()
