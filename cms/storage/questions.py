"""Connections for single questions, of which one is kept open between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cms.storage.dialects import LONGEST_IDLE, DirectConnection


@dataclass(frozen=True)
class _Open:
    """An open connection.

    Attributes:
        connection: the connection of SQLAlchemy.
        direct: that of the driver.
        since: when it was used last.
    """

    connection: AsyncConnection
    direct: DirectConnection
    since: float

    @property
    def is_usable(self) -> bool:
        """True if it is open, and was used recently."""
        is_recent = time.monotonic() - self.since < LONGEST_IDLE
        return is_recent and self.direct.is_usable and not self.direct.has_lost_server


class Questions:
    """Connections for one question each.

    Taking a connection from the pool of SQLAlchemy, and giving it back, takes longer than a short
    question. So one connection is kept after its question, unless that failed.

    Args:
        engine: opens connections.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._idle: _Open | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[DirectConnection]:
        """Open a connection whose statements each have a transaction of their own."""
        taken = await self._take()
        try:
            yield taken.direct
        except BaseException:
            await _close(taken)
            raise
        if self._idle is None:
            self._idle = _Open(taken.connection, taken.direct, time.monotonic())
        else:
            await _close(taken)

    async def close(self) -> None:
        """Close the connection that is kept."""
        idle, self._idle = self._idle, None
        if idle is not None:
            await _close(idle)

    async def _take(self) -> _Open:
        idle, self._idle = self._idle, None
        if idle is not None:
            if idle.is_usable:
                return idle
            await idle.connection.invalidate()
            await _close(idle)
        connection = await self._engine.connect()
        direct = DirectConnection(connection, is_transaction=False)
        return _Open(connection, direct, time.monotonic())


async def _close(each: _Open) -> None:
    await asyncio.shield(each.connection.close())
