"""Positions as clients hold them, by their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cms.storage.database import Database
from cms.tables import Position, Publication
from tests.builders import FOUNDED


async def tokens_of(database: Database) -> Sequence[str]:
    """Return the tokens of the positions since a newsroom was founded, in order.

    The first is the beginning, with the people and categories that the newsroom begins with; the
    positions at which further ones became public, as of the same day, are left out.
    """
    async with database.reading() as session:
        rows = list(await session.scalars(select(Position).order_by(Position.number)))
        beside = select(Publication.position).where(Publication.published_at == FOUNDED)
        founding = set(await session.scalars(beside))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    tokens = {row.number: f"{row.number}.{row.nonce}" for row in rows}
    own = [number for number in tokens if number not in founding]
    first = own[0] if own else len(rows) + 1
    return [tokens.get(first - 1, "0"), *(tokens[number] for number in own)]


async def token_at(database: Database, number: int | None) -> str:
    """Return the token of the position with a number, such as that of a publication."""
    async with database.reading() as session:
        row = await session.get_one(Position, number)
        return f"{row.number}.{row.nonce}"


def number_of(token: str) -> int:
    """Return the number of a position, which clients have no use for."""
    return int(token.partition(".")[0])
