"""Connections that only read keep what they read with: statements, pages, no right to write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import select, text  # noqa: TID251  # asks SQLite for its settings

from cms.database import Database
from cms.dialects.reading import PostgresReader, SqliteReader, connect_to_read
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
    one = PostgresReader(database.engine.url, 1, 5.0)
    long = f"select json_build_object('a', 1) -- {'x' * 20_000}"
    for _ in range(2):
        assert json.loads(await one.fetch(long, [])) == {"a": 1}
    kept = "select to_json(count(*)) from pg_prepared_statements where length(statement) > 20000"
    assert json.loads(await one.fetch(kept, [])) == 1
    await one.close()


async def test_sqlites_readers_keep_64_megabytes_and_map_nothing_by_default(
    sqlite_url: str,
) -> None:
    database = Database(sqlite_url)
    assert isinstance(database.reader, SqliteReader)
    for asked in (setting, fetched):
        assert await asked(database, "cache_size") == -64 * 1024
        assert await asked(database, "query_only") == 1
        assert await asked(database, "mmap_size") == 0
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
