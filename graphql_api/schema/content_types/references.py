"""The entries that references lead to, and the links of a field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import ColumnElement

from cms.content.fields import Links, Reference, References
from graphql_api.planner.declarations import Call, Row, Rows
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
            return rows_of_type(call.view, field.to[0], is_target)
        return entry_rows(call.view, is_target)

    return rows


def all_referenced_by(field: References) -> Callable[[Row, Call], Rows]:
    """Return the function that selects the entries that references lead to."""

    def rows(row: Row, call: Call) -> Rows:
        document = document_of(row)
        found = referenced_rows(
            call.view,
            lambda entry: entry.from_revision_id == document.revision_id,
            lambda entry: entry.from_path == document.path_of(field.name),
        )
        return replace(found, typename=None) if len(field.to) == 1 else found

    return rows


def links_of(field: Links) -> Callable[[Row, Call], Rows]:
    """Return the function that selects the links that an editor lists in a field."""

    def rows(row: Row, call: Call) -> Rows:
        document = document_of(row)
        return link_rows(
            call.view,
            lambda link: link.revision_id == document.revision_id,
            lambda link: link.field_path == document.path_of(field.name),
        )

    return rows
