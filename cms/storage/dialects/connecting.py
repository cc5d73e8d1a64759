"""Engines and readers for the database of a URL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import orjson
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, event, make_url, text  # noqa: TID251  # has no expression
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cms.errors import DatabaseError
from cms.private_files import make_private_database, make_private_file, make_private_folder
from cms.storage.dialects.durations import RecentDurations
from cms.storage.dialects.erasing import rewrite_file, vacuum_tables
from cms.storage.dialects.failures import (
    Failures,
    PostgresFailures,
    SqliteFailures,
    check_writable,
    translate_engine_failures,
    translate_failures,
)
from cms.storage.dialects.reading import (
    CONNECT_SECONDS,
    PLANNING,
    PostgresReader,
    Reader,
    SqliteReader,
    connect_to_read,
)
from cms.storage.dialects.sqlite_driver import BEGIN_IMMEDIATE, DRIVER

_READING_CONNECTIONS = 4
# Connections to PostgreSQL for commands and questions, at most.
_CONNECTIONS = 15
# Seconds that a writer waits for other writers: for the one connection of this process, and for
# the file lock held by other processes.
_WRITER_SECONDS = 5


class Backend(Protocol):
    """A database system: SQLite or PostgreSQL.

    Attributes:
        is_file: whether the database is a file, which the processes of one machine share.
    """

    is_file: bool

    def engine(self) -> AsyncEngine:
        """Return an engine whose transactions may write."""

    def reading_engines(self, engine: AsyncEngine) -> tuple[AsyncEngine, AsyncEngine]:
        """Return an engine whose transactions read one snapshot, and one for single questions.

        Args:
            engine: the engine whose transactions write.
        """

    def reader(self, connections: int, timeout: float) -> Reader:
        """Return a reader with at most this many connections.

        Args:
            connections: maximum number of connections.
            timeout: seconds after which a statement is cancelled.
        """

    @property
    def failures(self) -> Failures:
        """Translation of the driver's exceptions to those of :mod:`cms.errors`."""

    def make(self) -> None:
        """Create an empty database if there is none and the database is a file.

        Raises:
            DatabaseError: if it cannot be created.
        """

    async def erase_deleted(self, engine: AsyncEngine) -> bool:
        """Remove what was deleted from the files of the database, and return whether all of it is.

        Args:
            engine: the engine whose transactions write.
        """


def backend(database_url: str, sqlite_mmap_megabytes: int = 0) -> Backend:
    """Return the backend for a ``COPYDESK_DATABASE_URL``.

    Args:
        database_url: the URL.
        sqlite_mmap_megabytes: maximum size of the part of an SQLite file that readers map into
            memory, in MiB.

    Raises:
        DatabaseError: if it is not the URL of an SQLite file or a PostgreSQL database.
    """
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):  # their messages contain the URL, with the password
        raise DatabaseError(f"COPYDESK_DATABASE_URL is not a URL; {_URLS}") from None
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return SqliteBackend(str(Path(url.database).resolve()), sqlite_mmap_megabytes)
        case "postgresql":
            _check_options(url)
            return PostgresBackend(url.set(drivername="postgresql+asyncpg"))
        case "sqlite":
            raise DatabaseError(f"COPYDESK_DATABASE_URL names no file; {_URLS}")
        case name:
            raise DatabaseError(f"{name} in COPYDESK_DATABASE_URL is not supported; {_URLS}")


_URLS = "use sqlite:///<file> or postgresql://<user>@<host>/<name>"


def _check_options(url: URL) -> None:
    """Check that the driver accepts every option in the query of the URL.

    Raises:
        DatabaseError: if it does not.
    """
    import asyncpg  # noqa: PLC0415  # not for SQLite

    known = set(signature(asyncpg.connect).parameters)
    if unknown := sorted(url.query.keys() - known):
        message = (
            f"COPYDESK_DATABASE_URL has options unknown to asyncpg: {', '.join(unknown)}; "
            "remove them (the option for TLS is ssl)"
        )
        raise DatabaseError(message)


