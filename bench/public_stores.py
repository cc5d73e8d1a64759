"""Databases in which a variant's tables are written and read; see :mod:`bench.public`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import asyncpg
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine import make_url

from bench.handwritten import Fetch, fetch_from_postgresql, fetch_from_sqlite
from cms.storage.dialects.reading import connect_to_read

Statement: TypeAlias = tuple[str, Sequence[Any]]


class Store(Protocol):
    """A database of its own for one variant.

    Attributes:
        dialect: the words of its statements.
        is_sqlite: whether it is an SQLite file.
    """

    dialect: Dialect
    is_sqlite: bool

    async def run(self, sql: str) -> None:
        """Run a statement that defines something."""

    async def load(self, table: Table, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows."""

    async def write(self, statements: Sequence[Statement]) -> None:
        """Run a few statements in a transaction."""

    async def size(self) -> int:
        """Return the bytes of all tables and indexes."""

    async def settle(self) -> None:
        """Do what a database does by itself some time after many writes."""

    async def reader(self) -> Fetch:
        """Return how statements read it."""

    def placeholder(self, number: int) -> str:
        """Return a parameter, counted from one."""


class SqliteStore:
    """An SQLite file, with the settings of the product but without waiting for the disk."""

    dialect: Dialect = sqlite_dialect.dialect()
    is_sqlite = True

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection = sqlite.connect(file, isolation_level=None)
        for pragma in ("journal_mode=wal", "synchronous=normal", "foreign_keys=on"):
            self._connection.execute(f"pragma {pragma}")

    async def run(self, sql: str) -> None:
        """Run a statement that defines something."""
        self._connection.execute(sql)

    async def load(self, table: Table, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows."""
        parameters = ", ".join("?" for _ in table.columns)
        self._connection.execute("begin")
        self._connection.executemany(f"insert into {table.name} values ({parameters})", rows)
        self._connection.execute("commit")

    async def write(self, statements: Sequence[Statement]) -> None:
        """Run a few statements in a transaction."""
        self._connection.execute("begin immediate")
        for sql, values in statements:
            self._connection.execute(sql, values)
        self._connection.execute("commit")

    async def size(self) -> int:
        """Return the bytes of all tables and indexes."""
        ((pages,),) = self._connection.execute("pragma page_count")
        ((page,),) = self._connection.execute("pragma page_size")
        return int(pages * page)

    async def settle(self) -> None:
        """Do what a database does by itself some time after many writes."""
        self._connection.execute("analyze")
        self._connection.execute("drop table if exists sqlite_stat4")  # as the product does
        self._connection.execute("pragma wal_checkpoint(truncate)")

    async def reader(self) -> Fetch:
        """Return how statements read it."""
        return fetch_from_sqlite(connect_to_read(str(self._file), 0))

    def placeholder(self, number: int) -> str:
        """Return a parameter, counted from one."""
        return f"?{number}"


class PostgresStore:
    """A PostgreSQL database, with commits that do not wait for the disk."""

    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    is_sqlite = False

    def __init__(self, url: str, connection: asyncpg.Connection) -> None:
        self._url = url
        self._connection = connection

    async def run(self, sql: str) -> None:
        """Run a statement that defines something."""
        await self._connection.execute(sql)

    async def load(self, table: Table, rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows."""
        await self._connection.copy_records_to_table(table.name, records=rows)

    async def write(self, statements: Sequence[Statement]) -> None:
        """Run a few statements in a transaction."""
        async with self._connection.transaction():
            for sql, values in statements:
                await self._connection.execute(sql, *values)

    async def size(self) -> int:
        """Return the bytes of all tables and indexes."""
        sql = "select sum(pg_total_relation_size(relid)) from pg_stat_user_tables"
        return int(await self._connection.fetchval(sql) or 0)

    async def settle(self) -> None:
        """Do what a database does by itself some time after many writes."""
        await self._connection.execute("vacuum analyze")

    async def reader(self) -> Fetch:
        """Return how statements read it."""
        return await fetch_from_postgresql(self._url)

    def placeholder(self, number: int) -> str:
        """Return a parameter, counted from one."""
        return f"${number}"


async def open_store(kind: str, url: str, name: str) -> Store:
    """Return an empty database beside another one.

    Args:
        kind: ``sqlite`` or ``postgresql``.
        url: the other database.
        name: name of the new one.
    """
    if kind == "sqlite":
        file = Path(make_url(url).database or "").with_name(f"{name}.db")
        return SqliteStore(file)
    beside = await asyncpg.connect(url)
    await beside.execute(f'create database "{name}"')
    await beside.close()
    own = make_url(url).set(database=name).render_as_string(hide_password=False)
    settings = {"synchronous_commit": "off", "timezone": "UTC"}
    return PostgresStore(own, await asyncpg.connect(own, server_settings=settings))
