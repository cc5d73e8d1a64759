"""The outputs of fields: their types, with the SQL of their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import orjson
from sqlalchemy import ColumnElement
from sqlalchemy.sql.functions import coalesce

from cms.content.fields import (
    AnyBlock,
    Block,
    Choice,
    Field,
    Links,
    List,
    Markdown,
    Object,
    Reference,
    References,
    Section,
)
from cms.content.fields.blocks import TYPE
from cms.content.fields.computed import shown_as
from cms.content.fields.names import api_name, camel
from cms.content.rendering import Rendering
from cms.content.slug import Anchors
from cms.content.type_names import choice_texts
from cms.errors import SiteError
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import Call, Row, Rows
from graphql_api.planner.json_sql import JsonConstant, has_member, member, text
from graphql_api.planner.source import Columns, Sql
from graphql_api.schema.content_types.choices import (
    chosen_in,
    chosen_list,
    words_of,
)
from graphql_api.schema.content_types.document import Document, document_member, document_of
from graphql_api.schema.content_types.kind import Declare, DeclareList, FieldTypes
from graphql_api.schema.content_types.references import (
    all_referenced_by,
    links_of,
    referenced_by,
    type_of_target,
)
from graphql_api.schema.declaring.fields import (
    PART,
    THIS_TYPE,
    Declared,
    many,
    one,
    row_object,
    value,
)
from graphql_api.schema.declaring.words import declared_name, stored_text

_ANCHOR = value("str", document_member("anchor"), "Fragment of the section's address, without `#`.")


def declare_fields(
    types: FieldTypes, name: str, fields: Mapping[str, Field]
) -> dict[str, Declared]:
    """Return the declarations of fields, and add the types for them.

    Args:
        types: the types of fields.
        name: the name of the type with the fields; the names of their types begin with it.
        fields: the fields, by their names.

    Raises:
        SiteError: if there is no type for one of them.
    """
    declared = {
        key: declare_field(types, f"{name}{camel(key)}", field) for key, field in fields.items()
    }
    return {**declared, **_stored_texts(types, fields)}


def declare_field(types: FieldTypes, name: str, field: Field) -> Declared:
    """Return the declaration of a field, and add the types for it under the name.

    Raises:
        SiteError: if there is no type for it.
    """
    declare = types.kinds.of(field).output
    if declare is None:
        raise SiteError(f"{name}: a field of kind {type(field).__name__} has no GraphQL type")
    return replace(declare(types, name, shown_as(field)), deprecated=field.deprecated)


def _stored_texts(types: FieldTypes, fields: Mapping[str, Field]) -> dict[str, Declared]:
    """Declare the stored texts beside the choices among these fields."""
    return {
        text: replace(
            _as_text(types, shown_as(fields[key])),
            description=stored_text(api_name(key)),
            deprecated=fields[key].deprecated,
        )
        for key, text in choice_texts(fields).items()
    }


def _as_text(types: FieldTypes, field: Field) -> Declared:
    if isinstance(field, List):
        return leaves_output("str")(types, "", field, field.item)
    return leaf_output("str")(types, "", field)


def leaf_output(type_: str) -> Declare[Field]:
    """Return the declaration of a field with a scalar value."""

    def declare(types: FieldTypes, _name: str, field: Field) -> Declared:
        return value(
            _optional(types, type_, field),
            _stored(field),
            _description(field),
            required=types.registry.promises(field),
            work=PART,
        )

    return declare


def leaves_output(type_: str) -> DeclareList[Field]:
    """Return the declaration of a list of scalars."""

    def declare(_types: FieldTypes, _name: str, field: List, _item: Field) -> Declared:
        none = JsonConstant(b"[]", "jsonb")
        return value(
            f"list[{type_}]",
            lambda row: coalesce(member(document_of(row).json, field.stored_name), none),
            _description(field),
            work=PART,
        )

    return declare


def choice_output(types: FieldTypes, name: str, field: Choice) -> Declared:
    """Declare a choice, and add its enum."""
    _add_choice_enum(types, name, field)
    return value(
        _optional(types, name, field),
        lambda row: _or_absent(field, chosen_in(field, document_of(row).json)),
        _description(field),
        required=types.registry.promises(field),
        work=PART,
    )


def choices_output(types: FieldTypes, name: str, field: List, item: Choice) -> Declared:
    """Declare a list of choices, and add their enum."""
    _add_choice_enum(types, name, item)
    return chosen_list(item, field.stored_name, name, _description(field))


def markdown_output(types: FieldTypes, _name: str, field: Markdown) -> Declared:
    """Declare Markdown, which has one type in all places."""
    return _inner_output(types, "Markdown", field, _text_in(field))


def object_output(types: FieldTypes, name: str, field: Object) -> Declared:
    """Declare an object, and add its type."""
    _add_object(types, name, field)
    return _inner_output(
        types,
        name,
        field,
        lambda row: _shown(field, document_of(row).object_in(field.stored_name)),
    )


def objects_output(types: FieldTypes, name: str, field: List, item: Object) -> Declared:
    """Declare a list of objects, and add their type."""
    _add_object(types, name, item)
    return _elements_output(name, field)


def section_output(types: FieldTypes, _name: str, field: Section) -> Declared:
    """Declare a section, which has one type in all places."""
    return _inner_output(
        types, "EntrySection", field, lambda row: document_of(row).object_in(field.stored_name)
    )


def sections_output(_types: FieldTypes, _name: str, field: List, _item: Section) -> Declared:
    """Declare a list of sections."""
    return _elements_output("EntrySection", field)


def list_output(types: FieldTypes, name: str, field: List) -> Declared:
    """Declare a list of any kind that has lists.

    Raises:
        SiteError: if its items' kind has none.
    """
    return types.kinds.list_kind(name, field).output(types, name, field, shown_as(field.item))


def reference_output(_types: FieldTypes, _name: str, field: Reference) -> Declared:
    """Declare a reference by the entry that it leads to."""
    return one(f"{type_of_target(field)} | None", referenced_by(field), _description(field))


def references_output(_types: FieldTypes, _name: str, field: References) -> Declared:
    """Declare references by the entries that they lead to."""
    return many(f"list[{type_of_target(field)}]", all_referenced_by(field), _description(field))


def blocks_output(types: FieldTypes, name: str, field: List, item: AnyBlock) -> Declared:
    """Declare a list of blocks, and add their types and the union of them."""
    for block in item.blocks.values():
        _add_block(types, block)
    types.registry.add_union(
        name, field.description or f'Block in the field "{field.label}".', list(item.blocks)
    )
    types_by_stored = {block.stored_name: block.name for block in item.blocks.values()}
    known = [text(stored) for stored in types_by_stored]

    def stored_type(element: Columns) -> Sql:
        return JsonText(element.value, text(TYPE))

    def rows(row: Row, _: Call) -> Rows:
        # The schema has no type for a block whose class is no longer declared.
        return replace(
            document_of(row).elements(field.stored_name),
            where=(lambda element: stored_type(element).in_(known),),
            typename=lambda element: declared_name(types_by_stored, stored_type(element)),
        )

    return many(f"list[{name}]", rows, _description(field))


def links_output(_types: FieldTypes, _name: str, field: Links) -> Declared:
    """Declare the links that an editor lists."""
    return many("list[EntryLink]", links_of(field), _description(field))


def add_section(types: FieldTypes) -> None:
    """Add the one type of all sections."""
    heading, body = declare_fields(types, "EntrySection", Section().fields).values()
    types.registry.add_object(
        type("EntrySection", (), {"__doc__": "Part of a page with a heading."}),
        heading=heading,
        anchor=_ANCHOR,
        body=body,
    )


def _add_choice_enum(types: FieldTypes, name: str, field: Choice) -> None:
    types.registry.add_words(
        name, field.description or f'Choices of the field "{field.label}".', words_of(field)
    )


def _inner_output(
    types: FieldTypes, type_: str, field: Field, part: Callable[[Row], Row]
) -> Declared:
    return row_object(
        _optional(types, type_, field),
        part,
        _description(field),
        # What the field declares in place of a missing value is always there.
        present=_is_stored(field.stored_name) if field.absent is None else None,
        required=types.registry.promises(field),
    )


def _elements_output(type_: str, field: List) -> Declared:
    return many(
        f"list[{type_}]",
        lambda row, _: document_of(row).elements(field.stored_name),
        _description(field),
    )


def _add_object(types: FieldTypes, name: str, field: Object) -> None:
    declared = declare_fields(types, name, field.fields)
    described = {"__doc__": field.description or f'Object in the field "{field.label}".'}
    types.registry.add_object(type(name, (), described), **declared)


def _add_block(types: FieldTypes, block: type[Block]) -> None:
    """Add the type of a class of blocks, unless another field has it already."""
    if not types.registry.has(block.name):
        declared = declare_fields(types, block.name, block.fields)
        described = {"__doc__": block.description or f"Block of type `{block.name}`."}
        types.registry.add_object(type(block.name, (), described), **declared)


# Fields of several types with equal functions stand in a statement once; so these are kept.
@cache
def _text_at(name: str) -> Callable[[Row], Row]:
    return lambda row: document_of(row).at(name)


@cache
def _is_stored(name: str) -> Callable[[Row], ColumnElement[bool]]:
    return lambda row: has_member(document_of(row).json, name)


@cache
def _stored_in(name: str) -> Callable[[Row], Sql]:
    return lambda row: member(document_of(row).json, name)


def _text_in(field: Field) -> Callable[[Row], Row]:
    """Return the function from a row to the text that a field has stored or stands in for it."""
    stored = _text_at(field.stored_name)
    if field.absent is None:
        return stored
    return lambda row: _shown(field, document_of(row).at(field.stored_name))


def _stored(field: Field) -> Callable[[Row], Sql]:
    """Return the function from a row to the value that a field has stored or stands in for it."""
    stored = _stored_in(field.stored_name)
    return stored if field.absent is None else lambda row: _or_absent(field, stored(row))


def _or_absent(field: Field, stored: Sql) -> Sql:
    """Return a stored value, or what the field declares in place of a missing one."""
    if field.absent is None:
        return stored
    rendered = field.render(field.absent, Rendering(Anchors(), {}))
    # A choice is shown by its name, and not as it is stored.
    shown = rendered if isinstance(field, Choice) else field.to_stored(rendered)
    return coalesce(stored, JsonConstant(orjson.dumps(shown), "jsonb"))


def _shown(field: Field, part: Document) -> Document:
    return replace(part, json=_or_absent(field, part.json))


def _optional(types: FieldTypes, type_: str, field: Field) -> str:
    return type_ if types.registry.promises(field) else f"{type_} | None"


def _description(field: Field) -> str:
    return field.description or f'Field "{field.label}" of the `{THIS_TYPE}`.'
