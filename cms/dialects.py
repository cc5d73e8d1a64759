"""What differs between SQLite and PostgreSQL when storing and connecting.

A caller names what it wants, and this module says it in each database's words. Nothing else
in ``cms`` asks which database it is.

SQLite comes from the ``pysqlite3`` wheel, for writing and for reading alike. The one that
Python bundles is often older than 3.51.3, and can then lose commits when two connections
write at once (https://sqlite.org/wal.html#walreset). Two copies of SQLite in one process
must not open the same file, since each drops the other's locks
(https://sqlite.org/howtocorrupt.html, section 2.2.1), hence one driver for both.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol
from urllib.parse import quote

import aiosqlite
import asyncpg
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, Dialect, Index, Text, event, make_url, text  # noqa: TID251  # see below
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite import JSONB as SQLITE_JSONB
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator, TypeEngine

from cms.clock import to_milliseconds
from cms.errors import DatabaseError, ReadTimeout

# --- Columns -----------------------------------------------------------------------------

# Text that is compared and ordered by its code points, on both databases.
Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Words = Key
JsonDocument = SQLITE_JSONB(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)
# A table option: rows lie in the order of the primary key, where the database can do that.
CLUSTERED = {"sqlite_with_rowid": False}


class Moment(TypeDecorator[datetime]):
    """A point in time, in UTC, to the millisecond.

    In SQLite it is text, ``2026-11-24T05:22:12.123Z``, which sorts as time does and is what
    the API shows.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's type in this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True, precision=3))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what the driver takes."""
        if value is None:
            return None
        moment = to_milliseconds(value)
        return as_text(moment) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return a time with its zone, UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return moment.astimezone(UTC)


def as_text(moment: datetime) -> str:
    """Return a time as the API shows it: ISO 8601, in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index over those rows for which ``where``, plain SQL, is true."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


# --- Reading -----------------------------------------------------------------------------


# How long a statement may have taken to count as taking no time, in seconds.
_NO_TIME = 0.0005
_MOST_STATEMENTS = 1_000
# How many steps of SQLite's machine lie between two looks at the clock; about 0.1 ms.
_STEPS_BETWEEN_LOOKS = 10_000


class Reader(Protocol):
    """Runs single read-only statements on connections of its own, past the ORM."""

    @property
    def dialect(self) -> Dialect:
        """What statements are compiled for."""

    async def fetch(self, sql: str, values: Sequence[object]) -> bytes:
        """Return the one value of the one row that a statement yields.

        Raises:
            ReadTimeout: when the statement ran longer than the limit and was cancelled.
        """

    async def close(self) -> None:
        """Close the connections."""


class SqliteReader:
    """Read-only connections, each used by one thread at a time.

    A statement that took no time when it last ran is run on the event loop itself, since to
    hand it to a thread would take longer; every other one runs in a thread.
    """

    def __init__(self, file: str, connections: int, timeout: float) -> None:
        self.dialect: Dialect = sqlite_dialect(paramstyle="qmark")
        self._file = file
        self._timeout = timeout
        # More threads than cores only wait for each other.
        self._size = min(connections, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(self._size, "copydesk-reader")
        self._idle: asyncio.LifoQueue[_ReadConnection] = asyncio.LifoQueue()
        self._opened: list[_ReadConnection] = []
        self._own: _ReadConnection | None = None
        self._seconds = _Recent()

    async def fetch(self, sql: str, values: Sequence[object]) -> bytes:
        """Run the statement."""
        if self._seconds.of(sql) < _NO_TIME:
            value, seconds = self._own_connection().fetch(sql, values)
        else:
            value, seconds = await self._fetch_in_thread(sql, values)
        self._seconds.note(sql, seconds)
        return value

    async def _fetch_in_thread(self, sql: str, values: Sequence[object]) -> tuple[bytes, float]:
        connection = await self._take()
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, connection.fetch, sql, values
        )
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # The thread still holds the connection: it has to let go before anyone else may.
            connection.interrupt()
            await asyncio.wait([running])
            raise
        finally:
            self._idle.put_nowait(connection)

    async def close(self) -> None:
        """Close the connections and end the threads."""
        self._threads.shutdown(wait=True)
        while self._opened:
            self._opened.pop().close()

    async def _take(self) -> _ReadConnection:
        if self._idle.empty() and len(self._opened) < self._size:
            return self._open()
        return await self._idle.get()

    def _own_connection(self) -> _ReadConnection:
        """Return the event loop's own connection."""
        if self._own is None:
            self._own = self._open()
        return self._own

    def _open(self) -> _ReadConnection:
        connection = _ReadConnection(self._file, self._timeout)
        self._opened.append(connection)
        return connection


