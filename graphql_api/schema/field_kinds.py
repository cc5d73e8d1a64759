"""What each kind of field is in GraphQL: its type, its SQL, and how it is compared.

``LEAVES`` and ``FIELD_KINDS`` have a row for each kind; a kind that is not named there is what
the kind it inherits from is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.sql.functions import coalesce

from cms.content.fields import (
    Boolean,
    Choice,
    Date,
    Field,
    Integer,
    Links,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    Section,
    Text,
)
from cms.errors import SiteError
from graphql_api.planner.declarations import Row, Sql
from graphql_api.planner.json_sql import JsonConstant, JsonText, member, text
from graphql_api.schema.content import document_of
from graphql_api.schema.declare import Declared, inside, many, one, value
from graphql_api.schema.namespace import Namespace
from graphql_api.schema.rows import entry_rows, link_rows, rows_of_type

Declare: TypeAlias = Callable[[Namespace, str, Field], Declared]
T = TypeVar("T")


@dataclass(frozen=True)
class Leaf:
    """A kind of field whose value is one scalar.

    Attributes:
        type: its type in GraphQL; ``None`` for an enum of its own.
        sql: how its value is compared, given the text that it has in JSON.
    """

    type: str | None
    sql: Callable[[Sql], Sql] = lambda words: words


LEAVES: Mapping[type[Field], Leaf] = {
    Text: Leaf("str"),
    Number: Leaf("float", lambda words: sa.cast(words, sa.Float)),
    Integer: Leaf("int", lambda words: sa.cast(words, sa.Integer)),
    Boolean: Leaf("bool", lambda words: sa.cast(words, sa.Boolean)),
    Date: Leaf("Date"),
    Choice: Leaf(None),
}


def leaf_of(field: Field) -> Leaf | None:
    """Return how a field's value is compared, if it is one scalar."""
    return _row_for(field, LEAVES)


def comparable(field: Field) -> Callable[[Row], Sql]:
    """Return the SQL of a leaf's value, of the type it is compared as."""
    leaf = LEAVES[_kind_of(field, LEAVES)]
    return lambda row: leaf.sql(JsonText(document_of(row).json, text(field.name)))


def declare_field(namespace: Namespace, name: str, field: Field) -> Declared:
    """Return a field's declaration, and add the types that it takes.

    Args:
        namespace: where types are added.
        name: what types of this field are called.
        field: the field.

    Raises:
        SiteError: if there is no such thing in GraphQL.
    """
    declare = _row_for(field, FIELD_KINDS)
    if declare is None:
        raise SiteError(f"{name}: a field of kind {type(field).__name__} has no GraphQL type")
    return declare(namespace, name, field)


def leaf_type(name: str, field: Field) -> str:
    """Return a leaf's type; a choice has an enum of its own."""
    return LEAVES[_kind_of(field, LEAVES)].type or name


def _add_choices(namespace: Namespace, name: str, field: Field) -> None:
    if isinstance(field, Choice):
        members = {choice: choice for choice in field.choices}
        namespace.add_enum(name, _description(field), members)


def _leaf(namespace: Namespace, name: str, field: Field) -> Declared:
    _add_choices(namespace, name, field)
    return value(
        _optional(namespace, leaf_type(name, field), field),
        lambda row: member(document_of(row).json, field.name),
        _description(field),
        required=namespace.promises(field),
    )


def _markdown(namespace: Namespace, _name: str, field: Field) -> Declared:
    return _object_of(namespace, "Markdown", field)


def _object(namespace: Namespace, name: str, field: Field) -> Declared:
    _add_object(namespace, name, cast("Object", field))
    return _object_of(namespace, name, field)


def _object_of(namespace: Namespace, type_: str, field: Field) -> Declared:
    return inside(
        _optional(namespace, type_, field),
        lambda row: document_of(row).inside(field.name),
        _description(field),
        present=lambda row: member(document_of(row).json, field.name).is_not(None),
        required=namespace.promises(field),
    )


