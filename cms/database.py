"""Engine, sessions, and the only commit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from cms.dialects import Reader, backend, refresh_statistics
from cms.errors import Refused

WriteSession: TypeAlias = AsyncSession


class Database:
    """Where the content is. Opens connections when they are first needed.

    Attributes:
        engine: for transactions that may write.
        reader: for planned statements, which only read.
    """

    def __init__(self, url: str, *, readers: int = 4, statement_timeout: float = 5.0) -> None:
        self._backend = backend(url)
        self.engine = self._backend.engine()
        self.reader: Reader = self._backend.reader(readers, statement_timeout)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """Give a session; commit at the end, or roll back if the body fails.

        A refusal commits: a refused command has already undone its own work, and what is left
        is the record of the refusal.
        """
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            await session.begin()
            try:
                yield session
            except Refused:
                await session.commit()
                raise
            await session.commit()

    async def refresh_statistics(self) -> None:
        """Let the database look at its data, so that it plans well; after much has changed."""
        async with self.engine.begin() as connection:
            await connection.run_sync(refresh_statistics)

    async def close(self) -> None:
        """Close all connections."""
        await self.reader.close()
        await self.engine.dispose()