class SqliteBackend:
    """An SQLite file, with one writing connection and a few reading ones."""

    is_file = True

    def __init__(self, file: str, mapped_megabytes: int) -> None:
        self._file = file
        self._mapped_megabytes = mapped_megabytes
        self.failures: Failures = SqliteFailures(file)

    def make(self) -> None:
        """Create the folder and an empty file, readable by their owner only, if missing."""
        folder = Path(self._file).parent
        try:
            make_private_folder(folder)
        except OSError as error:
            message = f"the folder {folder} cannot be created ({error.strerror}); create it first"
            raise DatabaseError(message) from None
        with suppress(OSError):  # connecting raises a more precise error below
            make_private_file(Path(self._file))
        with translate_failures(self.failures):
            sqlite.connect(self._file).close()

    async def erase_deleted(self, engine: AsyncEngine) -> bool:
        """Rewrite the file, and empty its log; return whether the log is empty."""
        del engine  # its only connection is in a transaction whenever it is used
        return await asyncio.to_thread(lambda: rewrite_file(_open_to_write(self._file, _PRAGMAS)))

    def engine(self) -> AsyncEngine:
        """Return an engine with one connection, so that writers of this process queue."""
        engine = create_async_engine(
            URL.create(DRIVER, database=self._file),
            connect_args={"open_file": self._open_to_write, "durations": RecentDurations()},
            json_serializer=_json_of,
            pool_size=1,
            max_overflow=0,
            pool_timeout=_WRITER_SECONDS,
            hide_parameters=True,  # they can be hashes of passwords
        )
        # A transaction that reads first and writes later can fail with "database is locked" at
        # once, regardless of the timeout; one that begins as a writer waits for the lock.
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        translate_engine_failures(engine.sync_engine, self.failures)
        return engine

    def reading_engines(self, engine: AsyncEngine) -> tuple[AsyncEngine, AsyncEngine]:
        """Return an engine with connections that can only read, for both."""
        del engine  # reads on its only connection would block writers
        reading = create_async_engine(
            URL.create(DRIVER, database=self._file),
            connect_args={"open_file": self._open_to_read, "durations": RecentDurations()},
            pool_size=_READING_CONNECTIONS,
            hide_parameters=True,
        )
        event.listen(reading.sync_engine, "begin", _begin)
        translate_engine_failures(reading.sync_engine, self.failures)
        return reading, reading

    def reader(self, connections: int, timeout: float) -> SqliteReader:
        """Return a reader of the file."""
        return SqliteReader(self._file, connections, timeout, self.failures, self._mapped_megabytes)

    def _open_to_write(self) -> sqlite.Connection:
        check_writable(Path(self._file))
        # Only `migrate` creates a database, so a missing file is an error, not an empty database.
        return _open_to_write(self._file, _PRAGMAS)

    def _open_to_read(self) -> sqlite.Connection:
        return connect_to_read(self._file, self._mapped_megabytes)


def _json_of(value: object) -> str:
    try:
        return orjson.dumps(value, option=_ONLY_JSON).decode()
    except TypeError:  # nested too deeply for it, or an integer beyond 64 bits
        return json.dumps(value)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql(BEGIN_IMMEDIATE)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("begin")


# The smallest number of rows that SQLite plans for. A table with fewer is scanned, not searched,
# and would be until the next start, however many rows a new site gets by then.
_FEWEST_ROWS = 1_000
# The number of rows is the first number of the statistics of a table and of each of its indexes.
_AT_LEAST = """
update sqlite_stat1
set stat = :rows || substr(stat, instr(stat || ' ', ' '))
where tbl in (
    select tbl from sqlite_stat1 group by tbl having max(cast(stat as integer)) < :rows
)
"""
_ONLY_JSON = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_PRAGMAS = (
    "journal_mode=wal",
    "synchronous=full",
    "foreign_keys=on",
    "trusted_schema=off",
    "cache_size=-16384",  # in KiB; by default, the pages of a large site's indexes leave it
    "secure_delete=on",  # so that what is purged is not left in free space
    f"busy_timeout={_WRITER_SECONDS * 1000}",
)


