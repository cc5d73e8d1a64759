"""Walking along a chain of hashes, and what is found."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute

from cms.errors import AttestationError, DatabaseDamaged
from cms.storage.database import ReadSession

Rows: TypeAlias = Select[*tuple[Any, ...]]
AnyRow: TypeAlias = Row[*tuple[Any, ...]]

# What the first link of a chain names as the one before.
FIRST = "0" * 64

_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Broken:
    """A chain that does not hold.

    Attributes:
        sequence: the number of the first link that does not.
        reason: what is wrong with it.
    """

    sequence: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link of a chain, as it is stored.

    Attributes:
        previous: what it names as the hash of the link before.
        hash: what is stored as its hash.
        computed: what the hash of its content is.
    """

    previous: str
    hash: str
    computed: str


@dataclass(frozen=True)
class Verified:
    """A chain that holds, from its first link on.

    Attributes:
        count: the number of links.
        head_hash: the hash of the last one; 64 zeros if there is none.
    """

    count: int = 0
    head_hash: str = FIRST

    def followed_by(self, link: Link) -> Verified | Broken:
        """Return the chain with another link, or what is wrong with that link."""
        following = self.count + 1
        if link.hash != link.computed:
            return Broken(following, "its content does not match its hash")
        if link.previous != self.head_hash:
            return Broken(following, "it does not contain the hash of the one before")
        return Verified(following, link.hash)

    def ended_at(self, last: int) -> Verified | Broken:
        """Return the chain if the number that was given out last is that of its last link."""
        if last > self.count:
            return Broken(self.count + 1, f"it is missing; numbers were assigned up to {last}")
        if last < self.count:
            return Broken(last + 1, f"it was added by hand; numbers were assigned up to {last}")
        return self


class UnreadableError(Exception):
    """A row holds what is no value of its column's type."""


def unnoticed(_: int) -> None:
    """Take note of no progress."""


async def walk(
    session: ReadSession,
    chosen: Rows,
    sequence: InstrumentedAttribute[int],
    *,
    link_of: Callable[[AnyRow], Link],
    seen: Callable[[int], object],
) -> Verified | Broken:
    """Walk along a chain to its end, or to the first link that does not hold.

    Args:
        session: where to read.
        chosen: the rows; the first column is the number, which begins at 1.
        sequence: that column.
        link_of: makes a row a link; raises ``AttestationError`` or ``ValueError`` if it is none.
        seen: is told of every link, with the number 1.
    """
    so_far = Verified()
    try:
        async with aclosing(in_order(session, chosen, sequence)) as rows:
            async for row in rows:
                step = _step(so_far, row, link_of)
                if isinstance(step, Broken):
                    return step
                so_far = step
                seen(1)
    except UnreadableError as error:
        return Broken(so_far.count + 1, f"it cannot be read: {error}")
    return so_far


async def in_order(
    session: ReadSession, chosen: Rows, key: ColumnElement[Any] | InstrumentedAttribute[Any]
) -> AsyncGenerator[AnyRow]:
    """Yield rows in the order of their keys, with only a few of them in memory at a time.

    Args:
        session: where to read.
        chosen: the rows; the first column is the key.
        key: that column.

    Raises:
        UnreadableError: in place of the first row that cannot be read.
    """
    last, reason = None, ""
    # A row that cannot be read takes those along that are fetched with it, so the second try
    # fetches one at a time.
    for at_once in (_ROWS_AT_ONCE, 1):
        rest = chosen if last is None else chosen.where(key > last)
        try:
            async for row in _stream(session, rest.order_by(key), at_once):
                last = row[0]
                yield row
        except (ValueError, TypeError, RecursionError, DBAPIError, DatabaseDamaged) as error:
            reason = reason or str(error.orig if isinstance(error, DBAPIError) else error)
        else:
            return
    raise UnreadableError(reason)


def _step(so_far: Verified, row: AnyRow, link_of: Callable[[AnyRow], Link]) -> Verified | Broken:
    following = so_far.count + 1
    if row[0] != following:
        return Broken(following, f"it is missing; {row[0]} comes next")
    try:
        return so_far.followed_by(link_of(row))
    except (AttestationError, ValueError) as error:
        return Broken(following, str(error))
    except RecursionError:
        return Broken(following, "it is nested too deeply")


async def _stream(session: ReadSession, chosen: Rows, at_once: int) -> AsyncIterator[AnyRow]:
    # What the session holds already is read again: the point is what is stored.
    options = {"yield_per": at_once, "populate_existing": True}
    result = await session.stream(chosen, execution_options=options)
    try:
        async for row in result:
            yield row
    finally:
        await result.close()
