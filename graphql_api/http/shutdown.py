"""The end of a server, as far as requests have to know of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Shutdown:
    """Ends what would otherwise keep a server waiting that is about to end.

    Requests that are being answered are not touched: they have their answers soon.

    Args:
        streams: ends the streams that have no end of their own.

    Attributes:
        has_begun: whether the server takes no more requests.
    """

    def __init__(self, streams: Callable[[], None]) -> None:
        self.has_begun = False
        self._end_streams = streams
        self._waits: set[asyncio.Timeout] = set()

    def begin(self) -> None:
        """End the streams, and wait for no client any longer."""
        self.has_begun = True
        self._end_streams()
        for wait in self._waits:
            if not wait.expired():
                wait.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def wait(self, seconds: float) -> AsyncIterator[None]:
        """Wait for a client in the block, for so long or until the server ends.

        Raises:
            TimeoutError: if the block has not ended by then.
        """
        async with asyncio.timeout(0 if self.has_begun else seconds) as wait:
            self._waits.add(wait)
            try:
                yield
            finally:
                self._waits.discard(wait)
