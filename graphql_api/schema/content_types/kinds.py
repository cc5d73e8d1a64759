"""What each kind of field is in GraphQL: its type, its SQL, and how it is compared.

``LEAVES`` and ``FIELD_KINDS`` have a row for each kind; a kind that is not named there is what
the kind it inherits from is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.sql.functions import coalesce

from cms.content.fields import (
    Block,
    Blocks,
    Boolean,
    Choice,
    Colour,
    Computed,
    Date,
    DateTime,
    Email,
    Field,
    Integer,
    Json,
    Links,
    List,
    Markdown,
    Number,
    Object,
    Reference,
    References,
    Section,
    Text,
    Url,
)
from cms.content.fields.blocks import TYPE
from cms.content.fields.computed import shown_as
from cms.content.fields.names import camel
from cms.errors import SiteError
from cms.reading.field_values import value_in
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import Call, Row, Rows, Sql
from graphql_api.planner.json_sql import JsonConstant, member, text
from graphql_api.planner.source import Columns
from graphql_api.schema.content_types.choices import (
    choice_texts,
    chosen_in,
    chosen_list,
    words_of,
)
from graphql_api.schema.content_types.document import document_of
from graphql_api.schema.declaring.fields import PART, Declared, inside, many, one, value
from graphql_api.schema.declaring.row_sources import (
    entry_rows,
    link_rows,
    referenced_rows,
    rows_of_type,
)
from graphql_api.schema.declaring.type_registry import Namespace

Declare: TypeAlias = Callable[[Namespace, str, Field], Declared]
T = TypeVar("T")


# The type of each kind of field whose value is one scalar; ``None`` for an enum of its own.
LEAVES: Mapping[type[Field], str | None] = {
    Text: "str",
    Number: "float",
    Integer: "int",
    Boolean: "bool",
    Date: "Date",
    DateTime: "DateTime",
    Url: "str",
    Email: "str",
    Colour: "str",
    Choice: None,
}


def is_leaf(field: Field) -> bool:
    """Say whether a field's value is one scalar, or an enum."""
    return any(kind in LEAVES for kind in type(shown_as(field)).__mro__)


def comparable(field: Field) -> Callable[[Row], Sql]:
    """Return a value's SQL as it is compared; see :func:`cms.reading.field_values.value_in`."""
    return lambda row: value_in(field, document_of(row).json)


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
    return LEAVES[_kind_of(field, LEAVES)] or name


def _add_choices(namespace: Namespace, name: str, field: Field) -> None:
    if isinstance(field, Choice):
        namespace.add_words(name, _description(field), words_of(field))


def _leaf(namespace: Namespace, name: str, field: Field) -> Declared:
    _add_choices(namespace, name, field)

    def sql(row: Row) -> Sql:
        document = document_of(row).json
        if isinstance(field, Choice):
            return chosen_in(field, document)
        return member(document, field.name)

    return value(
        _optional(namespace, leaf_type(name, field), field),
        sql,
        _description(field),
        required=namespace.promises(field),
        work=PART,
    )


def _json(namespace: Namespace, _name: str, field: Field) -> Declared:
    return value(
        _optional(namespace, "JSON", field),
        lambda row: member(document_of(row).json, field.name),
        _description(field),
        required=namespace.promises(field),
        work=PART,
    )


def _computed(namespace: Namespace, name: str, field: Field) -> Declared:
    return declare_field(namespace, name, cast("Computed", field).of)


def _markdown(namespace: Namespace, _name: str, field: Field) -> Declared:
    return _object_of(namespace, "Markdown", field, lambda row: document_of(row).at(field.name))


def _object(namespace: Namespace, name: str, field: Field) -> Declared:
    _add_object(namespace, name, cast("Object", field))
    return _object_of(namespace, name, field, lambda row: document_of(row).inside(field.name))


def _object_of(
    namespace: Namespace, type_: str, field: Field, part: Callable[[Row], Row]
) -> Declared:
    return inside(
        _optional(namespace, type_, field),
        part,
        _description(field),
        present=lambda row: member(document_of(row).json, field.name).is_not(None),
        required=namespace.promises(field),
    )


