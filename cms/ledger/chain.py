"""Verification of hash chains."""

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

# The previous hash of the first link of a chain.
FIRST = "0" * 64

_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Broken:
    """An invalid chain.

    Attributes:
        sequence: the number of the first invalid link.
        reason: the fault.
    """

    sequence: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """A stored link of a chain.

    Attributes:
        previous: its hash of the previous link.
        hash: its stored hash.
        computed: the hash of its content.
    """

    previous: str
    hash: str
    computed: str


@dataclass(frozen=True)
class Verified:
    """A valid chain.

    Attributes:
        count: the number of links.
        head_hash: the hash of the last one; 64 zeros if there is none.
    """

    count: int = 0
    head_hash: str = FIRST

    def followed_by(self, link: Link) -> Verified | Broken:
        """Return the chain with another link, or the fault of that link."""
        following = self.count + 1
        if link.hash != link.computed:
            return Broken(following, "its content does not match its hash")
        if link.previous != self.head_hash:
            return Broken(following, "it does not contain the hash of the one before")
        return Verified(following, link.hash)

    def ended_at(self, last: int) -> Verified | Broken:
        """Return the chain if its last link has the last assigned number."""
        if last > self.count:
            return Broken(self.count + 1, f"it is missing; numbers were assigned up to {last}")
        if last < self.count:
            return Broken(last + 1, f"it was added by hand; numbers were assigned up to {last}")
        return self


class UnreadableError(Exception):
    """A row contains a value that is not of its column's type."""


def unnoticed(_: int) -> None:
    """Ignore progress."""


async def walk(
    session: ReadSession,
    chosen: Rows,
    sequence: InstrumentedAttribute[int],
    *,
    link_of: Callable[[AnyRow], Link],
    seen: Callable[[int], object],
) -> Verified | Broken:
    """Verify a chain up to its end or its first invalid link.

    Args:
        session: the session to read in.
        chosen: the rows; the first column is the number, which begins at 1.
        sequence: that column.
        link_of: converts a row to a link; raises ``AttestationError`` or ``ValueError``.
        seen: a progress function, called with 1 for each link.
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
    """Yield rows ordered by key, in small batches.

    Args:
        session: the session to read in.
        chosen: the rows; the first column is the key.
        key: that column.

    Raises:
        UnreadableError: at the first row that cannot be read.
    """
    last, reason = None, ""
    # An unreadable row fails its whole batch, so the second attempt fetches single rows.
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
    # Objects of the session are read again, since the stored values are verified.
    options = {"yield_per": at_once, "populate_existing": True}
    result = await session.stream(chosen, execution_options=options)
    try:
        async for row in result:
            yield row
    finally:
        await result.close()
