"""Numbers without gaps, which order what happens."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sqlalchemy import select, update

from cms.errors import DatabaseError
from cms.storage.database import ReadSession, WriteSession
from cms.tables import Counter

Numbered: TypeAlias = Literal["attestation", "audit", "position", "taxonomy"]


async def advance(session: WriteSession, name: Numbered) -> int:
    """Return the next number. Whoever wants the one after it waits for this transaction to end.

    Since a transaction that fails gives its number back, there are no gaps, and since numbers
    are given out one transaction at a time, their order is the order of the commits.
    """
    raised = update(Counter).where(Counter.name == name).values(value=Counter.value + 1)
    number: int | None = await session.scalar(raised.returning(Counter.value))
    return _present(number, name)


async def wait_for_turn(session: WriteSession, name: Numbered) -> None:
    """Wait until this transaction is the one to take the next number, if it takes one."""
    await session.execute(select(Counter.value).where(Counter.name == name).with_for_update())


async def current(session: ReadSession, name: Numbered) -> int:
    """Return the number that was given out last; 0 if none was."""
    return _present(await session.scalar(select(Counter.value).where(Counter.name == name)), name)


def _present(number: int | None, name: Numbered) -> int:
    if number is None:
        raise DatabaseError(f"the counter {name!r} is missing; restore it from a backup")
    return number