def _list(namespace: Namespace, name: str, field: Field) -> Declared:
    item = cast("List", field).item
    if is_leaf(item) or isinstance(item, Json):
        _add_choices(namespace, name, item)
        if isinstance(item, Choice):
            return chosen_list(item, field.name, name, _description(field))
        return value(
            f"list[{'JSON' if isinstance(item, Json) else leaf_type(name, item)}]",
            lambda row: coalesce(
                member(document_of(row).json, field.name), JsonConstant(b"[]", "jsonb")
            ),
            _description(field),
            work=PART,
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
    type_ = to[0] if len(to) == 1 else "Entry"
    return one(f"{type_} | None", referenced_by(field), _description(field))


def referenced_by(field: Field) -> Callable[[Row, Call], Rows]:
    """Return what yields the one entry that a reference leads to."""
    to = cast("Reference", field).to

    def rows(row: Row, call: Call) -> Rows:
        def is_meant(entry: Columns) -> sa.ColumnElement[bool]:
            return entry.id == comparable(field)(row)

        if len(to) == 1:
            return rows_of_type(call.view, to[0], is_meant)
        return entry_rows(call.view, is_meant)

    return rows


def _references(_namespace: Namespace, _name: str, field: Field) -> Declared:
    to = cast("References", field).to
    type_ = to[0] if len(to) == 1 else "Entry"
    return many(f"list[{type_}]", all_referenced_by(field), _description(field))


def all_referenced_by(field: Field) -> Callable[[Row, Call], Rows]:
    """Return what yields the entries that references lead to."""
    to = cast("References", field).to

    def rows(row: Row, call: Call) -> Rows:
        document = document_of(row)
        found = referenced_rows(
            call.view,
            lambda entry: entry.from_revision_id == document.revision_id,
            lambda entry: entry.from_path == document.path_of(field.name),
        )
        return replace(found, typename=None) if len(to) == 1 else found

    return rows


def _blocks(namespace: Namespace, name: str, field: Field) -> Declared:
    blocks = cast("Blocks", field).blocks
    for block in blocks.values():
        _add_block(namespace, block)
    namespace.add_union(name, _description(field), list(blocks))
    names = [text(block) for block in blocks]

    def type_of(element: Columns) -> Sql:
        return JsonText(element.value, text(TYPE))

    def rows(row: Row, _: Call) -> Rows:
        # A block whose class is no longer declared is nothing that the schema could show.
        known = (lambda element: type_of(element).in_(names),)
        return replace(document_of(row).elements(field.name), where=known, typename=type_of)

    return many(f"list[{name}]", rows, _description(field))


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
    Blocks: _blocks,
    Json: _json,
    Computed: _computed,
    Reference: _reference,
    References: _references,
    Links: _links,
}


_ANCHOR = value(
    "str", lambda part: member(part.json, "anchor"), "What a #fragment leads to, without #."
)


def add_section(namespace: Namespace) -> None:
    """Add the type of a section, which is the same wherever sections are."""
    written = Section().fields
    namespace.add_object(
        type("Section", (), {"__doc__": "A headed part of a page."}),
        heading=declare_field(namespace, "SectionHeading", written["heading"]),
        anchor=_ANCHOR,
        body=declare_field(namespace, "SectionBody", written["body"]),
    )


def _add_object(namespace: Namespace, name: str, field: Object) -> None:
    declared = declare_fields(namespace, name, field.fields)
    namespace.add_object(type(name, (), {"__doc__": _description(field)}), **declared)


def _add_block(namespace: Namespace, block: type[Block]) -> None:
    """Add the type of a class of blocks, unless another field has it already."""
    if not namespace.has(block.name):
        declared = declare_fields(namespace, block.name, block.fields)
        described = {"__doc__": block.description or f"{block.name}."}
        namespace.add_object(type(block.name, (), described), **declared)


def declare_fields(
    namespace: Namespace, name: str, fields: Mapping[str, Field]
) -> dict[str, Declared]:
    """Return the declarations of fields, and add the types that they take."""
    declared = {
        inner_name: declare_field(namespace, f"{name}{camel(inner_name)}", inner)
        for inner_name, inner in fields.items()
    }
    return {**declared, **choice_texts(namespace, name, fields)}


def block_key(block: type[Block]) -> str:
    """Return what a class of blocks is called in inputs: ``PullQuote`` becomes ``pullQuote``."""
    return block.name[:1].lower() + block.name[1:]


def _optional(namespace: Namespace, type_: str, field: Field) -> str:
    return type_ if namespace.promises(field) else f"{type_} | None"


def _description(field: Field) -> str:
    return field.description or f"{field.label}."


def _kind_of(field: Field, table: Mapping[type[Field], object]) -> type[Field]:
    return next(kind for kind in type(shown_as(field)).__mro__ if kind in table)


def _row_for(field: Field, table: Mapping[type[Field], T]) -> T | None:
    return next((table[kind] for kind in type(field).__mro__ if kind in table), None)
