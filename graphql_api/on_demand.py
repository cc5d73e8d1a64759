"""Parts of the app that are made when they are first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class OnDemand(Generic[T]):
    """A part of the app that takes long to make. A thread makes it for the first call.

    Args:
        make: makes it.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: Future[T] | None = None

    async def get(self) -> T:
        """Return the part. If it could not be made, the next call tries again."""
        if self._made is None or (self._made.done() and self._made.exception() is not None):
            executor = ThreadPoolExecutor(1, "copydesk-on-demand")
            self._made = executor.submit(self._make)
            executor.shutdown(wait=False)  # the thread ends with its work
        if self._made.done():
            return self._made.result()
        making = asyncio.wrap_future(self._made)
        # One of several callers can be cancelled without the others, and then looks at no error.
        making.add_done_callback(lambda made: made.cancelled() or made.exception())
        return await asyncio.shield(making)

    async def close(self) -> None:
        """Wait for the thread, if it is making the part."""
        if self._made is not None and not self._made.done():
            with suppress(Exception):  # as reported to those who wait for the part
                await self.get()
