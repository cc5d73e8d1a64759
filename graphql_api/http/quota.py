"""What an account may have open at a time, on all of its sockets and streams in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakValueDictionary

from cms.authorization.actor import Actor
from graphql_api.http.errors import RequestFailed, request_failure
from graphql_api.http.live import LiveLimits
from graphql_api.http.messages import CloseCode, Closed


class Quota:
    """What one account has open."""

    def __init__(self, limits: LiveLimits) -> None:
        self._limits = limits
        self._sockets = 0
        self._turns = asyncio.Semaphore(limits.operations)

    @contextmanager
    def socket(self) -> Iterator[None]:
        """Hold one of the sockets.

        Raises:
            Closed: if all are held.
        """
        if self._sockets >= self._limits.sockets:
            reason = (
                f"Your account has {self._limits.sockets:,} open sockets, which is the limit; "
                "close one of them first."
            )
            raise Closed(CloseCode.TRY_AGAIN_LATER, reason)
        self._sockets += 1
        try:
            yield
        finally:
            self._sockets -= 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Be one of the operations that run at once.

        Raises:
            RequestFailed: if none of the others ends in time.
        """
        try:
            async with asyncio.timeout(self._limits.turn_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise self.too_many() from None
        try:
            yield
        finally:
            self._turns.release()

    def too_many(self) -> RequestFailed:
        """Return the failure of an operation that is one too many."""
        message = (
            f"Your account has {self._limits.operations:,} running operations, which is the limit; "
            "complete one of them first."
        )
        return request_failure(message, "LIMIT_EXCEEDED", status=429)


class Quotas:
    """The quotas of accounts; one exists for as long as its account has something open."""

    def __init__(self) -> None:
        self._quotas: WeakValueDictionary[str, Quota] = WeakValueDictionary()

    def of(self, actor: Actor, limits: LiveLimits) -> Quota:
        """Return the quota of an actor's account."""
        return self._quotas.setdefault(actor.name, Quota(limits))
