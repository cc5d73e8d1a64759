"""Databases without rows, in which each example of a property begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from cms.storage.database import Database, WriteSession
from tests.conftest import KINDS, Templates


class _Undo(Exception):
    """Ends a transaction that is not to be committed."""


@dataclass(frozen=True)
class Blank:
    """A database that is empty before each attempt.

    Attributes:
        runner: runs what is attempted.
        database: the database.
    """

    runner: asyncio.Runner
    database: Database

    def attempt(self, attempt: Callable[[WriteSession], Awaitable[None]]) -> None:
        """Attempt something in a transaction, and undo it."""
        self.runner.run(self._attempt(attempt))

    async def _attempt(self, attempt: Callable[[WriteSession], Awaitable[None]]) -> None:
        with suppress(_Undo):
            async with self.database.transaction() as session:
                await attempt(session)
                raise _Undo


@pytest.fixture(scope="module", params=KINDS)
def blank(request: pytest.FixtureRequest, templates: Templates) -> Iterator[Blank]:
    """A database without rows."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        database = templates.open(url)
        yield Blank(runner, database)
        runner.run(database.close())
        runner.run(templates.drop(url))
