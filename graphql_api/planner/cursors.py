"""Keyset cursors: the position of a row in an order, after which a page can start.

A cursor is the hexadecimal of a JSON array: a mark of the order, then the row's values of the
order's keys. It has no other values, and it stays valid when rows are added or removed between
two pages.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, or_, tuple_

from cms import clock
from cms.content.fields.decimals import decimal_of
from cms.storage.dialects import Moment, Scaled
from graphql_api.planner.declarations import OrderKey
from graphql_api.planner.json_sql import Hexadecimal, JsonTuple, json_of, text
from graphql_api.planner.source import Sql, SqlType

_NO_CURSOR = "This is not a cursor; use one from pageInfo or an edge."
_UNFIT = "The cursor has a value that does not fit its order."


class BadCursor(ValueError):
    """A cursor that is none of this order."""


def cursor_of(mark: str, keys: Sequence[OrderKey]) -> ColumnElement[str]:
    """Return the cursor of a row."""
    return Hexadecimal(JsonTuple(text(mark), *(json_of(key.sql) for key in keys)))


def decode(cursor: str, mark: str, count: int) -> list[Any]:
    """Return the key values of a cursor.

    Raises:
        BadCursor: if it was not made for this order.
    """
    try:
        found, *values = json.loads(bytes.fromhex(cursor))
    except (ValueError, TypeError, RecursionError):
        raise BadCursor(_NO_CURSOR) from None
    if found != mark or len(values) != count:
        raise BadCursor("The cursor belongs to another order; start again from the first page.")
    if any(isinstance(value, list | dict) for value in values):
        raise BadCursor(_NO_CURSOR)
    return list(values)


def value_for(key: OrderKey, value: Any) -> Any:
    """Return a decoded value in the type of the key's column.

    Raises:
        BadCursor: if it cannot be one of the column's.
    """
    if value is None and key.nullable:
        return None
    if isinstance(key.sql.type, Moment):
        return _moment(value)
    if isinstance(key.sql.type, Scaled):
        return _decimal(value)
    expected = key.sql.type.python_type
    if type(value) is not expected and not (expected is float and type(value) is int):
        raise BadCursor(_UNFIT)
    if not _can_be_held(value, key.sql.type):
        raise BadCursor(_UNFIT)
    return float(value) if expected is float else value


def _can_be_held(value: Any, type_: SqlType) -> bool:
    """Return whether a column of the type can hold a value of its kind."""
    match value:
        case str():
            return not any("\ud800" <= each <= "\udfff" for each in value)  # a lone surrogate
        case bool():
            return True
        case int() if isinstance(type_, Integer):
            beyond = 2**63 if isinstance(type_, BigInteger) else 2**31
            return -beyond <= value < beyond
        case int() | float():
            return bool(abs(value) <= sys.float_info.max)  # false for NaN
    return True


def _moment(value: Any) -> datetime:
    moment = clock.parse(value)
    if moment is None:
        raise BadCursor(_UNFIT)
    return moment


def _decimal(value: Any) -> Decimal:
    number = decimal_of(value) if isinstance(value, str) else None
    if number is None:
        raise BadCursor(_UNFIT)
    return number


def is_behind(keys: Sequence[OrderKey], cursor: Sequence[Sql]) -> ColumnElement[bool]:
    """Return whether a row comes after the cursor.

    If all keys have the same direction and none can be null, this is a comparison of tuples,
    which can use an index over the keys.
    """
    keys, cursor = _compared(keys, cursor)
    if (descending := _one_direction(keys)) is not None:
        row, other = tuple_(*(key.sql for key in keys)), tuple_(*cursor)
        return row < other if descending else row > other
    follows = _follows(keys, [key.sql for key in keys], cursor)
    return and_(*_bound(keys, cursor, is_upper=keys[0].descending), follows)


def is_ahead(keys: Sequence[OrderKey], cursor: Sequence[Sql]) -> ColumnElement[bool]:
    """Return whether a row comes before the cursor."""
    keys, cursor = _compared(keys, cursor)
    if (descending := _one_direction(keys)) is not None:
        row, other = tuple_(*(key.sql for key in keys)), tuple_(*cursor)
        return row > other if descending else row < other
    follows = _follows(keys, cursor, [key.sql for key in keys])
    return and_(*_bound(keys, cursor, is_upper=not keys[0].descending), follows)


def _bound(
    keys: Sequence[OrderKey], cursor: Sequence[Sql], *, is_upper: bool
) -> list[ColumnElement[bool]]:
    """Return the bound of the first key, at which an index over it can begin, if it has one.

    It follows from the comparison of all keys, which databases do not see.
    """
    if keys[0].nullable:
        return []
    return [keys[0].sql <= cursor[0] if is_upper else keys[0].sql >= cursor[0]]


def _compared(
    keys: Sequence[OrderKey], cursor: Sequence[Sql]
) -> tuple[Sequence[OrderKey], Sequence[Sql]]:
    """Return the keys by which rows are compared, with the values of the cursor."""
    chosen = [each for each in zip(keys, cursor, strict=True) if not each[0].is_same]
    return [key for key, _ in chosen], [value for _, value in chosen]


def _one_direction(keys: Sequence[OrderKey]) -> bool | None:
    directions = {key.descending for key in keys}
    is_simple = len(directions) == 1 and not any(key.nullable for key in keys)
    return directions.pop() if is_simple else None


def _follows(
    keys: Sequence[OrderKey], one: Sequence[Sql], other: Sequence[Sql]
) -> ColumnElement[bool]:
    """Return whether one tuple of key values comes later in the order than the other."""
    ways: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, left, right in zip(keys, one, other, strict=True):
        later = left < right if key.descending else left > right
        if key.nullable:
            later = and_(right.is_not(None), or_(left.is_(None), later))
        ways.append(and_(*equal, later))
        equal.append(left.is_not_distinct_from(right))
    return or_(*ways)
