"""SQLite under SQLAlchemy: short statements run on the event loop, all others in a thread.

Passing a statement to a thread and back takes longer than most statements of a command. Therefore
a statement runs where it is asked for if its last run was short. What may take long runs in the
connection's thread: a statement that is not known yet, or was slow; the begin of a transaction
that writes, if it has to wait for the lock; and the commit, which waits for the disk.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any, ClassVar, TypeAlias, TypeVar

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, AsyncAdaptedQueuePool, Pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import await_

from cms.storage.dialects.durations import (
    FAST,
    LONGEST_ON_LOOP,
    STEPS_BETWEEN_CHECKS,
    RecentDurations,
)

T = TypeVar("T")
Row: TypeAlias = tuple[Any, ...]
Open: TypeAlias = Callable[[], sqlite.Connection]

DRIVER = "sqlite+copydesk"
# Begins a transaction that writes. It waits for other processes.
BEGIN_IMMEDIATE = "begin immediate"
# Sets how long a statement waits for the locks of other connections, in milliseconds.
_WAIT = "pragma busy_timeout = {}"
# Seconds that a connection keeps the event loop before it lets other tasks run.
_GIVES_WAY_AFTER = 0.001


class SqliteDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's dialect for :class:`DriverConnection`."""

    driver = "copydesk"
    supports_statement_cache = True
    is_async = True
    has_terminate = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """Return the driver's module."""
        return sqlite

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        """Return the class of a pool that waits without blocking the event loop."""
        del url
        return AsyncAdaptedQueuePool

    def connect(self, *_: Any, **options: Any) -> Any:
        """Open a connection; ``open_file`` and ``durations`` are arguments of its class."""
        return DriverConnection.opened(options["open_file"], options["durations"])

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Close a connection whose task was cancelled."""
        dbapi_connection.terminate()


registry.register("sqlite.copydesk", __name__, SqliteDialect.__name__)


class DriverConnection:
    """A connection that one task uses at a time.

    Attributes:
        durations: the last durations of statements.
    """

    # There is none.
    has_lost_server = False

    def __init__(
        self, raw: sqlite.Connection, thread: ThreadPoolExecutor, durations: RecentDurations
    ) -> None:
        self.durations = durations
        self.create_function = raw.create_function
        self._raw = raw
        self._thread = thread
        ((self._patience,),) = raw.execute("pragma busy_timeout").fetchall()
        self._gave_way = time.monotonic()
        self._writes = False

    @classmethod
    def opened(cls, open_file: Open, durations: RecentDurations) -> DriverConnection:
        """Open a connection in its thread.

        Args:
            open_file: opens the file.
            durations: the last durations of statements, which connections share.
        """
        thread = ThreadPoolExecutor(1, "copydesk-sqlite")
        opening = asyncio.get_running_loop().run_in_executor(thread, open_file)
        try:
            raw = await_(asyncio.shield(opening))
        except BaseException:
            opening.add_done_callback(_close_opened)
            thread.shutdown(wait=False)
            raise
        return cls(raw, thread, durations)

    @property
    def isolation_level(self) -> str | None:
        """Isolation level of the driver, which begins no transaction by itself."""
        level: str | None = self._raw.isolation_level
        return level

    def cursor(self) -> DriverCursor:
        """Return a new cursor."""
        return DriverCursor(self)

    async def fetch(self, sql: str, values: Sequence[object]) -> list[Row]:
        """Run a statement, and return its rows."""

        def run(cursor: sqlite.Cursor) -> list[Row]:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

        return await self.run(sql, run)

    async def run_each(self, sql: str, values: Sequence[Sequence[object]]) -> None:
        """Run a statement without a result once for each list of values."""
        await self.run(sql, lambda cursor: cursor.executemany(sql, values), len(values))

    def commit(self) -> None:
        """Commit the transaction, if there is one."""
        if self._raw.in_transaction:
            await_(self._in_thread(self._raw.commit))

    def rollback(self) -> None:
        """Roll the transaction back, if there is one."""
        if self._raw.in_transaction:
            if self._writes:
                await_(self._in_thread(self._raw.rollback))
            else:
                self._raw.rollback()

    def close(self) -> None:
        """Close the connection."""
        await_(self._in_thread(self._raw.close))
        self._thread.shutdown(wait=False)

    def terminate(self) -> None:
        """Interrupt the statement that is run, and close the connection after it."""
        self._raw.interrupt()
        self._thread.submit(self._raw.close)
        self._thread.shutdown(wait=False)

    async def run(self, sql: str, run: Callable[[sqlite.Cursor], T], times: int = 1) -> T:
        """Run a statement on the event loop if it is short, otherwise in the thread.

        Args:
            sql: the statement.
            run: runs it with a cursor, and returns its result.
            times: how often it is run.
        """
        if sql == BEGIN_IMMEDIATE:
            self._writes = True
            return await self._begin(partial(run, self._raw.cursor()))
        if self.durations.of(sql) * times < FAST:
            await self._give_way()
            # A statement that writes must not be interrupted: its transaction would be lost.
            if not _only_asks(sql):
                return self._timed(sql, run, times)
            try:
                return self._in_time(partial(self._timed, sql, run, times))
            except _TooLongError:
                self.durations.note_excess(sql, LONGEST_ON_LOOP)
        return await self._in_thread(partial(self._timed, sql, run, times))

    async def _begin(self, run: Callable[[], T]) -> T:
        """Begin to write: here if the lock is free; otherwise the thread waits for it."""
        self._raw.execute(_WAIT.format(0))
        try:
            return run()
        except sqlite.OperationalError as error:
            # An extended result code has the primary one in its lowest byte.
            if error.sqlite_errorcode & 0xFF != sqlite.SQLITE_BUSY:
                raise
        finally:
            self._raw.execute(_WAIT.format(self._patience))
        return await self._in_thread(run)

    def _timed(self, sql: str, run: Callable[[sqlite.Cursor], T], times: int) -> T:
        started, cursor = time.monotonic(), self._raw.cursor()
        try:
            result = run(cursor)
        except BaseException:
            # While the cursor of a failure is kept, by its traceback, for one, the same statement
            # would return no rows instead of failing again.
            cursor.close()
            raise
        self.durations.note(sql, (time.monotonic() - started) / max(times, 1))
        return result

    def _in_time(self, run: Callable[[], T]) -> T:
        """Run a question with a time limit.

        Raises:
            _TooLongError: if it exceeded the limit.
        """
        deadline = time.monotonic() + LONGEST_ON_LOOP
        self._raw.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_CHECKS)
        try:
            return run()
        except sqlite.OperationalError as error:
            if str(error) == "interrupted":
                raise _TooLongError from None
            raise
        finally:
            self._raw.set_progress_handler(None, 0)

    async def _in_thread(self, run: Callable[[], T]) -> T:
        result = await asyncio.get_running_loop().run_in_executor(self._thread, run)
        self._gave_way = time.monotonic()
        return result

    async def _give_way(self) -> None:
        """Let other tasks run, if this connection's task has run for long."""
        if time.monotonic() - self._gave_way > _GIVES_WAY_AFTER:
            await asyncio.sleep(0)
            self._gave_way = time.monotonic()


