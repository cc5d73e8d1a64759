"""What a field's value is in SQL: lists are filtered, ordered, counted and indexed by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, literal_column

from cms.content.fields import (
    Boolean,
    Choice,
    Colour,
    Date,
    DateTime,
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
from cms.storage.dialects import (
    BooleanOf,
    ColourOf,
    IntegerOf,
    JsonScalar,
    MomentOf,
    NumberOf,
    TextOf,
)

Sql: TypeAlias = ColumnElement[Any]

# How the scalar that is stored is compared; a kind that is not named here is compared like the
# kind it inherits from.
_VALUES: Mapping[type[Field], Callable[[Sql], Sql]] = {
    Text: TextOf,
    Number: NumberOf,
    Integer: IntegerOf,
    Boolean: BooleanOf,
    Date: TextOf,
    DateTime: MomentOf,
    Url: TextOf,
    Email: TextOf,
    Colour: ColourOf,
    Choice: TextOf,
    Reference: TextOf,
    Json: TextOf,  # each database writes it its own way, but knows whether there is any
}


def value_in(field: Field, document: Sql) -> Sql:
    """Return the value of a field, as it is compared; JSON only with null.

    Args:
        field: the field.
        document: the JSON object that holds it.

    Raises:
        TypeError: if its value is neither one scalar nor JSON.
    """
    name: Sql = literal_column(f"'{field.name}'")
    return value_of(field, JsonScalar(document, name))


def value_of(field: Field, scalar: Sql) -> Sql:
    """Return a scalar that a field has stored, as it is compared; JSON only with null.

    Raises:
        TypeError: if the field stores neither scalars nor JSON.
    """
    kind = _kind_of(field)
    if kind is None:
        raise TypeError(f"a {type(field).__name__} is not compared as one value")
    return _VALUES[kind](scalar)


def _kind_of(field: Field) -> type[Field] | None:
    return next((kind for kind in type(shown_as(field)).__mro__ if kind in _VALUES), None)
