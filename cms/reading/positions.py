"""Positions as API clients hold them: a number with its nonce, such as ``22.9f3c0b1d2e4a5566``.

The nonce tells a position from one with the same number in another history of the site, as after a
restored backup. Before the first position of every history is the beginning, ``0``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from cms.reading.aliases import aliased_table, word
from cms.storage.dialects import Key
from cms.tables import Position

_BEGINNING = word("0")
_ZERO: ColumnElement[int] = literal_column("0", BigInteger())
# Numbers of at most 18 digits fit into 64 bits.
_TOKEN = re.compile(r"0|([1-9][0-9]{0,17})\.([0-9a-f]{16})", re.ASCII)


@dataclass(frozen=True)
class PositionToken:
    """A position with its nonce; the beginning has the number 0 and no nonce."""

    number: int
    nonce: str

    def __str__(self) -> str:
        return f"{self.number}.{self.nonce}" if self.number else "0"


def parse_position(text: str) -> PositionToken | None:
    """Return the position that a token names, or ``None`` for anything else."""
    match = _TOKEN.fullmatch(text)
    return None if match is None else PositionToken(int(match[1] or 0), match[2] or "")


def newest_position() -> ColumnElement[int]:
    """Return the number of the last position; 0 if none was taken."""
    newest = aliased_table(Position, "newest_position")
    last = select(func.max(newest.c.number)).scalar_subquery()
    return func.coalesce(last, _ZERO)


def position_token(number: SQLColumnExpression[int]) -> ColumnElement[str]:
    """Return the token of a position, given its number."""
    taken = aliased_table(Position, "taken_position")
    token = cast(taken.c.number, Key) + word(".") + taken.c.nonce
    return func.coalesce(
        select(token).where(taken.c.number == number).scalar_subquery(), _BEGINNING, type_=Key
    )


def has_position(
    number: SQLColumnExpression[int], nonce: SQLColumnExpression[str]
) -> ColumnElement[bool]:
    """Return whether the database has a position with this nonce, or it is the beginning."""
    known = aliased_table(Position, "known_position")
    return or_(number == _ZERO, exists().where(known.c.number == number, known.c.nonce == nonce))
