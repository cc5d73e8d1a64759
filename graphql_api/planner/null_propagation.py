"""Missing values of non-null fields: a field error, and null there or in a parent.

Content that was published before a field became required lacks it, as does an unfinished
draft; a sum can be larger than any number of JSON. The statement has a
:data:`~graphql_api.planner.json_sql.MARK` there, which this module replaces as in
https://spec.graphql.org/September2025/#sec-Handling-Execution-Errors. Data without a mark skips
this step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from graphql import GraphQLError

from graphql_api.planner.json_sql import MISSING, OUT_OF_RANGE
from graphql_api.planner.plan import Body, Plan, PlannedField, Typename

# The code and message of the error for each mark.
_REASONS: Mapping[str, tuple[str, str]] = {
    orjson.loads(MISSING): ("MISSING_VALUE", "Cannot return null for non-nullable field {}."),
    orjson.loads(OUT_OF_RANGE): (
        "OUT_OF_RANGE",
        "{} is null, since it is larger than any Float; filter the rows that are summed.",
    ),
}


class _Null(Exception):  # not an error, but a null that propagates
    """A null for a non-null field: the object around it becomes null instead."""


def complete(plan: Plan, data: bytes) -> tuple[Any, list[GraphQLError]]:
    """Return the data with nulls where the schema allows them, and an error for each mark."""
    errors: list[GraphQLError] = []
    try:
        return _object([plan.root], orjson.loads(data), [], errors), errors
    except _Null:
        return None, errors


def _object(
    bodies: Sequence[Body], value: dict[str, Any], path: list[str | int], errors: list[GraphQLError]
) -> dict[str, Any]:
    """Complete an object, given the selections on every type that it can have."""
    fields: dict[str, list[PlannedField | Typename]] = {}
    for body in bodies:
        for case in body.cases:
            for field in case.fields:
                fields.setdefault(field.key, []).append(field)
    return {key: _field(fields[key], inner, [*path, key], errors) for key, inner in value.items()}


def _field(
    alike: Sequence[PlannedField | Typename],
    value: Any,
    path: list[str | int],
    errors: list[GraphQLError],
) -> Any:
    """Complete a field, given all fields of its response name."""
    fields = [field for field in alike if isinstance(field, PlannedField)]
    if not fields:
        return value
    try:
        return _value(fields, value, path, errors)
    except _Null:
        # Fields of one response name are nullable in all types or in none.
        if fields[0].nullable:
            return None
        raise


def _value(
    fields: Sequence[PlannedField], value: Any, path: list[str | int], errors: list[GraphQLError]
) -> Any:
    field = fields[0]
    if isinstance(value, str) and value in _REASONS:
        errors.append(_error(field, value, path))
        raise _Null
    bodies = [each.body for each in fields if each.body is not None]
    if not bodies or value is None:
        return value
    if isinstance(value, list):
        return [
            None if item is None else _object(bodies, item, [*path, index], errors)
            for index, item in enumerate(value)
        ]
    return _object(bodies, value, path, errors)


def _error(field: PlannedField, mark: str, path: list[str | int]) -> GraphQLError:
    code, words = _REASONS[mark]
    message = words.format(f"{field.type_name}.{field.name}")
    return GraphQLError(message, nodes=field.node, path=path, extensions={"code": code})