def _open_to_write(file: str, pragmas: Iterable[str]) -> sqlite.Connection:
    # SQLite creates its -wal and -shm files with the mode of the database file.
    make_private_database(file)
    connection = sqlite.connect(
        f"file:{quote(file)}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    for pragma in pragmas:
        connection.execute(f"pragma {pragma}")
    return connection


class PostgresBackend:
    """A database on a PostgreSQL server, version 15 or newer."""

    is_file = False

    def __init__(self, url: URL) -> None:
        self._url = url
        self.failures: Failures = PostgresFailures()

    def make(self) -> None:
        """Do nothing: the server's administrator creates databases."""

    async def erase_deleted(self, engine: AsyncEngine) -> bool:
        """Vacuum all tables."""
        await vacuum_tables(engine)
        return True

    def engine(self) -> AsyncEngine:
        """Return an engine with a pool of connections."""
        engine = create_async_engine(
            self._url,
            json_serializer=_json_of,
            hide_parameters=True,  # they can be hashes of passwords
            pool_size=_CONNECTIONS,  # opening one takes longer than a command, so none is closed
            max_overflow=0,
            pool_recycle=300,  # seconds after which a router may have forgotten a connection
            connect_args={
                "timeout": CONNECT_SECONDS,
                "server_settings": {
                    **PLANNING,
                    "application_name": "copydesk",
                    "idle_in_transaction_session_timeout": "60000",
                    "lock_timeout": "5000",
                    "statement_timeout": "30000",
                    "timezone": "UTC",
                },
            },
        )
        event.listen(engine.sync_engine, "checkout", _check_open)
        translate_engine_failures(engine.sync_engine, self.failures)
        return engine

    def reading_engines(self, engine: AsyncEngine) -> tuple[AsyncEngine, AsyncEngine]:
        """Return the same engine, with read-only transactions and as it is."""
        read = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return engine.execution_options(**read), engine

    def reader(self, connections: int, timeout: float) -> PostgresReader:
        """Return a reader of the database."""
        return PostgresReader(self._url, connections, timeout, self.failures)


def _check_open(connection: Any, *_: object) -> None:
    """Check that the server has not closed a connection of the pool.

    The driver notices it, so no round trip is needed, as for ``pool_pre_ping``.

    Raises:
        InvalidatePoolError: if it has; then the pool opens new connections.
    """
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def refresh_statistics(connection: Connection) -> None:
    """Refresh the planner statistics of all tables; call it after large changes."""
    lift_time_limit(connection)
    connection.execute(text("analyze"))
    if connection.dialect.name == "sqlite":
        _correct(connection)


def refresh_stale_statistics(connection: Connection) -> None:
    """Refresh the planner statistics of tables that have grown much since the last time."""
    # PostgreSQL does this by itself (autovacuum).
    if connection.dialect.name == "sqlite":
        # The flag 0x10000 includes tables that this connection has not read from.
        connection.execute(text("pragma optimize = 0x10002"))
        _correct(connection)


def _correct(connection: Connection) -> None:
    """Correct statistics that make statements slower."""
    # FTS5 deletes ranges of its blocks. If statistics say that there are few, SQLite scans all of
    # them for each range, and they are many soon.
    noted = "select 1 from sqlite_schema where name = 'sqlite_stat1'"
    if connection.scalar(text(noted)):
        many = "update sqlite_stat1 set stat = '1000000' where tbl = 'search_index_data'"
        connection.execute(text(many))
        connection.execute(text(_AT_LEAST), {"rows": _FEWEST_ROWS})
        connection.execute(text("analyze sqlite_schema"))  # which reads them again
    # With samples in sqlite_stat4, SQLite prepares a statement again for every bound value, which
    # takes longer than running it.
    connection.execute(text("drop table if exists sqlite_stat4"))


def lift_time_limit(connection: Connection) -> None:
    """Let this transaction, and its statements, take as long as the site is large."""
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"set local {limit} = 0"))


def lock_schema(connection: Connection) -> None:
    """Lock the schema until this transaction ends, so that processes migrate one at a time."""
    # On SQLite, a write transaction is exclusive already.
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "lock_timeout"):
            connection.execute(text(f"set local {limit} = 0"))
        connection.execute(text("select pg_advisory_xact_lock(hashtext('copydesk.schema'))"))


def index_names(connection: Connection, table: str) -> set[str]:
    """Return the names of a table's indexes, including those over expressions."""
    query = {
        # SQLAlchemy's inspector skips indexes over expressions on SQLite.
        "sqlite": "select name from sqlite_schema where type = 'index' and tbl_name = :table",
        "postgresql": (
            "select indexname from pg_indexes "
            "where schemaname = current_schema() and tablename = :table"
        ),
    }[connection.dialect.name]
    return set(connection.scalars(text(query), {"table": table}))
