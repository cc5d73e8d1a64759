"""Parts of a revision's content, in which the fields of content types have their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast as cast_type

from sqlalchemy import Text as SqlText
from sqlalchemy import cast

from cms.content.fields import Field
from cms.reading.field_values import value_in
from cms.reading.rows import EntryRow
from graphql_api.planner.declarations import Call, OrderKey, Row, Rows
from graphql_api.planner.json_sql import Elements, element_index, member, text
from graphql_api.planner.ordering import kind_of
from graphql_api.planner.source import Columns, Sql


@dataclass(frozen=True)
class Document:
    """A part of the content of a revision.

    Attributes:
        json: the part, a JSON object.
        path: the path of the part in the revision, as in the ``field_path`` of links; ends with a
            slash or is empty, except for a value without fields of its own: a text.
        revision_id: the revision.
    """

    json: Sql
    path: Sql
    revision_id: Sql

    def object_in(self, name: str) -> Document:
        """Return the object in a field of this part."""
        return Document(member(self.json, name), self.path_of(name) + text("/"), self.revision_id)

    def at(self, name: str) -> Document:
        """Return the text in a field of this part, with the path that its links have."""
        return Document(member(self.json, name), self.path_of(name), self.revision_id)

    def path_of(self, name: str) -> Sql:
        """Return the path of a field of this part."""
        return self.path + text(name)

    def elements(self, name: str) -> Rows:
        """Return the objects of the list in a field of this part."""

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
    """Return the part that a field reads: the row itself, or the whole content of an entry."""
    if isinstance(row, Document):
        return row
    entry = cast_type("EntryRow", row)
    return Document(entry.rendered, text(""), entry.revision_id)


def is_repeated(field: Field, call: Call) -> bool:
    """Return whether publications repeat the values of a field for a view."""
    return field.is_repeated and kind_of(call.view) == "now"


def values_of(field: Field, row: Row, call: Call) -> Sql:
    """Return the JSON object in which a view finds the value of a field.

    Publications repeat the values of indexed fields, by which indexes have what is public now.
    """
    if is_repeated(field, call):
        return cast_type("EntryRow", row).field_values
    return document_of(row).json


def comparable(field: Field) -> Callable[[Row], Sql]:
    """Return the SQL of a value for comparisons; see :func:`cms.reading.field_values.value_in`."""
    return lambda row: value_in(field, document_of(row).json)
