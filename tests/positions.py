"""Positions as clients hold them, by their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cms.storage.database import Database
from cms.tables import Position


async def tokens_of(database: Database) -> Sequence[str]:
    """Return the tokens of all positions of a database, in order: the first is the beginning."""
    async with database.reading() as session:
        rows = list(await session.scalars(select(Position).order_by(Position.number)))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    return ["0", *(f"{row.number}.{row.nonce}" for row in rows)]


def number_of(token: str) -> int:
    """Return the number of a position, which clients have no use for."""
    return int(token.partition(".")[0])
