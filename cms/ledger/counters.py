"""Numbers without gaps, which order what happens."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import update

from cms.database import WriteSession
from cms.errors import DatabaseError
from cms.tables import Counter


async def advance(session: WriteSession, name: Literal["audit", "position"]) -> int:
    """Return the next number. Whoever wants the one after it waits for this transaction to end.

    Since a transaction that fails gives its number back, there are no gaps, and since numbers
    are given out one transaction at a time, their order is the order of the commits.
    """
    raised = update(Counter).where(Counter.name == name).values(value=Counter.value + 1)
    number: int | None = await session.scalar(raised.returning(Counter.value))
    if number is None:
        raise DatabaseError(f"the counter {name!r} is gone; restore it from a backup")
    return number
