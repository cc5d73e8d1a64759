"""The transactions of an import: many short ones, or a single one that may be rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import monotonic
from typing import Protocol

from cms.authorization.actor import OPERATOR
from cms.work.work import Desk, Reading, Work

# On SQLite, a writer that waits for another looks ten times a second whether it has ended, and
# would miss the moments between transactions that follow each other.
_PAUSE_SECONDS = 0.12
# Time in transactions after which there is a pause.
_WORK_SECONDS = 0.25


class Transactions(Protocol):
    """The transactions of an import, each of the operator."""

    def work(self) -> AbstractAsyncContextManager[Work]:
        """Open the next transaction; what is done in it stays, whatever comes after."""

    def reading(self) -> AbstractAsyncContextManager[Reading]:
        """Open a snapshot with all that was done before."""


class ShortTransactions:
    """Transactions that are committed one by one; on SQLite, pauses let other writers in.

    Args:
        desk: the site with its database.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._worked = 0.0

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """Open a transaction."""
        began = monotonic()
        async with self._desk.work(OPERATOR) as work:
            yield work
        self._worked += monotonic() - began
        if self._desk.database.is_file and self._worked >= _WORK_SECONDS:
            await asyncio.sleep(_PAUSE_SECONDS)
            self._worked = 0.0

    def reading(self) -> AbstractAsyncContextManager[Reading]:
        """Open a snapshot."""
        return self._desk.reading(OPERATOR)


class OneTransaction:
    """A single transaction for the whole import.

    Args:
        work: the transaction.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """Return the transaction."""
        yield self._work

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """Return the transaction."""
        yield self._work