def _list(namespace: Namespace, name: str, field: Field) -> Declared:
    item = cast("List", field).item
    if leaf_of(item) is not None:
        _add_choices(namespace, name, item)
        return value(
            f"list[{leaf_type(name, item)}]",
            lambda row: coalesce(
                member(document_of(row).json, field.name), JsonConstant(b"[]", "jsonb")
            ),
            _description(field),
        )
    if not isinstance(item, Object):
        raise SiteError(f"{name}: a list of {type(item).__name__} has no GraphQL type")
    if not isinstance(item, Section):
        _add_object(namespace, name, item)
    return many(
        f"list[{'Section' if isinstance(item, Section) else name}]",
        lambda row, _: document_of(row).elements(field.name),
        _description(field),
    )


def _reference(_namespace: Namespace, _name: str, field: Field) -> Declared:
    to = cast("Reference", field).to

    def target(row: Row) -> Callable[[Row], sa.ColumnElement[bool]]:
        return lambda entry: entry.id == JsonText(document_of(row).json, text(field.name))

    if len(to) == 1:
        return one(
            f"{to[0]} | None",
            lambda row, call: rows_of_type(call.view, to[0], target(row)),
            _description(field),
        )
    return one(
        "Entry | None", lambda row, call: entry_rows(call.view, target(row)), _description(field)
    )


def _links(_namespace: Namespace, _name: str, field: Field) -> Declared:
    return many(
        "list[Link]",
        lambda row, call: link_rows(
            call.view,
            lambda link: link.revision_id == document_of(row).revision_id,
            lambda link: link.field_path == document_of(row).path_of(field.name),
        ),
        _description(field),
    )


FIELD_KINDS: Mapping[type[Field], Declare] = {
    **dict.fromkeys(LEAVES, _leaf),
    Markdown: _markdown,
    Object: _object,
    List: _list,
    Reference: _reference,
    Links: _links,
}


class MarkdownText:
    """Text with structure, in three forms."""

    html = value("str", lambda part: member(part.json, "html"), "Sanitised HTML.")
    markdown = value("str", lambda part: member(part.json, "markdown"), "As it was written.")
    plain_text = value("str", lambda part: member(part.json, "plainText"), "The words alone.")


_ANCHOR = value(
    "str", lambda part: member(part.json, "anchor"), "What a #fragment leads to, without #."
)


def add_field_types(namespace: Namespace) -> None:
    """Add the types that the kinds of field share."""
    namespace.add_object(type("Markdown", (), dict(vars(MarkdownText))))
    written = Section().fields
    namespace.add_object(
        type("Section", (), {"__doc__": "A headed part of a page."}),
        heading=declare_field(namespace, "SectionHeading", written["heading"]),
        anchor=_ANCHOR,
        body=declare_field(namespace, "SectionBody", written["body"]),
    )


def _add_object(namespace: Namespace, name: str, field: Object) -> None:
    declared = {
        inner_name: declare_field(namespace, f"{name}{camel(inner_name)}", inner)
        for inner_name, inner in field.fields.items()
    }
    namespace.add_object(type(name, (), {"__doc__": _description(field)}), **declared)


def camel(name: str) -> str:
    """Return a field's name as part of a type's: ``buyer_guides`` becomes ``BuyerGuides``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def graphql_name(name: str) -> str:
    """Return a Python name as GraphQL shows it: ``buyer_guides`` becomes ``buyerGuides``."""
    return name[:1] + camel(name)[1:]


def _optional(namespace: Namespace, type_: str, field: Field) -> str:
    return type_ if namespace.promises(field) else f"{type_} | None"


def _description(field: Field) -> str:
    return field.description or f"{field.label}."


def _kind_of(field: Field, table: Mapping[type[Field], object]) -> type[Field]:
    return next(kind for kind in type(field).__mro__ if kind in table)


def _row_for(field: Field, table: Mapping[type[Field], T]) -> T | None:
    return next((table[kind] for kind in type(field).__mro__ if kind in table), None)
