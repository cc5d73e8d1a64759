"""Choices: each has an enum of its own."""

from __future__ import annotations

from sqlalchemy import Integer, case, literal_column

from cms.content.fields import Choice, List
from graphql_api.planner.declarations import Call, Row, Sql
from graphql_api.planner.json_sql import text
from graphql_api.schema.content_types.document import comparable
from graphql_api.schema.content_types.filters import compared_filter, compared_items_filter
from graphql_api.schema.content_types.kind import FieldTypes, OrderSql
from graphql_api.schema.content_types.outputs import description_of, leaf_output, leaves_output
from graphql_api.schema.declaring.fields import Declared
from graphql_api.schema.declaring.inputs import add_enum_filter


def choice_output(types: FieldTypes, name: str, field: Choice) -> Declared:
    """Declare a choice, and add its enum."""
    _add_choice_enum(types, name, field)
    return leaf_output(name)(types, name, field)


def choices_output(types: FieldTypes, name: str, field: List, item: Choice) -> Declared:
    """Declare a list of choices, and add their enum."""
    _add_choice_enum(types, name, item)
    return leaves_output(name)(types, name, field, item)


def choice_input(_types: FieldTypes, name: str, _field: Choice) -> str:
    """Return the enum of a choice, which is also that of its output."""
    return name


def choice_filter(types: FieldTypes, name: str, field: Choice) -> Declared:
    """Declare the filter of a choice, and add that of its enum."""
    return compared_filter(add_enum_filter(types.namespace, name), field)


def choices_filter(types: FieldTypes, name: str, field: List, item: Choice) -> Declared:
    """Declare the filter of a list of choices, and add that of their enum."""
    return compared_items_filter(add_enum_filter(types.namespace, name), field, item)


def choice_order(field: Choice) -> OrderSql:
    """Return the order of the choices as they are declared."""
    value = comparable(field)
    places = enumerate(field.choices)
    words = [(text(word), literal_column(str(place), Integer())) for place, word in places]

    def order(row: Row, _: Call) -> Sql:
        return case(*((value(row) == word, place) for word, place in words))

    return order


def _add_choice_enum(types: FieldTypes, name: str, field: Choice) -> None:
    members = {choice: choice for choice in field.choices}
    types.namespace.add_enum(name, description_of(field), members)
