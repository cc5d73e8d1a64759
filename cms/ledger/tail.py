"""The tail of the audit chain: new records as they are committed."""

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
    """A recorded action that was done; see :class:`cms.ledger.audit.Event`."""

    sequence: int
    actor: str
    action: str
    subject: str | None
    detail: Mapping[str, Json]


class Tail:
    """A follower of the audit chain, shared by all subscriptions of a process.

    The length of the chain is polled, once for all followers, which also finds the records of
    other processes; :meth:`wake` announces the records of this process without that delay. Without
    followers there is no polling. While the database is unavailable, followers wait and miss
    nothing.

    Args:
        database: database of the chain.
        every: seconds between two polls.

    Attributes:
        has_ended: whether following has ended, since the server is shutting down.
    """

    def __init__(self, database: Database, every: float = 0.5) -> None:
        self._database = database
        self._every = every
        self._woken = asyncio.Event()
        self._looking = asyncio.Lock()
        self._due = 0.0  # time of the next poll, by the event loop's clock
        self._newest = 0
        self.has_ended = False

    def end(self) -> None:
        """End all followers."""
        self.has_ended = True
        self.wake()

    def wake(self) -> None:
        """Wake all followers, since a record was committed."""
        self._due = 0.0
        self._woken.set()
        self._woken = asyncio.Event()

    async def tick(self) -> None:
        """Wait until a record was committed in this process, or until the next poll."""
        await self._wait(self._every)

    async def retry(self, read: Callable[[], Awaitable[T]]) -> T:
        """Return the result of ``read``, repeating it while the database is unavailable or busy.

        Raises:
            DatabaseUnavailable: if following has ended meanwhile.
            DatabaseBusy: the same.
        """
        while True:
            try:
                return await read()
            except (DatabaseUnavailable, DatabaseBusy):
                if self.has_ended:
                    raise
            await self._wait(self._every)

    async def events(self) -> AsyncGenerator[ChainEvent, None]:
        """Yield the actions done from now on, in the order of the chain.

        Records are numbered in the order of the commits, so no record can appear before one that
        was yielded already.
        """
        sequence = await self._length()
        while not self.has_ended:
            rows = await self._new(sequence)
            for row in rows:
                sequence = row.sequence
                yield ChainEvent(row.sequence, row.actor, row.action, row.subject, row.detail)
            if not rows:
                await self._look()

    async def _look(self) -> None:
        """Poll the length of the chain, once for all waiting followers."""
        loop = asyncio.get_running_loop()
        await self._wait(max(0.0, self._due - loop.time()))
        async with self._looking:
            if loop.time() >= self._due:
                self._due = due = loop.time() + self._every
                self._newest = await self.retry(self._length)
                if self._due == due:  # a wake-up in the meantime makes another poll due
                    self._due = loop.time() + self._every

    async def _wait(self, seconds: float) -> None:
        # asyncio.wait_for may lose a cancellation that arrives together with the event.
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
