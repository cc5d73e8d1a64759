"""Tables with a row for each kind of field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from cms.content.fields.base import Field
from cms.content.fields.computed import shown_as

T = TypeVar("T")


def row_of(field: Field, rows: Mapping[type[Field], T]) -> T | None:
    """Return the row of a field's kind, or that of the nearest kind it inherits from.

    A computed field is of the kind that is computed.
    """
    kinds = type(shown_as(field)).__mro__
    return next((rows[kind] for kind in kinds if kind in rows), None)
