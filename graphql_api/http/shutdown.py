"""The shutdown of a server, for requests that would delay it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Shutdown:
    """Ends streams and waits that would delay a shutdown.

    Other running requests are left alone: they end soon.

    Args:
        streams: ends the streams that have no end of their own.

    Attributes:
        has_begun: whether the shutdown has begun.
    """

    def __init__(self, streams: Callable[[], None]) -> None:
        self.has_begun = False
        self._end_streams = streams
        self._waits: set[asyncio.Timeout] = set()

    def begin(self) -> None:
        """End the streams and all waits for clients."""
        self.has_begun = True
        self._end_streams()
        for wait in self._waits:
            if not wait.expired():
                wait.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def wait(self, seconds: float) -> AsyncIterator[None]:
        """Limit a wait for a client in the block, by time and by the shutdown.

        Raises:
            TimeoutError: if the block has not ended by then.
        """
        async with asyncio.timeout(0 if self.has_begun else seconds) as wait:
            self._waits.add(wait)
            try:
                yield
            finally:
                self._waits.discard(wait)
