"""Fields of JSON objects, computed in Python or stored in a column."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement

from cms.storage.dialects import JsonText
from graphql_api.planner.answers import answers_rows
from graphql_api.planner.declarations import Call, EachOf, Rows
from graphql_api.planner.json_sql import element_text, member, text
from graphql_api.planner.source import Columns, Sql
from graphql_api.schema.declaring.fields import Declared, many, of_call, one, row_object, value
from graphql_api.schema.declaring.row_sources import entry_rows


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


def part_list(type_: str, key: str, description: str, *, most: int | None = None) -> Declared:
    """Declare a list of objects under a key.

    Args:
        type_: the type of the objects.
        key: the key.
        description: for the schema's readers.
        most: the most objects; ``None`` for a few.
    """

    def rows(row: Sql, _: Call) -> Rows:
        return answers_rows(member(row, key))

    return many(f"list[{type_}]", rows, description, most=most)


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


def part_entry(key: str, description: str) -> Declared:
    """Declare the entry with the id that is under a key; null if the view does not show it."""
    return part_row("Entry | None", key, _entry_with_id, description)


def part_entries(key: str, description: str, *, most: int | None = None) -> Declared:
    """Declare the entries with the ids that are listed under a key; see :func:`part_entry`.

    Args:
        key: the key.
        description: for the schema's readers.
        most: the most entries; ``None`` for a few.
    """

    def entry(element: Columns, call: Call) -> tuple[Rows, ...]:
        return (_entry_with_id(call, element_text(element)),)

    plan = EachOf(of_call(ids_under(key)), of_call(entry), relations=1, most=most)
    return Declared("list[Entry | None]", plan, description)


def _entry_with_id(call: Call, key: Sql) -> Rows:
    return entry_rows(call.view, lambda entry: entry.id == key)
