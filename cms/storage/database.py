"""The database: engines, sessions, and the only commit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from cms.errors import DatabaseUnavailable, OutcomeUnknown, Refused
from cms.signing import KeyFile
from cms.storage.dialects import (
    Reader,
    backend,
    refresh_stale_statistics,
    refresh_statistics,
    translate_failures,
)


class ReadSession(AsyncSession):
    """A session for functions that only read; those that write take a :class:`WriteSession`."""


class WriteSession(ReadSession):
    """A transaction that may write; it can be read from like any other session."""


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
        self._reading, self._asking = self._backend.reading_engines(self.engine)
        self.reader: Reader = self._backend.reader(readers, statement_timeout)
        self.key_file = KeyFile(signing_key)

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
                await session.begin()
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
    async def asking(self) -> AsyncIterator[ReadSession]:
        """Open a session for one question, whose statement sees a snapshot of its own.

        Raises:
            DatabaseError: if the database failed.
        """
        with translate_failures(self._backend.failures):
            async with ReadSession(self._asking, expire_on_commit=False) as session:
                yield session

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
        await self._reading.dispose()
        await self.engine.dispose()


async def _commit(session: WriteSession) -> None:
    try:
        await session.commit()
    except DatabaseUnavailable as error:
        message = f"the change may or may not have been made; the commit got no answer: {error}"
        raise OutcomeUnknown(message) from error