class _ReadConnection:
    """A connection that can only read, and not for longer than the limit."""

    def __init__(self, file: str, timeout: float) -> None:
        self._timeout = timeout
        self._deadline = 0.0
        self._connection = sqlite.connect(
            f"file:{quote(file)}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        self._connection.text_factory = bytes
        for pragma in ("query_only=on", "trusted_schema=off", "busy_timeout=5000"):
            self._connection.execute(f"pragma {pragma}")
        self._connection.set_progress_handler(self._is_late, _STEPS_BETWEEN_LOOKS)
        self.interrupt = self._connection.interrupt
        self.close = self._connection.close

    def fetch(self, sql: str, values: Sequence[object]) -> tuple[bytes, float]:
        """Return the one value of the one row that a statement yields, and how long it took."""
        started = time.monotonic()
        self._deadline = started + self._timeout
        try:
            (value,) = self._connection.execute(sql, values).fetchone()
        except sqlite.OperationalError as error:
            if str(error) == "interrupted":
                raise ReadTimeout(self._timeout) from None
            raise
        return value, time.monotonic() - started

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline


class _Recent:
    """How long statements took when they last ran, for the thousand that ran last."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[str, float] = OrderedDict()

    def of(self, sql: str) -> float:
        """Return how long it took; for ever if it is not known."""
        return self._seconds.get(sql, math.inf)

    def note(self, sql: str, seconds: float) -> None:
        """Remember; a slow run is forgotten only step by step."""
        self._seconds[sql] = max(seconds, 0.8 * self._seconds.get(sql, 0.0))
        self._seconds.move_to_end(sql)
        if len(self._seconds) > _MOST_STATEMENTS:
            self._seconds.popitem(last=False)


class PostgresReader:
    """A pool of connections that keep their prepared statements."""

    def __init__(self, url: URL, connections: int, timeout: float) -> None:
        self.dialect: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        self._url = url
        self._size = connections
        self._timeout = timeout
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, sql: str, values: Sequence[object]) -> bytes:
        """Run the statement, prepared."""
        pool = self._pool or await self._open()
        try:
            async with pool.acquire() as connection:
                return await connection.fetchval(sql, *values)  # type: ignore[no-any-return]
        except asyncpg.QueryCanceledError:
            raise ReadTimeout(self._timeout) from None

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                _, arguments = self.dialect.create_connect_args(self._url)
                self._pool = await asyncpg.create_pool(
                    **arguments,
                    min_size=1,
                    max_size=self._size,
                    statement_cache_size=1_000,
                    init=_receive_json_as_bytes,
                    reset=_keep_session,
                    server_settings={
                        "application_name": "copydesk reader",
                        "default_transaction_read_only": "on",
                        "jit": "off",
                        "statement_timeout": str(int(self._timeout * 1000)),
                        "timezone": "UTC",
                    },
                )
        return self._pool


async def _receive_json_as_bytes(connection: asyncpg.Connection) -> None:
    # The wire carries JSON as UTF-8 text, which is what the response is made of.
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
    )


async def _keep_session(connection: asyncpg.Connection) -> None:
    """Reset nothing: statements here are single reads, which leave nothing behind."""


# --- Connecting --------------------------------------------------------------------------


class Backend(Protocol):
    """One kind of database."""

    def engine(self) -> AsyncEngine:
        """Return an engine whose transactions may write."""

    def reader(self, connections: int, timeout: float) -> Reader:
        """Return a reader with this many connections, at most."""


def backend(database_url: str) -> Backend:
    """Return what a ``COPYDESK_DATABASE_URL`` names.

    Raises:
        DatabaseError: when it names neither an SQLite file nor a PostgreSQL database.
    """
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise DatabaseError(f"{database_url!r} is not a database URL: {error}") from None
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return SqliteBackend(str(Path(url.database).resolve()))
        case "postgresql":
            return PostgresBackend(url.set(drivername="postgresql+asyncpg"))
        case _:
            raise DatabaseError(
                f"{url.render_as_string()!r} is neither sqlite:///<file> "
                "nor postgresql://<user>@<host>/<name>"
            )


class SqliteBackend:
    """A file: one writing connection, and a few that read."""

    def __init__(self, file: str) -> None:
        self._file = file

    def engine(self) -> AsyncEngine:
        """Return an engine with one connection, so that writers of this process queue."""
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=self._file),
            module=AsyncAdapt_aiosqlite_dbapi(_driver(), sqlite),
            pool_size=1,
            max_overflow=0,
        )
        # A transaction that reads first and writes later meets "database is locked" at once,
        # whatever the timeout; one that begins as a writer waits its turn.
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return engine

    def reader(self, connections: int, timeout: float) -> SqliteReader:
        """Return a reader of the file."""
        return SqliteReader(self._file, connections, timeout)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")


def _driver() -> Any:
    """Return aiosqlite's interface with pysqlite3 beneath."""
    names = ("DatabaseError", "Error", "IntegrityError", "NotSupportedError", "OperationalError")
    return SimpleNamespace(
        Connection=aiosqlite.Connection,
        __version__=aiosqlite.__version__,
        connect=_connect_to_write,
        ProgrammingError=sqlite.ProgrammingError,
        sqlite_version=sqlite.sqlite_version,
        sqlite_version_info=sqlite.sqlite_version_info,
        **{name: getattr(sqlite, name) for name in names},
    )


def _connect_to_write(file: str, **_: object) -> aiosqlite.Connection:
    def connect() -> sqlite.Connection:
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


class PostgresBackend:
    """A database on a PostgreSQL server, version 15 or newer."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def engine(self) -> AsyncEngine:
        """Return an engine with a pool of connections."""
        return create_async_engine(
            self._url,
            pool_pre_ping=True,
            connect_args={
                "server_settings": {
                    "application_name": "copydesk",
                    "idle_in_transaction_session_timeout": "60000",
                    "jit": "off",
                    "lock_timeout": "5000",
                    "timezone": "UTC",
                }
            },
        )

    def reader(self, connections: int, timeout: float) -> PostgresReader:
        """Return a reader of the database."""
        return PostgresReader(self._url, connections, timeout)


def refresh_statistics(connection: Connection) -> None:
    """Let the database look at its data, so that it plans well; after much has changed."""
    connection.execute(text("analyze"))
    if connection.dialect.name == "sqlite":
        # With samples of values, SQLite prepares a statement anew for every value bound to it,
        # which takes longer than to run it.
        connection.execute(text("drop table if exists sqlite_stat4"))


def lock_schema(connection: Connection) -> None:
    """Let no other process migrate until this transaction ends."""
    # On SQLite every transaction of ours is the only writer already.
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(hashtext('copydesk.schema'))"))
