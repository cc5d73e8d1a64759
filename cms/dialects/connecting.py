"""Engines and readers for the database that a URL names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import aiosqlite
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, event, make_url, text  # noqa: TID251  # has no expression
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cms.dialects.reading import PostgresReader, Reader, SqliteReader, connect_to_read
from cms.errors import DatabaseError
from cms.private_files import make_private, make_private_file, make_private_folder

_READING_CONNECTIONS = 4


class Backend(Protocol):
    """One kind of database."""

    def engine(self) -> AsyncEngine:
        """Return an engine whose transactions may write."""

    def reading_engine(self, engine: AsyncEngine) -> AsyncEngine:
        """Return an engine whose transactions see one snapshot and cannot write."""

    def reader(self, connections: int, timeout: float) -> Reader:
        """Return a reader with this many connections, at most."""

    def make_folder(self) -> None:
        """Make the folder that the database is to be in, if it is a file.

        Raises:
            DatabaseError: if it cannot be made.
        """


def backend(database_url: str, sqlite_mmap_megabytes: int = 0) -> Backend:
    """Return what a ``COPYDESK_DATABASE_URL`` names.

    Args:
        database_url: the URL.
        sqlite_mmap_megabytes: how much of an SQLite file its readers map into memory, at most.

    Raises:
        DatabaseError: when it names neither an SQLite file nor a PostgreSQL database.
    """
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        # Without the URL itself, which can hold a password.
        raise DatabaseError(
            "COPYDESK_DATABASE_URL is not a database URL; write sqlite:///<file> "
            "or postgresql://<user>@<host>/<name>"
        ) from None
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return SqliteBackend(str(Path(url.database).resolve()), sqlite_mmap_megabytes)
        case "postgresql":
            return PostgresBackend(url.set(drivername="postgresql+asyncpg"))
        case _:
            raise DatabaseError(
                f"{url.render_as_string()!r} is neither sqlite:///<file> "
                "nor postgresql://<user>@<host>/<name>"
            )


class SqliteBackend:
    """A file: one writing connection, and a few that read."""

    def __init__(self, file: str, mapped_megabytes: int) -> None:
        self._file = file
        self._mapped_megabytes = mapped_megabytes

    def engine(self) -> AsyncEngine:
        """Return an engine with one connection, so that writers of this process queue."""
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=self._file),
            module=AsyncAdapt_aiosqlite_dbapi(_driver(_connect_to_write), sqlite),
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,  # they can be hashes of passwords
        )
        # A transaction that reads first and writes later meets "database is locked" at once,
        # whatever the timeout; one that begins as a writer waits its turn.
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return engine

    def reading_engine(self, engine: AsyncEngine) -> AsyncEngine:
        """Return an engine with connections that can only read."""
        del engine  # a writer that reads would keep other writers waiting
        reading = create_async_engine(
            URL.create("sqlite+aiosqlite", database=self._file),
            module=AsyncAdapt_aiosqlite_dbapi(_driver(self._connect_to_read), sqlite),
            pool_size=_READING_CONNECTIONS,
            hide_parameters=True,
        )
        event.listen(reading.sync_engine, "begin", _begin)
        return reading

    def reader(self, connections: int, timeout: float) -> SqliteReader:
        """Return a reader of the file."""
        return SqliteReader(self._file, connections, timeout, self._mapped_megabytes)

    def _connect_to_read(self, file: str, **_: object) -> aiosqlite.Connection:
        return aiosqlite.Connection(
            lambda: connect_to_read(file, self._mapped_megabytes), iter_chunk_size=64
        )

    def make_folder(self) -> None:
        """Make the folder of the file, for its owner alone."""
        folder = Path(self._file).parent
        try:
            make_private_folder(folder)
        except OSError as error:
            message = f"the folder {folder} cannot be made ({error.strerror}); make it yourself"
            raise DatabaseError(message) from None


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("begin")


def _driver(connect: Callable[..., aiosqlite.Connection]) -> Any:
    """Return aiosqlite's interface with pysqlite3 beneath."""
    names = ("DatabaseError", "Error", "IntegrityError", "NotSupportedError", "OperationalError")
    return SimpleNamespace(
        Connection=aiosqlite.Connection,
        __version__=aiosqlite.__version__,
        connect=connect,
        ProgrammingError=sqlite.ProgrammingError,
        sqlite_version=sqlite.sqlite_version,
        sqlite_version_info=sqlite.sqlite_version_info,
        **{name: getattr(sqlite, name) for name in names},
    )


