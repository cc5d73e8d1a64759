"""The size of a site, by which the work of a query is estimated."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import SQLColumnExpression, func, select

from cms.errors import DatabaseError
from cms.reading.periods import is_public_now
from cms.reading.positions import newest_position
from cms.reading.visibility import is_of_site
from cms.storage.database import Database, ReadSession
from cms.tables import Entry, Publication, SearchWord

_log = logging.getLogger("copydesk")

# After so long it is measured again, in seconds; and its words, of which a large site has many.
_FRESH, _FRESH_WORDS = 60.0, 600.0
# A word is common if one public edition of so many has it.
_COMMON = 50
# The letters of a beginning.
BEGINNING = 3


@dataclass(frozen=True)
class WordShares:
    """The shares of the public editions that have a word, from 0 to 1.

    Attributes:
        editions: of those that have it anywhere.
        titles: of those that have it in their title or summary.
    """

    editions: float
    titles: float


@dataclass(frozen=True)
class SiteSize:
    """The size of a site.

    Attributes:
        entries: the number of public editions of each content type, by its stored name.
        position: the number of the last position.
        words: the shares of the words that are common, by the word without case and accents.
        beginnings: those of words that begin with three letters, by these.
    """

    entries: Mapping[str, int] = field(default_factory=dict)
    position: int = 0
    words: Mapping[str, WordShares] = field(default_factory=dict)
    beginnings: Mapping[str, WordShares] = field(default_factory=dict)

    @property
    def editions(self) -> int:
        """The number of public editions of all content types."""
        return sum(self.entries.values())


async def measure_site(session: ReadSession) -> SiteSize:
    """Return the size of the site, without words."""
    counted = (
        select(Publication.content_type, func.count())
        .where(is_public_now(Publication))
        .group_by(Publication.content_type)
    )
    entries = dict((await session.execute(counted)).all())
    position = await session.scalar(select(newest_position()))
    return SiteSize(entries, position or 0)


async def measure_words(session: ReadSession, size: SiteSize) -> SiteSize:
    """Return the size of the site with its common words, for which all words are read."""
    words, beginnings = [
        await _common(session, key, size.editions)
        for key in (SearchWord.folded, func.substr(SearchWord.folded, 1, BEGINNING))
    ]
    return replace(size, words=words, beginnings=beginnings)


async def _common(
    session: ReadSession, key: SQLColumnExpression[str], editions: int
) -> Mapping[str, WordShares]:
    """Return the shares of the editions that have words with a key, for common ones."""
    numbers = (SearchWord.editions, SearchWord.titles)
    every = (
        select(key.label("key"), *(func.sum(each).label(each.key) for each in numbers))
        .group_by(key)
        .subquery("every")
    )
    common = select(*every.c).where(every.c.editions * _COMMON >= editions)

    def share(count: int) -> float:
        return min(1.0, int(count) / max(editions, 1))

    rows = await session.execute(common)
    return {word: WordShares(*map(share, counts)) for word, *counts in rows}


async def has_entries(session: ReadSession) -> bool:
    """Return whether there is any entry of the site's own types: a draft, public or archived."""
    own = select(Entry.id).where(is_of_site(Entry.content_type)).limit(1)
    return await session.scalar(own) is not None


class KnownSize:
    """The size of a site, measured now and then.

    Only the first request of all waits for it, and none for the words: until they are known, all
    words are taken for rare ones.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._size: SiteSize | None = None
        self._measured_at = self._words_at = -math.inf
        self._is_known = asyncio.Event()
        self._measuring: asyncio.Task[None] | None = None

    async def current(self) -> SiteSize:
        """Return the size of a minute ago, or later; that of an empty site without a database."""
        if time.monotonic() > self._measured_at + _FRESH and self._measuring is None:
            self._measuring = asyncio.create_task(self._measure())
        if self._size is None and self._measuring is not None:
            await self._is_known.wait()
        return self._size or SiteSize()

    async def close(self) -> None:
        """Wait until nothing is being measured."""
        if self._measuring is not None:
            await asyncio.wait({self._measuring})

    async def _measure(self) -> None:
        # Not tried again at once, should it fail.
        now = self._measured_at = time.monotonic()
        try:
            async with self._database.reading() as session:
                last, size = self._size or SiteSize(), await measure_site(session)
                size = replace(size, words=last.words, beginnings=last.beginnings)
                self._size = size
                self._is_known.set()
                if now > self._words_at + _FRESH_WORDS:
                    self._size = await measure_words(session, size)
                    self._words_at = now
        except DatabaseError:
            _log.warning("The size of the site could not be measured; the last one is used.")
        finally:
            self._is_known.set()
            self._measuring = None
