"""Field values in SQL, by which lists are filtered, ordered, counted and indexed.

``_ROWS`` has a row for each kind of field; a kind without one is read like the kind that it
inherits from. The row of a decimal depends on its places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, case, cast, literal_column
from sqlalchemy import Text as SqlText

from cms.content.fields import (
    Boolean,
    Choice,
    Colour,
    Date,
    DateTime,
    Decimal,
    Email,
    Field,
    Integer,
    Json,
    Number,
    Reference,
    Text,
    Url,
)
from cms.content.fields.computed import shown_as
from cms.content.fields.kinds import row_of
from cms.storage.dialects import (
    BooleanOf,
    ColourOf,
    DecimalText,
    IntegerOf,
    JsonScalar,
    JustNumber,
    MomentOf,
    NumberOf,
    NumberText,
    TextOf,
    as_decimal,
)

Sql: TypeAlias = ColumnElement[Any]
Reading: TypeAlias = Callable[[Sql], Sql]


def _as_text(value: Sql) -> Sql:
    return cast(value, SqlText)


def _just(number: Reading) -> Reading:
    return lambda scalar: number(JustNumber(scalar))


def _word(value: Sql) -> Sql:
    true, false = (literal_column(f"'{word}'", SqlText()) for word in ("true", "false"))
    return case((value.is_(None), None), (value, true), else_=false)


@dataclass(frozen=True)
class _Row:
    """SQL for the stored scalars of a kind of field.

    Attributes:
        compared: the value that filters, orders and indexes compare.
        counted: the value that is counted and summed up; that which is compared if ``None``.
        written: what was counted, as text.
        ignores_case: whether it is ordered without regard to case.
    """

    compared: Reading
    counted: Reading | None = None
    written: Reading = _as_text
    ignores_case: bool = False


_ROWS: Mapping[type[Field], _Row] = {
    Text: _Row(TextOf, ignores_case=True),
    Number: _Row(_just(NumberOf), written=NumberText),
    Integer: _Row(_just(IntegerOf), written=NumberText),
    Boolean: _Row(BooleanOf, written=_word),
    Date: _Row(TextOf),
    DateTime: _Row(MomentOf, counted=TextOf),
    Url: _Row(TextOf, ignores_case=True),
    Email: _Row(TextOf, ignores_case=True),
    Colour: _Row(ColourOf),
    Choice: _Row(TextOf),
    Reference: _Row(TextOf),
    Json: _Row(TextOf),  # each database writes it its own way, but knows whether there is any
}


@cache
def _decimals(places: int) -> _Row:
    def compared(scalar: Sql) -> Sql:
        return as_decimal(scalar, places)

    return _Row(compared, written=lambda counted: DecimalText(counted, places))


def value_in(field: Field, document: Sql) -> Sql:
    """Return the value of a field, as it is compared; JSON only with null.

    Args:
        field: the field.
        document: the JSON object that holds it.

    Raises:
        TypeError: if its value is neither one scalar nor JSON.
    """
    return value_of(field, _scalar_in(field, document))


def value_of(field: Field, scalar: Sql) -> Sql:
    """Return a scalar that a field has stored, as it is compared; JSON only with null.

    Raises:
        TypeError: if the field stores neither scalars nor JSON.
    """
    return _row(field).compared(scalar)


def counted_in(field: Field, document: Sql) -> Sql:
    """Return the value of a field, as it is counted and summed up.

    Args:
        field: the field.
        document: the JSON object that holds it.

    Raises:
        TypeError: if its value is neither one scalar nor JSON.
    """
    return counted_of(field, _scalar_in(field, document))


def counted_of(field: Field, scalar: Sql) -> Sql:
    """Return a scalar that a field has stored, as it is counted and summed up.

    Raises:
        TypeError: if the field stores neither scalars nor JSON.
    """
    row = _row(field)
    return (row.counted or row.compared)(scalar)


def ignores_case(field: Field) -> bool:
    """Return whether entries are ordered by a field without regard to case.

    Raises:
        TypeError: if the field stores neither scalars nor JSON.
    """
    return _row(field).ignores_case


def count_text(field: Field, counted: Sql) -> Sql:
    """Return what was counted of a field, as text.

    Raises:
        TypeError: if the field stores neither scalars nor JSON.
    """
    return _row(field).written(counted)


def _scalar_in(field: Field, document: Sql) -> Sql:
    name: Sql = literal_column(f"'{field.stored_name}'")
    return JsonScalar(document, name)


def _row(field: Field) -> _Row:
    shown = shown_as(field)
    row = _decimals(shown.places) if isinstance(shown, Decimal) else row_of(field, _ROWS)
    if row is None:
        raise TypeError(f"a {type(shown).__name__} is not compared as one value")
    return row
