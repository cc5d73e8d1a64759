"""The database: engines, sessions, and the only commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from cms.errors import DatabaseUnavailable, OutcomeUnknown, Refused
from cms.signing import KeyFile
from cms.storage import dialects
from cms.storage.dialects import (
    DirectConnection,
    Reader,
    backend,
    refresh_stale_statistics,
    refresh_statistics,
    translate_failures,
)
from cms.storage.questions import Questions

# The key of whether a transaction has begun in the ``info`` of its session.
_HAS_BEGUN = "copydesk.has_begun"


class _SyncSession(Session):
    """The session of SQLAlchemy behind each of ours."""


@event.listens_for(_SyncSession, "after_begin")
def _note_begin(session: Session, *_: object) -> None:
    session.info[_HAS_BEGUN] = True


class ReadSession(AsyncSession):
    """A session for functions that only read; those that write take a :class:`WriteSession`."""

    _direct: DirectConnection | None = None

    async def fetch(self, statement: Executable, **given: Any) -> list[Any]:
        """Run a statement by the driver alone, and return its rows as named tuples.

        It is for statements that run often and are built once, as constants or by a cached
        function. Their result has columns, not objects.

        Args:
            statement: the statement.
            given: values of its parameters, by name.
        """
        return await (await self.direct()).fetch(statement, **given)

    async def direct(self) -> DirectConnection:
        """Return the connection of the driver, for statements that SQLAlchemy does not run."""
        if self._direct is None or self._direct.is_closed:
            self._direct = DirectConnection(await self.connection())
        return self._direct


class WriteSession(ReadSession):
    """A transaction that may write; it can be read from like any other session."""

    sync_session_class = _SyncSession

    @property
    def has_begun(self) -> bool:
        """True once the transaction has begun in the database, with its first statement."""
        return bool(self.info.get(_HAS_BEGUN))

    async def begin_again(self) -> None:
        """Roll back the transaction, and begin another one with the next statement.

        Objects that it has loaded keep their values, and are no longer in the session.
        """
        self.expunge_all()
        await self.rollback()
        await self.begin()
        self.info[_HAS_BEGUN] = False

    async def run_each(self, statement: Executable, given: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement once for each set of values of its parameters, with one round trip.

        Args:
            statement: a statement without a result, built once as for :meth:`fetch`.
            given: values of its parameters, by name.
        """
        if given:
            await (await self.direct()).run_each(statement, given)


class Database:
    """A database, which opens connections on first use.

    Attributes:
        engine: the engine for transactions that may write.
        reader: the reader for planned statements.
        key_file: the file of the signing key.
    """

    def __init__(
        self,
        url: str,
        *,
        readers: int = 4,
        statement_timeout: float = 5.0,
        sqlite_mmap_megabytes: int = 0,
        signing_key: Path = Path("copydesk.key"),
    ) -> None:
        self._backend = backend(url, sqlite_mmap_megabytes)
        self.engine = self._backend.engine()
        self._reading, asking = self._backend.reading_engines(self.engine)
        self._questions = Questions(asking)
        self.reader: Reader = self._backend.reader(readers, statement_timeout)
        self.key_file = KeyFile(signing_key)

    @property
    def is_file(self) -> bool:
        """True if the database is a file, which the processes of one machine share."""
        return self._backend.is_file

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """Open a session; commit at the end, or roll back if the body fails.

        A refusal commits: a refused command has already undone its own changes, and the record
        of the refusal remains.

        Raises:
            DatabaseError: if the database failed; with ``OutcomeUnknown`` if it did while
                committing, else nothing has been changed.
        """
        with translate_failures(self._backend.failures):
            async with WriteSession(self.engine, expire_on_commit=False) as session:
                session.sync_session.begin()  # which does nothing in the database yet
                try:
                    yield session
                except Refused:
                    await _commit(session)
                    raise
                await _commit(session)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadSession]:
        """Open a session that sees one snapshot and cannot write.

        It does not block writers and is not blocked by them.

        Raises:
            DatabaseError: if the database failed.
        """
        with translate_failures(self._backend.failures):
            async with ReadSession(self._reading, expire_on_commit=False) as session:
                yield session

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[DirectConnection]:
        """Open a connection for one question, whose statement sees a snapshot of its own.

        Raises:
            DatabaseError: if the database failed.
        """
        with translate_failures(self._backend.failures):
            async with self._questions.connection() as connection:
                yield connection

    def make(self) -> None:
        """Create an empty database if there is none and it is a file.

        Raises:
            DatabaseError: if it cannot be created.
        """
        self._backend.make()

    async def erase_deleted(self) -> bool:
        """Remove what was deleted from the files of the database, after a purge.

        Returns:
            Whether nothing is left; otherwise readers of another process need the log of SQLite,
            in which it still is.

        Raises:
            DatabaseError: if the database failed.
        """
        with translate_failures(self._backend.failures):
            return await self._backend.erase_deleted(self.engine)

    async def refresh_statistics(self) -> None:
        """Refresh the planner statistics of the database, after large changes."""
        async with self.engine.begin() as connection:
            await connection.run_sync(refresh_statistics)

    async def refresh_stale_statistics(self) -> None:
        """Refresh the statistics of tables that have grown much, at startup."""
        async with self.engine.begin() as connection:
            await connection.run_sync(refresh_stale_statistics)

    async def close(self) -> None:
        """Close all connections."""
        await self.reader.close()
        await self._questions.close()
        await self._reading.dispose()
        await self.engine.dispose()


async def lift_time_limit(session: ReadSession) -> None:
    """Let the statements of a transaction take as long as a large site needs."""
    await (await session.connection()).run_sync(dialects.lift_time_limit)


async def _commit(session: WriteSession) -> None:
    try:
        await session.commit()
    except DatabaseUnavailable as error:
        message = f"the change may or may not have been made; the commit got no answer: {error}"
        raise OutcomeUnknown(message) from error
