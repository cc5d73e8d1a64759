"""Fields of JSON objects, computed in Python or stored in a column."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement

from cms.storage.dialects import JsonText
from graphql_api.planner.answers import answers_rows
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.json_sql import member, text
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.fields import Declared, many, one, row_object, value


def json_member(key: str) -> Callable[[Sql], Sql]:
    """Return the function from a JSON object to its value under a key."""
    return lambda row: member(row, key)


def part(type_: str, key: str, description: str) -> Declared:
    """Declare a leaf under a key."""
    return value(type_, json_member(key), description)


def part_object(type_: str, key: str, description: str) -> Declared:
    """Declare an object under a key."""

    def is_present(row: Sql) -> ColumnElement[bool]:
        return member(row, key).is_not(None)

    return row_object(
        type_,
        json_member(key),
        description,
        present=is_present,
    )


def part_list(type_: str, key: str, description: str) -> Declared:
    """Declare a list of objects under a key."""

    def rows(row: Sql, _: Call) -> Rows:
        return answers_rows(member(row, key))

    return many(f"list[{type_}]", rows, description)


def ids_under(key: str) -> Callable[[Sql, Call], Rows]:
    """Return the function that selects the ids in a list under a key, in order."""

    def ids(row: Sql, _: Call) -> Rows:
        rows = answers_rows(member(row, key))
        return Rows(rows.relation, order=rows.order)

    return ids


def part_row(type_: str, key: str, rows: Callable[[Call, Sql], Rows], description: str) -> Declared:
    """Declare the object with the id that is under a key.

    Args:
        type_: its type.
        key: the key.
        rows: the rows with an id.
        description: for the schema's readers.
    """

    def row_under_key(row: Sql, call: Call) -> Rows:
        return rows(call, JsonText(row, text(key)))

    return one(type_, row_under_key, description)
