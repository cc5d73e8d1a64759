"""The values of a draft, as the engine has them and as inputs do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import AnyBlock, Computed, Field, List, Object
from cms.content.fields.blocks import TYPE
from cms.content.fields.names import api_name, lower_first


def fields_from(fields: Mapping[str, Field], given: Mapping[str, Any]) -> JsonObject:
    """Return what an input says of these fields, with the names that they have in Python."""
    return {
        name: _value_from(field, given[api_name(name)])
        for name, field in fields.items()
        if api_name(name) in given
    }


def given_of(fields: Mapping[str, Field], values: JsonObject) -> JsonObject:
    """Return the input that says these values of the fields, without what is computed."""
    return {
        api_name(name): _given_of(field, values.get(name))
        for name, field in fields.items()
        if not isinstance(field, Computed)
    }


def draft_given(content_type: type[ContentType], draft: JsonObject) -> JsonObject:
    """Return the whole input for a draft that is told as JSON."""
    own = draft.get("fields")
    common = {name: value for name, value in draft.items() if name != "fields"}
    return {**common, **given_of(content_type.fields, own if isinstance(own, Mapping) else {})}


def _value_from(field: Field, given: Any) -> Json:
    match field:
        case AnyBlock() if isinstance(given, Mapping):
            ((key, values),) = given.items()
            block = next(each for each in field.blocks.values() if lower_first(each.name) == key)
            return {TYPE: block.name, **fields_from(block.fields, values)}
        case Object() if isinstance(given, Mapping):
            return fields_from(field.fields, given)
        case List() if isinstance(given, list):
            return [_value_from(field.item, item) for item in given]
        case _ if isinstance(given, datetime):
            return given.isoformat()
        case _:
            return given  # type: ignore[no-any-return]  # it came as JSON


def _given_of(field: Field, value: Json) -> Json:
    match field:
        case AnyBlock() if isinstance(value, Mapping):
            block = field.blocks.get(field.variant_of(value))
            return (
                {lower_first(block.name): given_of(block.fields, value)}
                if block is not None
                else None
            )
        case Object() if isinstance(value, Mapping):
            return given_of(field.fields, value)
        case List() if isinstance(value, list | tuple):
            return [_given_of(field.item, item) for item in value]
        case _:
            return value
