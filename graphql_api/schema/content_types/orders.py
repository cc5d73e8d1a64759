"""The orders of fields, by which entries are sorted."""

from __future__ import annotations

from sqlalchemy import Integer, case, literal_column

from cms.content.fields import Choice, Field, Reference
from cms.reading.field_values import ignores_case, value_in
from cms.reading.public_fields import public_order
from cms.storage.dialects import Folded
from graphql_api.planner.declarations import Call, Row
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Sql, select_over
from graphql_api.schema.content_types.document import comparable, is_repeated, values_of
from graphql_api.schema.content_types.kind import OrderSql
from graphql_api.schema.content_types.references import referenced_by


def value_order(field: Field) -> OrderSql:
    """Return the order of the values of a field; that of texts is without regard to case."""

    def value(row: Row, call: Call) -> Sql:
        values = values_of(field, row, call)
        if is_repeated(field, call):
            return public_order(field, values)
        compared = value_in(field, values)
        return Folded(compared) if ignores_case(field) else compared

    return value


def choice_order(field: Choice) -> OrderSql:
    """Return the order of choices: that of their declaration."""
    value = comparable(field)
    places = enumerate(field.words().values())
    words = [(text(word), literal_column(str(place), Integer())) for place, word in places]
    return lambda row, _: case(*((value(row) == word, place) for word, place in words))


def title_order(field: Reference) -> OrderSql:
    """Return the order of the titles of the entries that a reference leads to."""
    referenced = referenced_by(field)

    def title(row: Row, call: Call) -> Sql:
        rows = referenced(row, call)
        source = call.source(rows.relation)
        return select_over(source, source.columns.title_key, rows.conditions(source.columns))

    return title
