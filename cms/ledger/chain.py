"""Verification of hash chains."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
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

# The previous hash of a chain's first link.
FIRST = "0" * 64

# Errors of reading a row with a value that is not of its column's type.
UNREADABLE = (ValueError, TypeError, RecursionError, DBAPIError, DatabaseDamaged)

_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class BrokenChain:
    """A chain with a broken link.

    Attributes:
        sequence: number of the first broken link.
        reason: the fault, as a clause for messages.
    """

    sequence: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ChainLink:
    """A stored link of a chain.

    Attributes:
        previous: stored hash of the link before; ``None`` if a purge emptied the link, and it is
            not stored.
        hash: stored hash of the link.
        computed: hash computed from the link's content.
    """

    previous: str | None
    hash: str
    computed: str


@dataclass(frozen=True)
class VerifiedChain:
    """A chain of which every link, from the first, was verified.

    Attributes:
        count: number of links.
        head_hash: hash of the last link; 64 zeros if there is none.
    """

    count: int = 0
    head_hash: str = FIRST

    def with_next(self, link: ChainLink) -> VerifiedChain | BrokenChain:
        """Return the chain with this link appended, or a broken chain if the link does not fit."""
        following = self.count + 1
        if link.hash != link.computed:
            return BrokenChain(following, "its content does not match its hash")
        if link.previous not in (None, self.head_hash):
            return BrokenChain(following, "it does not contain the hash of the one before")
        return VerifiedChain(following, link.hash)

    def check_length(self, last: int) -> VerifiedChain | BrokenChain:
        """Return the chain if its length is the last value of the counter, else a broken chain."""
        if last > self.count:
            return BrokenChain(self.count + 1, f"it is missing; numbers were assigned up to {last}")
        if last < self.count:
            return BrokenChain(
                last + 1, f"it was added by hand; numbers were assigned up to {last}"
            )
        return self


class UnreadableError(Exception):
    """A row cannot be read: it has a value that is not of its column's type."""


def ignore_progress(_: int) -> None:
    """Do nothing: the default callback for progress."""


async def walk(
    session: ReadSession,
    chosen: Rows,
    sequence: InstrumentedAttribute[int],
    *,
    link_of: Callable[[AnyRow], ChainLink],
    progress: Callable[[int], object],
    start: VerifiedChain | None = None,
    prepare: Callable[[Sequence[AnyRow]], Awaitable[None]] | None = None,
) -> VerifiedChain | BrokenChain:
    """Verify a chain up to its end or its first broken link.

    Args:
        session: session to read from.
        chosen: query of the rows; the first column is the number, which begins at 1.
        sequence: the column of the number.
        link_of: converts a row to a link; raises ``AttestationError`` or ``ValueError`` if the row
            is not valid.
        progress: called with 1 after each link.
        start: beginning of the chain that is trusted; by default, none.
        prepare: called with each batch of rows before they are converted.
    """
    so_far = start or VerifiedChain()
    rest = chosen.where(sequence > so_far.count) if start is not None else chosen
    try:
        async with aclosing(batches(session, rest, sequence)) as found:
            async for rows in found:
                if prepare is not None:
                    await prepare(rows)
                for row in rows:
                    step = _step(so_far, row, link_of)
                    if isinstance(step, BrokenChain):
                        return step
                    so_far = step
                    progress(1)
    except UnreadableError as error:
        return BrokenChain(so_far.count + 1, f"it cannot be read: {error}")
    return so_far


async def in_order(
    session: ReadSession, chosen: Rows, key: ColumnElement[Any] | InstrumentedAttribute[Any]
) -> AsyncGenerator[AnyRow]:
    """Yield rows in the order of their keys; see :func:`batches`.

    Raises:
        UnreadableError: at the first row that cannot be read.
    """
    async with aclosing(batches(session, chosen, key)) as found:
        async for rows in found:
            for row in rows:
                yield row


async def batches(
    session: ReadSession, chosen: Rows, key: ColumnElement[Any] | InstrumentedAttribute[Any]
) -> AsyncGenerator[Sequence[AnyRow]]:
    """Yield rows in the order of their keys, at most 500 at once.

    Args:
        session: session to read from.
        chosen: query of the rows; the first column is the key.
        key: the column of the key.

    Raises:
        UnreadableError: at the first row that cannot be read.
    """
    last, size, reason = None, _ROWS_AT_ONCE, ""
    while True:
        rest = chosen if last is None else chosen.where(key > last)
        try:
            rows = await _read(session, rest.order_by(key).limit(size))
        except UNREADABLE as error:
            reason = reason or reason_of(error)
            if size == 1:
                raise UnreadableError(reason) from None
            size = 1  # an unreadable row makes its whole batch fail
            continue
        if rows:
            yield rows
        if len(rows) < size:
            return
        last = rows[-1][0]


def reason_of(error: Exception) -> str:
    """Return why a row cannot be read, as the database says it."""
    return str(error.orig if isinstance(error, DBAPIError) else error)


def _step(
    so_far: VerifiedChain, row: AnyRow, link_of: Callable[[AnyRow], ChainLink]
) -> VerifiedChain | BrokenChain:
    following = so_far.count + 1
    if row[0] != following:
        return BrokenChain(following, f"it is missing; {row[0]} comes next")
    try:
        return so_far.with_next(link_of(row))
    except (AttestationError, ValueError) as error:
        return BrokenChain(following, str(error))
    except RecursionError:
        return BrokenChain(following, "it is nested too deeply")


async def _read(session: ReadSession, chosen: Rows) -> Sequence[AnyRow]:
    # Objects that the session has loaded are read again, since the stored values are verified.
    result = await session.execute(chosen, execution_options={"populate_existing": True})
    return result.all()
