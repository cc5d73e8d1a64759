"""What is happening now: the end of the audit chain, as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import func, select

from cms.content.canonical_json import Json
from cms.errors import DatabaseBusy, DatabaseUnavailable
from cms.storage.database import Database
from cms.tables import AuditRecord

T = TypeVar("T")

_BATCH = 100


@dataclass(frozen=True)
class ChainEvent:
    """Something that was done; see :class:`cms.ledger.audit.Event`."""

    sequence: int
    actor: str
    action: str
    subject: str | None
    detail: Mapping[str, Json]


class Tail:
    """Follows the audit chain.

    From time to time somebody who follows looks how long the chain is, for all of them, which
    also finds what other processes have done; for what this one does, :meth:`wake` is quicker.
    Nobody looks while nobody follows. While the database is away, those who follow wait for it,
    and miss nothing.

    Args:
        database: where the chain is.
        every: how many seconds lie between two looks.

    Attributes:
        has_ended: whether there is nothing to follow any more, since the server is about to end.
    """

    def __init__(self, database: Database, every: float = 0.5) -> None:
        self._database = database
        self._every = every
        self._woken = asyncio.Event()
        self._looking = asyncio.Lock()
        self._due = 0.0  # when to look again, by the event loop's clock
        self._newest = 0
        self.has_ended = False

    def end(self) -> None:
        """End all that follows the chain."""
        self.has_ended = True
        self.wake()

    def wake(self) -> None:
        """Say that something has been done."""
        self._due = 0.0
        self._woken.set()
        self._woken = asyncio.Event()

    async def tick(self) -> None:
        """Wait until something has been done in this process, or until it is time to look."""
        await self._wait(self._every)

    async def retry(self, read: Callable[[], Awaitable[T]]) -> T:
        """Return what is read, once the database can be reached."""
        while True:
            try:
                return await read()
            except (DatabaseUnavailable, DatabaseBusy):
                if self.has_ended:
                    raise
            await self._wait(self._every)

    async def events(self) -> AsyncGenerator[ChainEvent, None]:
        """Yield what is done from now on, in the order of the chain.

        Records are numbered in the order of the commits, so none can come to stand before one
        that was seen.
        """
        sequence = await self._length()
        while not self.has_ended:
            rows = await self._new(sequence)
            for row in rows:
                sequence = row.sequence
                if row.outcome == "done":
                    yield ChainEvent(row.sequence, row.actor, row.action, row.subject, row.detail)
            if not rows:
                await self._look()

    async def _look(self) -> None:
        """Find out how long the chain is, once for all who wait for that."""
        loop = asyncio.get_running_loop()
        await self._wait(max(0.0, self._due - loop.time()))
        async with self._looking:
            if loop.time() >= self._due:
                self._due = due = loop.time() + self._every
                self._newest = await self.retry(self._length)
                if self._due == due:  # whatever was done meanwhile makes another look due
                    self._due = loop.time() + self._every

    async def _wait(self, seconds: float) -> None:
        # Not asyncio.wait_for, which may lose a cancellation that comes together with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _length(self) -> int:
        async with self._database.reading() as session:
            return await session.scalar(select(func.max(AuditRecord.sequence))) or 0

    async def _new(self, sequence: int) -> list[AuditRecord]:
        if self._newest <= sequence:
            return []
        return await self.retry(partial(self._after, sequence))

    async def _after(self, sequence: int) -> list[AuditRecord]:
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(AuditRecord)
                .where(AuditRecord.sequence > sequence)
                .order_by(AuditRecord.sequence)
                .limit(_BATCH)
            )
            return list(rows)
