"""Engines and readers for a database URL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol
from urllib.parse import quote

import aiosqlite
import asyncpg
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, event, make_url, text  # noqa: TID251  # has no expression
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cms.errors import DatabaseError
from cms.private_files import make_private_database, make_private_file, make_private_folder
from cms.storage.dialects.failures import (
    Failures,
    PostgresFailures,
    SqliteFailures,
    check_writable,
    name_failures,
    named,
)
from cms.storage.dialects.reading import (
    CONNECT_SECONDS,
    PostgresReader,
    Reader,
    SqliteReader,
    connect_to_read,
)

_READING_CONNECTIONS = 4
# How long a writer waits for those before it: in this process for the one connection, and in all
# others for the lock of the file.
_WRITER_SECONDS = 5


class Backend(Protocol):
    """One kind of database."""

    def engine(self) -> AsyncEngine:
        """Return an engine whose transactions may write."""

    def reading_engine(self, engine: AsyncEngine) -> AsyncEngine:
        """Return an engine whose transactions see one snapshot and cannot write."""

    def reader(self, connections: int, timeout: float) -> Reader:
        """Return a reader with at most this many connections."""

    @property
    def failures(self) -> Failures:
        """The classification of failures."""

    def make(self) -> None:
        """Create an empty database if there is none and it is a file.

        Raises:
            DatabaseError: if it cannot be created.
        """


def backend(database_url: str, sqlite_mmap_megabytes: int = 0) -> Backend:
    """Return the backend of a ``COPYDESK_DATABASE_URL``.

    Args:
        database_url: the URL.
        sqlite_mmap_megabytes: the maximum size of an SQLite file that its readers map into memory.

    Raises:
        DatabaseError: if it names neither an SQLite file nor a PostgreSQL database.
    """
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):  # their messages quote it, with the password
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
    """Check that the driver supports every option after the question mark."""
    known = set(signature(asyncpg.connect).parameters)
    if unknown := sorted(url.query.keys() - known):
        message = (
            f"COPYDESK_DATABASE_URL has options unknown to asyncpg: {', '.join(unknown)}; "
            "remove them (the option for TLS is ssl)"
        )
        raise DatabaseError(message)


class SqliteBackend:
    """An SQLite file with one connection for writes and several for reads."""

    def __init__(self, file: str, mapped_megabytes: int) -> None:
        self._file = file
        self._mapped_megabytes = mapped_megabytes
        self.failures: Failures = SqliteFailures(file)

    def make(self) -> None:
        """Create the missing folder and file, accessible only by their owner."""
        folder = Path(self._file).parent
        try:
            make_private_folder(folder)
        except OSError as error:
            message = f"the folder {folder} cannot be created ({error.strerror}); create it first"
            raise DatabaseError(message) from None
        with suppress(OSError):  # SQLite tells in its own words why it cannot open the file
            make_private_file(Path(self._file))
        with named(self.failures):
            sqlite.connect(self._file).close()

    def engine(self) -> AsyncEngine:
        """Return an engine with one connection, so that writers of this process queue."""
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=self._file),
            module=AsyncAdapt_aiosqlite_dbapi(_driver(_connect_to_write), sqlite),
            pool_size=1,
            max_overflow=0,
            pool_timeout=_WRITER_SECONDS,
            hide_parameters=True,  # they can be hashes of passwords
        )
        # A transaction that reads first and writes later meets "database is locked" at once,
        # whatever the timeout; one that begins as a writer waits its turn.
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        name_failures(engine.sync_engine, self.failures)
        return engine

    def reading_engine(self, engine: AsyncEngine) -> AsyncEngine:
        """Return an engine with read-only connections."""
        del engine  # a writer that reads would keep other writers waiting
        reading = create_async_engine(
            URL.create("sqlite+aiosqlite", database=self._file),
            module=AsyncAdapt_aiosqlite_dbapi(_driver(self._connect_to_read), sqlite),
            pool_size=_READING_CONNECTIONS,
            hide_parameters=True,
        )
        event.listen(reading.sync_engine, "begin", _begin)
        name_failures(reading.sync_engine, self.failures)
        return reading

    def reader(self, connections: int, timeout: float) -> SqliteReader:
        """Return a reader of the file."""
        return SqliteReader(self._file, connections, timeout, self.failures, self._mapped_megabytes)

    def _connect_to_read(self, file: str, **_: object) -> aiosqlite.Connection:
        return _Connection(
            lambda: connect_to_read(file, self._mapped_megabytes), iter_chunk_size=64
        )


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("begin")


def _driver(connect: Callable[..., aiosqlite.Connection]) -> Any:
    """Return aiosqlite's interface on top of pysqlite3."""
    names = ("DatabaseError", "Error", "IntegrityError", "NotSupportedError", "OperationalError")
    return SimpleNamespace(
        Connection=_Connection,
        __version__=aiosqlite.__version__,
        connect=connect,
        ProgrammingError=sqlite.ProgrammingError,
        sqlite_version=sqlite.sqlite_version,
        sqlite_version_info=sqlite.sqlite_version_info,
        **{name: getattr(sqlite, name) for name in names},
    )


