"""The tail of the audit chain, followed by subscriptions."""

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
class Happened:
    """An event of the chain; see :class:`cms.ledger.audit.Event`."""

    sequence: int
    actor: str
    action: str
    subject: str | None
    detail: Mapping[str, Json]


class Tail:
    """A follower of the audit chain.

    Periodically, one subscriber reads the length of the chain for all subscribers, which also
    finds events of other processes; :meth:`wake` is faster for events of this process. Without
    subscribers, nothing is read. During an outage of the database, subscribers wait and miss no
    events.

    Args:
        database: the database of the chain.
        every: the interval in seconds.

    Attributes:
        has_ended: whether the server is shutting down.
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
        """End all subscriptions to the chain."""
        self.has_ended = True
        self.wake()

    def wake(self) -> None:
        """Wake the subscribers after an event."""
        self._due = 0.0
        self._woken.set()
        self._woken = asyncio.Event()

    async def tick(self) -> None:
        """Wait for an event of this process or the end of the interval."""
        await self._wait(self._every)

    async def persistently(self, read: Callable[[], Awaitable[T]]) -> T:
        """Return the result of a read, retried until the database can be reached."""
        while True:
            try:
                return await read()
            except (DatabaseUnavailable, DatabaseBusy):
                if self.has_ended:
                    raise
            await self._wait(self._every)

    async def happenings(self) -> AsyncGenerator[Happened, None]:
        """Yield new events in the order of the chain.

        Records are numbered in the order of the commits, so none can be added before a record
        that was read.
        """
        sequence = await self._length()
        while not self.has_ended:
            rows = await self._new(sequence)
            for row in rows:
                sequence = row.sequence
                if row.outcome == "done":
                    yield Happened(row.sequence, row.actor, row.action, row.subject, row.detail)
            if not rows:
                await self._look()

    async def _look(self) -> None:
        """Read the length of the chain once for all subscribers."""
        loop = asyncio.get_running_loop()
        await self._wait(max(0.0, self._due - loop.time()))
        async with self._looking:
            if loop.time() >= self._due:
                self._due = due = loop.time() + self._every
                self._newest = await self.persistently(self._length)
                if self._due == due:  # whatever was done meanwhile makes another look due
                    self._due = loop.time() + self._every

    async def _wait(self, seconds: float) -> None:
        # Not asyncio.wait_for, which can lose a cancellation that coincides with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _length(self) -> int:
        async with self._database.reading() as session:
            return await session.scalar(select(func.max(AuditRecord.sequence))) or 0

    async def _new(self, sequence: int) -> list[AuditRecord]:
        if self._newest <= sequence:
            return []
        return await self.persistently(partial(self._after, sequence))

    async def _after(self, sequence: int) -> list[AuditRecord]:
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(AuditRecord)
                .where(AuditRecord.sequence > sequence)
                .order_by(AuditRecord.sequence)
                .limit(_BATCH)
            )
            return list(rows)
