"""Where the fields of content types find their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast as cast_type

from sqlalchemy import Text as SqlText
from sqlalchemy import cast

from cms.content.fields import Field
from cms.reading.field_values import value_in
from cms.reading.rows import EntryRow
from graphql_api.planner.declarations import OrderKey, Row, Rows
from graphql_api.planner.json_sql import Elements, element_index, member, text
from graphql_api.planner.source import Columns, Sql


@dataclass(frozen=True)
class Document:
    """A part of what a revision shows.

    Attributes:
        json: the part, a JSON object.
        path: where it stands in the revision, as links say it; ends with a slash, or is empty,
            unless it is a value without fields of its own: a text.
        revision_id: the revision.
    """

    json: Sql
    path: Sql
    revision_id: Sql

    def object_in(self, name: str) -> Document:
        """Return the object that a field of this part holds."""
        return Document(member(self.json, name), self.path_of(name) + text("/"), self.revision_id)

    def at(self, name: str) -> Document:
        """Return what a field of this part holds, as the place that links stand in."""
        return Document(member(self.json, name), self.path_of(name), self.revision_id)

    def path_of(self, name: str) -> Sql:
        """Return where a field of this part stands."""
        return self.path + text(name)

    def elements(self, name: str) -> Rows:
        """Return the objects of the list that a field of this part holds."""

        def part(element: Columns) -> Document:
            index = cast(element_index(element), SqlText)
            path = self.path_of(name) + text("/") + index + text("/")
            return Document(element.value, path, self.revision_id)

        return Rows(
            Elements(member(self.json, name)),
            row=part,
            order=lambda element: (OrderKey(element_index(element)),),
        )


def document_member(name: str) -> Callable[[Document], Sql]:
    """Return the function from a part to the value of one of its members, as JSON."""
    return lambda part: member(part.json, name)


def document_of(row: Row) -> Document:
    """Return the part in which a field looks: the row itself, or all that an entry shows."""
    if isinstance(row, Document):
        return row
    entry = cast_type("EntryRow", row)
    return Document(entry.rendered, text(""), entry.revision_id)


def comparable(field: Field) -> Callable[[Row], Sql]:
    """Return a value's SQL as it is compared; see :func:`cms.reading.field_values.value_in`."""
    return lambda row: value_in(field, document_of(row).json)