class DriverCursor:
    """A cursor, whose result is fetched when its statement is run."""

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None
    _nothing: ClassVar[Iterator[Row]] = iter(())

    def __init__(self, connection: DriverConnection) -> None:
        self._connection = connection
        self._rows = self._nothing

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> DriverCursor:
        """Run a statement."""

        def run(cursor: sqlite.Cursor) -> tuple[sqlite.Cursor, list[Row]]:
            cursor.execute(sql, parameters)
            return cursor, cursor.fetchall() if cursor.description else []

        cursor, rows = await_(self._connection.run(sql, run))
        self.description, self._rows = cursor.description, iter(rows)
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        return self

    def executemany(self, sql: str, parameters: Sequence[Sequence[object]]) -> DriverCursor:
        """Run a statement several times."""

        def run(cursor: sqlite.Cursor) -> int:
            cursor.executemany(sql, parameters)
            return cursor.rowcount  # type: ignore[no-any-return]  # the driver has no types

        self.rowcount = await_(self._connection.run(sql, run, len(parameters)))
        return self

    def fetchone(self) -> Row | None:
        """Return the next row, if there is one."""
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """Return the next rows."""
        return list(islice(self._rows, size or self.arraysize))

    def fetchall(self) -> list[Row]:
        """Return all further rows."""
        return list(self._rows)

    def close(self) -> None:
        """Drop the rows that were not fetched."""
        self._rows = self._nothing

    async def _async_soft_close(self) -> None:
        """Do nothing: the rows are kept for SQLAlchemy, which calls this before it reads them."""


class _TooLongError(Exception):
    """A question on the event loop has exceeded the time limit."""


_WRITES = re.compile(r"\b(insert|update|delete|replace)\b", re.IGNORECASE)


def _only_asks(sql: str) -> bool:
    begins = sql[:6].lower()
    # Writing, too, can begin with a common table expression.
    return begins == "select" or (begins.startswith("with ") and _WRITES.search(sql) is None)


def _close_opened(opening: asyncio.Future[sqlite.Connection]) -> None:
    """Close a connection that was opened for a cancelled task."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
