"""Counters without gaps, which order events."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sqlalchemy import select, update

from cms.errors import DatabaseError
from cms.storage.database import ReadSession, WriteSession
from cms.tables import Counter

Numbered: TypeAlias = Literal["attestation", "audit", "position", "taxonomy"]


async def advance(session: WriteSession, name: Numbered) -> int:
    """Return the next number, and lock the counter until the transaction ends.

    A failed transaction returns its number, so there are no gaps. Numbers are assigned by one
    transaction at a time, so their order is that of the commits.
    """
    raised = update(Counter).where(Counter.name == name).values(value=Counter.value + 1)
    number: int | None = await session.scalar(raised.returning(Counter.value))
    return _present(number, name)


async def wait_for_turn(session: WriteSession, name: Numbered) -> None:
    """Lock the counter without taking a number."""
    await session.execute(select(Counter.value).where(Counter.name == name).with_for_update())


async def current(session: ReadSession, name: Numbered) -> int:
    """Return the last assigned number; 0 if there is none."""
    return _present(await session.scalar(select(Counter.value).where(Counter.name == name)), name)


def _present(number: int | None, name: Numbered) -> int:
    if number is None:
        raise DatabaseError(f"the counter {name!r} is missing; restore it from a backup")
    return number
