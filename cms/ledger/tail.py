"""What is happening now: the end of the audit chain, as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import func, select

from cms.content.canonical_json import Json
from cms.database import Database
from cms.tables import AuditRecord

_BATCH = 100


@dataclass(frozen=True)
class Happened:
    """Something that was done; see :class:`cms.ledger.audit.Event`."""

    sequence: int
    actor: str
    action: str
    subject: str | None
    detail: Mapping[str, Json]


class Tail:
    """Follows the audit chain.

    Whoever follows looks at the database from time to time, which also finds what other
    processes have done; for what this one does, :meth:`wake` is quicker.

    Args:
        database: where the chain is.
        every: how many seconds lie between two looks.
    """

    def __init__(self, database: Database, every: float = 0.5) -> None:
        self._database = database
        self._every = every
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that something has been done."""
        self._woken.set()
        self._woken = asyncio.Event()

    async def tick(self) -> None:
        """Wait until something has been done in this process, or until it is time to look."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), self._every)

    async def happenings(self) -> AsyncGenerator[Happened, None]:
        """Yield what is done from now on, in the order of the chain."""
        sequence = await self._newest()
        while True:
            rows = await self._after(sequence)
            for row in rows:
                sequence = row.sequence
                if row.outcome == "done":
                    yield Happened(row.sequence, row.actor, row.action, row.subject, row.detail)
            if len(rows) < _BATCH:
                await self.tick()

    async def _newest(self) -> int:
        async with self._database.reading() as session:
            return await session.scalar(select(func.max(AuditRecord.sequence))) or 0

    async def _after(self, sequence: int) -> list[AuditRecord]:
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(AuditRecord)
                .where(AuditRecord.sequence > sequence)
                .order_by(AuditRecord.sequence)
                .limit(_BATCH)
            )
            return list(rows)
