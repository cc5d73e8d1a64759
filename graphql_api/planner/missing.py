"""What the schema says is always there, and is not: a field error, and null further up.

Content that was published before a field became required lacks it, as does an unfinished
draft. The statement marks the place with :data:`~graphql_api.planner.json_sql.MISSING`, and
here the mark becomes what https://spec.graphql.org/September2025/#sec-Handling-Execution-Errors
asks for. Answers without the mark never come here.
"""

from __future__ import annotations

from typing import Any

import orjson
from graphql import GraphQLError

from graphql_api.planner.json_sql import MISSING
from graphql_api.planner.plan import Body, Field, Plan, Typename

_MARK = orjson.loads(MISSING)


class _Null(Exception):  # not an error but a value on its way up
    """Null in a place that cannot be null: the object around it becomes null instead."""


def complete(plan: Plan, data: bytes) -> tuple[Any, list[GraphQLError]]:
    """Return the data with nulls where the schema allows them, and an error for each mark."""
    errors: list[GraphQLError] = []
    try:
        return _object(plan.root, orjson.loads(data), [], errors), errors
    except _Null:
        return None, errors


def _object(
    body: Body, value: dict[str, Any], path: list[str | int], errors: list[GraphQLError]
) -> dict[str, Any]:
    # Whatever the object's type: fields of one response name are nullable in all or in none.
    fields = {field.key: field for case in reversed(body.cases) for field in case.fields}
    return {key: _field(fields[key], inner, [*path, key], errors) for key, inner in value.items()}


def _field(
    field: Field | Typename, value: Any, path: list[str | int], errors: list[GraphQLError]
) -> Any:
    if isinstance(field, Typename):
        return value
    try:
        return _value(field, value, path, errors)
    except _Null:
        if field.nullable:
            return None
        raise


def _value(field: Field, value: Any, path: list[str | int], errors: list[GraphQLError]) -> Any:
    if value == _MARK:
        message = f"Cannot return null for non-nullable field {field.type_name}.{field.name}."
        errors.append(GraphQLError(message, nodes=field.node, path=path))
        raise _Null
    if field.body is None or value is None:
        return value
    if isinstance(value, list):
        return [
            None if item is None else _object(field.body, item, [*path, index], errors)
            for index, item in enumerate(value)
        ]
    return _object(field.body, value, path, errors)
