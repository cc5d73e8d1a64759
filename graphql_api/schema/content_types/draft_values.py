"""The values of a draft: from an input to their stored form, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import AnyBlock, Field, List, Object
from cms.content.fields.blocks import TYPE
from cms.content.fields.names import api_name, lower_first
from graphql_api.schema.content_types.inputs import written_fields
from graphql_api.schema.content_types.kind import Kinds, as_json


def fields_from(
    kinds: Kinds, fields: Mapping[str, Field], given: Mapping[str, object]
) -> JsonObject:
    """Return the values that an input has for these fields, by their names in Python."""
    return {
        name: kinds.of(field).from_input(kinds, field, given[api_name(name)])
        for name, field in fields.items()
        if api_name(name) in given
    }


def input_of(kinds: Kinds, fields: Mapping[str, Field], values: JsonObject) -> JsonObject:
    """Return the input for these values of the fields, without computed ones."""
    return {
        api_name(name): kinds.of(field).to_input(kinds, field, values.get(name))
        for name, field in written_fields(fields)
    }


def draft_input(kinds: Kinds, content_type: type[ContentType], draft: JsonObject) -> JsonObject:
    """Return the whole input for a draft in JSON."""
    own = draft.get("fields")
    common = {name: value for name, value in draft.items() if name != "fields"}
    values = own if isinstance(own, Mapping) else {}
    return {**common, **input_of(kinds, content_type.fields, values)}


def moment_from_input(_kinds: Kinds, _field: Field, given: object) -> Json:
    """Return a point in time as text, with the zone that it was given in."""
    return given.isoformat() if isinstance(given, datetime) else as_json(given)


def decimal_from_input(_kinds: Kinds, _field: Field, given: object) -> Json:
    """Return a decimal as text, with the digits that it was given with."""
    return f"{given:f}" if isinstance(given, Decimal) else as_json(given)


def object_from_input(kinds: Kinds, field: Object, given: object) -> Json:
    """Return the values of an object; a value of another shape as it is."""
    return fields_from(kinds, field.fields, given) if isinstance(given, Mapping) else as_json(given)


def object_to_input(kinds: Kinds, field: Object, value: Json) -> Json:
    """Return the input of an object; a value of another shape as it is."""
    return input_of(kinds, field.fields, value) if isinstance(value, Mapping) else value


def block_from_input(kinds: Kinds, field: AnyBlock, given: object) -> Json:
    """Return the values of a block with the name of its class."""
    if not isinstance(given, Mapping):
        return as_json(given)
    ((key, values),) = given.items()
    block = next(each for each in field.blocks.values() if lower_first(each.name) == key)
    return {TYPE: block.name, **fields_from(kinds, block.fields, values)}


def block_to_input(kinds: Kinds, field: AnyBlock, value: Json) -> Json:
    """Return the input of a block; null if its class is no longer declared."""
    if not isinstance(value, Mapping):
        return value
    block = field.blocks.get(field.variant_of(value))
    if block is None:
        return None
    return {lower_first(block.name): input_of(kinds, block.fields, value)}


def list_from_input(kinds: Kinds, field: List, given: object) -> Json:
    """Return the values of a list's items."""
    if not isinstance(given, list):
        return as_json(given)
    of_item = kinds.of(field.item)
    return [of_item.from_input(kinds, field.item, item) for item in given]


def list_to_input(kinds: Kinds, field: List, value: Json) -> Json:
    """Return the inputs of a list's items; a value of another shape as it is."""
    if not isinstance(value, list | tuple):
        return value
    of_item = kinds.of(field.item)
    return [of_item.to_input(kinds, field.item, item) for item in value]
