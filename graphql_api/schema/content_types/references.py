"""The entries that references lead to, and the links of a field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sqlalchemy import ColumnElement

from cms.content.fields import Links, Reference, References
from graphql_api.planner.declarations import Call, Row, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Columns
from graphql_api.schema.content_types.document import comparable, document_of
from graphql_api.schema.declaring.row_sources import (
    entry_rows,
    link_rows,
    referenced_rows,
    rows_of_type,
)


def type_of_target(field: Reference | References) -> str:
    """Return the one content type that references lead to; ``Entry`` for several or any."""
    return field.to[0] if len(field.to) == 1 else "Entry"


def referenced_by(field: Reference) -> Callable[[Row, Call], Rows]:
    """Return the function that selects the entry that a reference leads to."""
    value = comparable(field)

    def rows(row: Row, call: Call) -> Rows:
        def is_target(entry: Columns) -> ColumnElement[bool]:
            return entry.id == value(row)

        if len(field.to) == 1:
            return rows_of_type(call.view, call.view.stored_type(field.to[0]), is_target)
        return entry_rows(call.view, is_target)

    return rows


def all_referenced_by(field: References) -> Callable[[Row, Call], Rows]:
    """Return the function that selects the entries that references lead to."""

    def rows(row: Row, call: Call) -> Rows:
        document = document_of(row)
        found = referenced_rows(
            call.view,
            lambda entry: entry.from_revision_id == document.revision_id,
            lambda entry: entry.from_path == document.path_of(field.stored_name),
        )
        if len(field.to) != 1:
            return found
        of_type = partial(_is_of_type, call.view.stored_type(field.to[0]))
        # One of the past, or of a restored revision, can lead to a type that is allowed no more.
        return replace(found, typename=None, where=(*found.where, of_type))

    return rows


def _is_of_type(stored_name: str, entry: Columns) -> ColumnElement[bool]:
    return entry.content_type == text(stored_name)


def links_of(field: Links) -> Callable[[Row, Call], Rows]:
    """Return the function that selects the links that an editor lists in a field."""

    def rows(row: Row, call: Call) -> Rows:
        document = document_of(row)
        return link_rows(
            call.view,
            lambda link: link.revision_id == document.revision_id,
            lambda link: link.field_path == document.path_of(field.stored_name),
        )

    return rows
