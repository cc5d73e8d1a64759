"""Counters without gaps, which order audit records, attestations and publications."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sqlalchemy import select, update

from cms.errors import DatabaseError
from cms.storage.database import ReadSession, WriteSession
from cms.tables import Counter

CounterName: TypeAlias = Literal["attestation", "audit", "people", "position", "taxonomy"]


async def advance(session: WriteSession, name: CounterName, count: int = 1) -> int:
    """Take the next numbers of a counter, and return the last one.

    Other callers wait for this transaction to end. A transaction that is rolled back returns its
    numbers, so there are no gaps. One transaction at a time takes numbers, so their order is the
    order of the commits.

    Raises:
        DatabaseError: if the counter is missing.
    """
    raised = update(Counter).where(Counter.name == name).values(value=Counter.value + count)
    number: int | None = await session.scalar(raised.returning(Counter.value))
    return _value_of(number, name)


async def wait_for_turn(session: WriteSession, name: CounterName) -> None:
    """Lock the counter until this transaction ends, without taking a number."""
    await session.execute(select(Counter.value).where(Counter.name == name).with_for_update())


async def current(session: ReadSession, name: CounterName) -> int:
    """Return the last number of a counter; 0 if none was taken.

    Raises:
        DatabaseError: if the counter is missing.
    """
    return _value_of(await session.scalar(select(Counter.value).where(Counter.name == name)), name)


def _value_of(number: int | None, name: CounterName) -> int:
    if number is None:
        raise DatabaseError(f"the counter {name!r} is missing; restore it from a backup")
    return number
