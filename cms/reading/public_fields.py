"""Indexed fields of public pages, whose values publications repeat.

Beside the value of a text is its key, which ignores case. So an index over publications has the
pages of a type in the order of a field, and facets and aggregates of it read no other table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, literal_column

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Field
from cms.content.fields.base import named_values, stored_values
from cms.reading.field_values import ignores_case, value_in
from cms.storage.dialects import JsonScalar, TextOf, fold_case

# What follows the stored name of a text, which has no slash, in the name of its key.
_KEY = "/key"


def public_fields(content_type: type[ContentType], content: JsonObject) -> JsonObject | None:
    """Return the values of a content's indexed fields with the keys of texts, by stored names.

    Args:
        content_type: the content type, as it is declared now.
        content: the content of a revision.

    Returns:
        the values that there are; ``None`` if there are none.
    """
    stored = content.get("fields")
    if not isinstance(stored, Mapping):
        return None
    fields = _indexed_in(content_type)
    values = stored_values(fields, named_values(fields, stored))
    found: dict[str, Json] = {}
    for field in fields.values():
        value = values.get(field.stored_name)
        if value is not None:
            found[field.stored_name] = value
            if ignores_case(field) and isinstance(value, str):
                found[f"{field.stored_name}{_KEY}"] = fold_case(value)
    return found or None


def values_beside_indexed(content_type: type[ContentType], values: JsonObject) -> JsonObject:
    """Return those of the values that a publication repeats that no indexed field has by now."""
    names = {each.stored_name for each in _indexed_in(content_type).values()}
    return {name: value for name, value in values.items() if name.removesuffix(_KEY) not in names}


def _indexed_in(content_type: type[ContentType]) -> Mapping[str, Field]:
    return {name: each for name, each in content_type.fields.items() if each.indexed}


def public_order(field: Field, values: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the value by which public pages are ordered by an indexed field, as SQL.

    Args:
        field: the field.
        values: what a publication repeats of its page.
    """
    if not ignores_case(field):
        return value_in(field, values)
    return TextOf(JsonScalar(values, literal_column(f"'{field.stored_name}{_KEY}'")))
