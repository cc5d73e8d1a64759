"""Readers: single read-only statements, without the ORM."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import quote

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, Dialect
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from cms.errors import ReadTimeout
from cms.private_files import make_private_database
from cms.storage.dialects.decimals import register_decimal_functions
from cms.storage.dialects.durations import (
    FAST,
    LONGEST_ON_LOOP,
    LONGEST_WAIT_ON_LOOP,
    STEPS_BETWEEN_CHECKS,
    RecentDurations,
)
from cms.storage.dialects.failures import Failures, translate_failures
from cms.storage.dialects.folding import FOLD, fold_case
from cms.storage.dialects.numbers import register_number_functions
from cms.storage.dialects.paths import ENCODE_PATH, encode_path
from cms.storage.dialects.turns import Turns, wait_for

if TYPE_CHECKING:  # it is imported for PostgreSQL only
    import asyncpg

# Timeout of connecting to a server, in seconds.
CONNECT_SECONDS = 5.0
# Settings by which PostgreSQL plans statements. There is an index for what they look for, and its
# pages are in memory or on a disk without moving parts: with the default cost of a page, whole
# tables are read for a few hundred rows. Compilation, and processes beside the connection's own,
# take longer to begin than most statements run, and would take the cores of other requests.
PLANNING = {"jit": "off", "max_parallel_workers_per_gather": "0", "random_page_cost": "1.1"}
# The SQLSTATE of a statement that PostgreSQL has cancelled.
_CANCELED = "57014"
# Prepared statements of a PostgreSQL connection; a large one takes some megabytes on the server.
_KEPT_STATEMENTS = 100
# Seconds after which an idle connection is not used again: a router may have forgotten it.
LONGEST_IDLE = 300.0
# Page caches of reading connections, in KiB. They hold the inner pages of a large site's indexes;
# the other pages are in the system's cache, once for all connections. Statements in threads are
# longer, and take one percent more with the smaller one.
_CACHE, _CACHE_OF_LOOP = 3 * 1024, 8 * 1024


class Reader(Protocol):
    """A pool of connections for single read-only statements, without the ORM."""

    @property
    def dialect(self) -> Dialect:
        """The dialect that statements are compiled for."""

    async def fetch(self, sql: str, values: Sequence[object], client: str = "") -> bytes:
        """Return the single value of the single row of a statement's result.

        Args:
            sql: the statement.
            values: its parameters.
            client: the client, among which connections are shared fairly.

        Raises:
            DatabaseError: if the database failed; ``ReadTimeout`` if the statement exceeded the
                time limit and was cancelled.
            TooManyWaiting: if too many statements of the client wait for a connection already.
        """

    async def close(self) -> None:
        """Close the connections."""


def connect_to_read(
    file: str, mapped_megabytes: int, cache_kibibytes: int = _CACHE
) -> sqlite.Connection:
    """Return a read-only connection to an SQLite file, after making the file private.

    Args:
        file: the file.
        mapped_megabytes: maximum size of the part that is mapped into memory, in MiB.
        cache_kibibytes: maximum size of the page cache, in KiB.
    """
    make_private_database(file)
    connection = sqlite.connect(
        f"file:{quote(file)}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    for pragma in (
        "query_only=on",
        "trusted_schema=off",
        "busy_timeout=5000",
        f"cache_size=-{cache_kibibytes}",
        f"mmap_size={mapped_megabytes * 1024**2}",
    ):
        connection.execute(f"pragma {pragma}")
    return connection


class SqliteReader:
    """A pool of read-only connections to an SQLite file, each used by one thread at a time.

    A statement whose last runs took less than 0.5 ms is run on the event loop itself, since the
    switch to a thread would take longer; all others run in threads. There are more threads than
    cores, so that some are free while one client's slow statements run.
    """

    def __init__(
        self,
        file: str,
        connections: int,
        timeout: float,
        failures: Failures,
        mapped_megabytes: int = 0,
    ) -> None:
        self.dialect: Dialect = sqlite_dialect(paramstyle="qmark")
        self._file = file
        self._mapped_megabytes = mapped_megabytes
        self._timeout = timeout
        self._failures = failures
        self._threads = ThreadPoolExecutor(connections, "copydesk-reader")
        self._turns = Turns(connections)
        self._idle: list[_ReadConnection] = []
        self._opened: list[_ReadConnection] = []
        self._own: _ReadConnection | None = None
        self._seconds = RecentDurations()

    async def fetch(self, sql: str, values: Sequence[object], client: str = "") -> bytes:
        """Run the statement."""
        with translate_failures(self._failures):
            if self._seconds.of(sql) < FAST:
                self._turns.note(client)
                try:
                    value, seconds = self._loop_connection().fetch(sql, values)
                except ReadTimeout:  # the statement takes longer with these values
                    self._seconds.note_excess(sql, self._timeout)
                else:
                    self._seconds.note(sql, seconds)
                    return value
            async with self._turns.of(client):
                value, seconds = await self._fetch_in_thread(sql, values)
        self._seconds.note(sql, seconds)
        return value

    async def _fetch_in_thread(self, sql: str, values: Sequence[object]) -> tuple[bytes, float]:
        connection = self._idle.pop() if self._idle else self._open_for_thread()
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, connection.fetch, sql, values
        )
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # The thread has to finish with the connection before it can be used again.
            connection.interrupt()
            await wait_for(running)
            raise
        finally:
            self._idle.append(connection)

    async def close(self) -> None:
        """Close the connections and end the threads."""
        self._threads.shutdown(wait=True)
        while self._opened:
            self._opened.pop().close()

    def _loop_connection(self) -> _ReadConnection:
        """Return the connection of the event loop."""
        if self._own is None:
            # Its limit is in CPU time: a statement is not long for being interrupted by programs.
            # But all clients would wait for a disk with it.
            limits = [
                _Limit(time.thread_time, LONGEST_ON_LOOP),
                _Limit(time.monotonic, LONGEST_WAIT_ON_LOOP),
            ]
            self._own = self._open(limits, time.monotonic, _CACHE_OF_LOOP)
        return self._own

    def _open_for_thread(self) -> _ReadConnection:
        # Its durations are in CPU time, without waits for Python's lock, which would keep a short
        # statement in threads for good once the event loop is busy.
        return self._open((_Limit(time.monotonic, self._timeout),), time.thread_time)

    def _open(
        self,
        limits: Sequence[_Limit],
        clock: Callable[[], float],
        cache_kibibytes: int = _CACHE,
    ) -> _ReadConnection:
        opened = connect_to_read(self._file, self._mapped_megabytes, cache_kibibytes)
        connection = _ReadConnection(opened, limits, clock)
        self._opened.append(connection)
        return connection


class _Limit(NamedTuple):
    """A time limit of statements, in seconds by a clock."""

    clock: Callable[[], float]
    seconds: float


class _ReadConnection:
    """A read-only connection whose statements are interrupted at a time limit.

    Args:
        connection: the connection.
        limits: the time limits, of which the first that is exceeded counts.
        clock: measures the durations of statements.
    """

    def __init__(
        self,
        connection: sqlite.Connection,
        limits: Sequence[_Limit],
        clock: Callable[[], float],
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._ends: Sequence[float] = ()
        self._connection = connection
        self._connection.text_factory = bytes
        self._connection.create_function(FOLD, 1, fold_case, deterministic=True)
        self._connection.create_function(ENCODE_PATH, 1, encode_path, deterministic=True)
        register_number_functions(self._connection)
        register_decimal_functions(self._connection)
        self._connection.set_progress_handler(self._is_late, STEPS_BETWEEN_CHECKS)
        self.interrupt = self._connection.interrupt
        self.close = self._connection.close

    def fetch(self, sql: str, values: Sequence[object]) -> tuple[bytes, float]:
        """Return the single value of a statement's result, and its duration in seconds.

        Raises:
            ReadTimeout: if the statement exceeded the time limit.
        """
        self._ends = [limit.clock() + limit.seconds for limit in self._limits]
        started = self._clock()
        try:
            (value,) = self._connection.execute(sql, values).fetchone()
        except sqlite.OperationalError as error:
            if str(error) == "interrupted":
                raise ReadTimeout(self._limits[-1].seconds) from None
            raise
        return value, self._clock() - started

    def _is_late(self) -> bool:
        ends = zip(self._limits, self._ends, strict=True)
        return any(limit.clock() > end for limit, end in ends)


class PostgresReader:
    """A pool of connections that keep their prepared statements.

    There is a connection for each turn. A pool of the driver would take longer than a short
    statement, to reset sessions that single reads do not change, and to await that in a task.
    """

    def __init__(self, url: URL, connections: int, timeout: float, failures: Failures) -> None:
        self.dialect: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        self._url = url
        self._timeout = timeout
        self._failures = failures
        self._turns = Turns(connections)
        # With the time since which each is idle; the one that was used last is the last.
        self._idle: list[tuple[asyncpg.Connection, float]] = []
        self._is_closed = False

    async def fetch(self, sql: str, values: Sequence[object], client: str = "") -> bytes:
        """Run the prepared statement."""
        try:
            async with self._turns.of(client):
                connection = await self._take()
                try:
                    return await connection.fetchval(sql, *values)  # type: ignore[no-any-return]
                finally:
                    self._give_back(connection)
        except Exception as error:
            if getattr(error, "sqlstate", None) == _CANCELED:
                raise ReadTimeout(self._timeout) from None
            failure = self._failures.of_driver(error)
            if failure is None:
                raise
            raise failure from error

    async def close(self) -> None:
        """Close the connections; abandon those that do not close within five seconds."""
        self._is_closed = True
        idle = [connection for connection, _ in self._idle]
        self._idle.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.gather(*(each.close() for each in idle))

    async def _take(self) -> asyncpg.Connection:
        """Return a connection that is open, and that no router has forgotten meanwhile."""
        oldest = time.monotonic() - LONGEST_IDLE
        while self._idle:
            connection, since = self._idle.pop()
            if since > oldest and not connection.is_closed():
                return connection
            connection.terminate()
        return await self._connect()

    def _give_back(self, connection: asyncpg.Connection) -> None:
        # After a cancelled statement, the next one waits for the server to end it.
        if self._is_closed or connection.is_closed():
            connection.terminate()
        else:
            self._idle.append((connection, time.monotonic()))

    async def _connect(self) -> asyncpg.Connection:
        import asyncpg  # noqa: PLC0415  # not for SQLite

        if self._is_closed:
            raise asyncpg.InterfaceError("the reader is closed")
        _, arguments = self.dialect.create_connect_args(self._url)
        connection = await asyncpg.connect(
            **arguments,
            timeout=CONNECT_SECONDS,
            # Statements of a site with many content types exceed asyncpg's limit of 15 kB.
            statement_cache_size=_KEPT_STATEMENTS,
            max_cacheable_statement_size=0,
            max_cached_statement_lifetime=0,
            server_settings={
                **PLANNING,
                "application_name": "copydesk reader",
                "default_transaction_read_only": "on",
                "statement_timeout": str(int(self._timeout * 1000)),
                "timezone": "UTC",
            },
        )
        try:
            # JSON is UTF-8 text on the wire, so its bytes are used in the response as they are.
            await connection.set_type_codec(
                "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
            )
        except BaseException:
            connection.terminate()
            raise
        return connection
