"""Positions: the numbers, with nonces, of the commands that changed what readers get."""

from __future__ import annotations

from datetime import datetime

from cms.identifiers import new_nonce
from cms.tables import Position


def position_after(last: int, now: datetime) -> Position:
    """Return the row of the next position, still to be inserted.

    The counter is locked since its last number was read and until the transaction ends, so the
    order of positions is the order of the commits: a reader that sees a position sees everything
    that has a lower one.

    Args:
        last: the last number of the counter.
        now: the time of the command.
    """
    return Position(number=last + 1, nonce=new_nonce(), taken_at=now)
