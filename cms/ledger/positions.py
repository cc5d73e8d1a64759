"""Positions: the numbers, with nonces, of the commands that changed what readers get."""

from __future__ import annotations

from datetime import datetime

from cms.identifiers import new_nonce
from cms.ledger.counters import advance
from cms.storage.database import WriteSession
from cms.tables import Position


async def take_position(session: WriteSession, now: datetime) -> Position:
    """Advance the counter of positions, and return the row of the new one, still to be inserted.

    The counter's lock is held until the transaction ends, so the order of positions is the order
    of the commits: a reader that sees a position sees everything that has a lower one.

    Args:
        session: the transaction of the command.
        now: the time of the command.

    Raises:
        DatabaseError: if the counter is missing.
    """
    number = await advance(session, "position")
    return Position(number=number, nonce=new_nonce(), taken_at=now)
