"""The number of public entries, by which the work of a query is estimated."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping

from sqlalchemy import func, select

from cms.errors import DatabaseError
from cms.reading.periods import is_public_now
from cms.reading.visibility import is_of_site
from cms.storage.database import Database, ReadSession
from cms.tables import Entry, Publication

_log = logging.getLogger("copydesk")

# After so long they are counted again, in seconds.
_FRESH = 60.0


async def count_entries(session: ReadSession) -> Mapping[str, int]:
    """Return how many editions of each content type are public."""
    counted = (
        select(Publication.content_type, func.count())
        .where(is_public_now(Publication))
        .group_by(Publication.content_type)
    )
    return dict((await session.execute(counted)).all())


async def has_entries(session: ReadSession) -> bool:
    """Return whether there is any entry of the site's own types: a draft, public or archived."""
    own = select(Entry.id).where(is_of_site(Entry.content_type)).limit(1)
    return await session.scalar(own) is not None


class EntryCounts:
    """The number of public entries of each content type, counted now and then.

    Only the first request of all waits for it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Mapping[str, int] | None = None
        self._counted_at = -math.inf
        self._counting: asyncio.Task[None] | None = None

    async def current(self) -> Mapping[str, int]:
        """Return the counts of a minute ago, or later; none while the database is away."""
        if time.monotonic() > self._counted_at + _FRESH and self._counting is None:
            self._counting = asyncio.create_task(self._count())
        if self._counts is None and self._counting is not None:
            await asyncio.shield(self._counting)
        return self._counts or {}

    async def close(self) -> None:
        """Wait until nothing is being counted."""
        if self._counting is not None:
            await asyncio.wait({self._counting})

    async def _count(self) -> None:
        # Not tried again at once, should it fail.
        self._counted_at = time.monotonic()
        try:
            async with self._database.reading() as session:
                self._counts = await count_entries(session)
        except DatabaseError:
            _log.warning("The public entries could not be counted; the last count is used.")
        finally:
            self._counting = None
