"""The transactions of an import: many short ones, or a single one that may be rolled back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from cms.authorization.actor import OPERATOR
from cms.work.work import Desk, Reading, Work


class Transactions(Protocol):
    """The transactions of an import, each of the operator."""

    def work(self) -> AbstractAsyncContextManager[Work]:
        """Open the next transaction; what is done in it stays, whatever comes after."""

    def reading(self) -> AbstractAsyncContextManager[Reading]:
        """Open a snapshot with all that was done before."""


class ShortTransactions:
    """Transactions that are committed one by one; other writers get in between.

    Args:
        desk: the site with its database.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def work(self) -> AbstractAsyncContextManager[Work]:
        """Open a transaction."""
        return self._desk.work(OPERATOR)

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