class _Connection(aiosqlite.Connection):
    """A connection whose :meth:`stop` never blocks after its thread has ended.

    aiosqlite keeps the thread of a connection that could not be opened, which fails again if the
    event loop ends first. A second :meth:`stop` would block forever, and SQLAlchemy stops a
    connection twice if it is terminated while waiting for a lock.
    """

    def stop(self) -> asyncio.Future[None] | None:
        return super().stop() if self._running else None

    async def _connect(self) -> aiosqlite.Connection:
        try:
            return await super()._connect()
        except BaseException:
            self._thread.join()  # it was asked to end, and does so at once
            raise


def _connect_to_write(file: str, **_: object) -> aiosqlite.Connection:
    check_writable(Path(file))
    # Only `migrate` makes a database: one that is missing stays missing, rather than empty.
    pragmas = (
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        "trusted_schema=off",
        f"busy_timeout={_WRITER_SECONDS * 1000}",
    )
    return _Connection(lambda: _opened(file, pragmas), iter_chunk_size=64)


def _opened(file: str, pragmas: Iterable[str]) -> sqlite.Connection:
    # SQLite gives a new file beside it the mode of the file itself.
    make_private_database(file)
    connection = sqlite.connect(
        f"file:{quote(file)}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    for pragma in pragmas:
        connection.execute(f"pragma {pragma}")
    return connection


class PostgresBackend:
    """A database on a PostgreSQL server, version 15 or newer."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self.failures: Failures = PostgresFailures()

    def make(self) -> None:
        """Do nothing: an administrator of the server creates databases."""

    def engine(self) -> AsyncEngine:
        """Return an engine with a pool of connections."""
        engine = create_async_engine(
            self._url,
            pool_pre_ping=True,
            hide_parameters=True,  # they can be hashes of passwords
            connect_args={
                "timeout": CONNECT_SECONDS,
                "server_settings": {
                    "application_name": "copydesk",
                    "idle_in_transaction_session_timeout": "60000",
                    "jit": "off",
                    "lock_timeout": "5000",
                    "statement_timeout": "30000",
                    "timezone": "UTC",
                },
            },
        )
        name_failures(engine.sync_engine, self.failures)
        return engine

    def reading_engine(self, engine: AsyncEngine) -> AsyncEngine:
        """Return the same engine, with read-only transactions."""
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def reader(self, connections: int, timeout: float) -> PostgresReader:
        """Return a reader of the database."""
        return PostgresReader(self._url, connections, timeout, self.failures)


def refresh_statistics(connection: Connection) -> None:
    """Refresh the planner statistics of the database, after large changes."""
    connection.execute(text("analyze"))
    if connection.dialect.name == "sqlite":
        _drop_samples(connection)


def refresh_stale_statistics(connection: Connection) -> None:
    """Refresh the statistics of tables that have grown much."""
    # PostgreSQL does so by itself.
    if connection.dialect.name == "sqlite":
        # All tables, not only those that this connection has read from.
        connection.execute(text("pragma optimize = 0x10002"))
        _drop_samples(connection)


def _drop_samples(connection: Connection) -> None:
    # With samples of values, SQLite prepares a statement anew for every value bound to it, which
    # takes longer than to run it.
    connection.execute(text("drop table if exists sqlite_stat4"))


def lock_schema(connection: Connection) -> None:
    """Lock out migrations of other processes until this transaction ends."""
    # On SQLite every transaction of ours is the only writer already.
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "lock_timeout"):
            connection.execute(text(f"set local {limit} = 0"))
        connection.execute(text("select pg_advisory_xact_lock(hashtext('copydesk.schema'))"))


def index_names(connection: Connection, table: str) -> set[str]:
    """Return the names of a table's indexes, including those on expressions."""
    query = {
        # SQLAlchemy leaves out SQLite's indexes over expressions.
        "sqlite": "select name from sqlite_schema where type = 'index' and tbl_name = :table",
        "postgresql": (
            "select indexname from pg_indexes "
            "where schemaname = current_schema() and tablename = :table"
        ),
    }[connection.dialect.name]
    return set(connection.scalars(text(query), {"table": table}))
