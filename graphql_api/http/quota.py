"""The quota of an account's sockets, streams and operations in this process."""

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
    """The open sockets and operations of one account."""

    def __init__(self, limits: LiveLimits) -> None:
        self._limits = limits
        self._sockets = 0
        self._turns = asyncio.Semaphore(limits.operations)

    @contextmanager
    def socket(self) -> Iterator[None]:
        """Count a socket during the block.

        Raises:
            Closed: if the account has too many.
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
        """Count a running operation during the block, waiting for a free place.

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
        """Return the failure of an operation above the quota."""
        message = (
            f"Your account has {self._limits.operations:,} running operations, which is the limit; "
            "complete one of them first."
        )
        return request_failure(message, "LIMIT_EXCEEDED", status=429)


class Quotas:
    """The quotas of accounts; each exists while its account has something open."""

    def __init__(self) -> None:
        self._quotas: WeakValueDictionary[str, Quota] = WeakValueDictionary()

    def of(self, actor: Actor, limits: LiveLimits) -> Quota:
        """Return the quota of an actor's account."""
        return self._quotas.setdefault(actor.name, Quota(limits))