def _connect_to_write(file: str, **_: object) -> aiosqlite.Connection:
    def connect() -> sqlite.Connection:
        _make_private(file)
        connection = sqlite.connect(file, isolation_level=None, check_same_thread=False)
        for pragma in (
            "journal_mode=wal",
            "synchronous=full",
            "foreign_keys=on",
            "trusted_schema=off",
            "busy_timeout=5000",
        ):
            connection.execute(f"pragma {pragma}")
        return connection

    if not Path(file).parent.is_dir():
        # Said here, since what fails in aiosqlite's thread outlives the event loop.
        raise sqlite.OperationalError(f"there is no folder {Path(file).parent}")
    return aiosqlite.Connection(connect, iter_chunk_size=64)


def _make_private(file: str) -> None:
    """Let only the owner open the file and those that SQLite keeps beside it."""
    with suppress(OSError):  # SQLite tells in its own words why it cannot open the file
        make_private_file(Path(file))
    # SQLite gives a new file beside it the mode of the file itself.
    for suffix in ("", "-wal", "-shm", "-journal"):
        make_private(Path(f"{file}{suffix}"))


class PostgresBackend:
    """A database on a PostgreSQL server, version 15 or newer."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def engine(self) -> AsyncEngine:
        """Return an engine with a pool of connections."""
        return create_async_engine(
            self._url,
            pool_pre_ping=True,
            hide_parameters=True,  # they can be hashes of passwords
            connect_args={
                "server_settings": {
                    "application_name": "copydesk",
                    "idle_in_transaction_session_timeout": "60000",
                    "jit": "off",
                    "lock_timeout": "5000",
                    "statement_timeout": "30000",
                    "timezone": "UTC",
                }
            },
        )

    def reading_engine(self, engine: AsyncEngine) -> AsyncEngine:
        """Return the same engine, with read-only transactions."""
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def reader(self, connections: int, timeout: float) -> PostgresReader:
        """Return a reader of the database."""
        return PostgresReader(self._url, connections, timeout)

    def make_folder(self) -> None:
        """Do nothing: the server has its own."""


def refresh_statistics(connection: Connection) -> None:
    """Let the database look at its data, so that it plans well; after much has changed."""
    connection.execute(text("analyze"))
    if connection.dialect.name == "sqlite":
        _drop_samples(connection)


def refresh_stale_statistics(connection: Connection) -> None:
    """Let the database look at what has grown by far since it last did."""
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
    """Let no other process migrate until this transaction ends, however long it takes."""
    # On SQLite every transaction of ours is the only writer already.
    if connection.dialect.name == "postgresql":
        for limit in ("statement_timeout", "lock_timeout"):
            connection.execute(text(f"set local {limit} = 0"))
        connection.execute(text("select pg_advisory_xact_lock(hashtext('copydesk.schema'))"))


def index_names(connection: Connection, table: str) -> set[str]:
    """Return the names of a table's indexes, those over expressions among them."""
    query = {
        # SQLAlchemy leaves out SQLite's indexes over expressions.
        "sqlite": "select name from sqlite_schema where type = 'index' and tbl_name = :table",
        "postgresql": (
            "select indexname from pg_indexes "
            "where schemaname = current_schema() and tablename = :table"
        ),
    }[connection.dialect.name]
    return set(connection.scalars(text(query), {"table": table}))


# Somebody else was there first: a deadlock, a lock not had in time, a conflict of snapshots.
_CONFLICTS = frozenset({"40001", "40P01", "55P03"})


def is_worth_another_try(error: DBAPIError) -> bool:
    """Say whether a transaction failed only because of another one at the same time."""
    original = error.orig
    return (
        isinstance(error, IntegrityError)
        or getattr(original, "sqlstate", None) in _CONFLICTS
        or "database is locked" in str(original)
    )
