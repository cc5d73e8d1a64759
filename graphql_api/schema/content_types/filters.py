"""The filters on fields, with the SQL of the values that they compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import ColumnElement

from cms.content.fields import (
    AnyBlock,
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
from cms.content.fields.names import camel, lower_first
from cms.reading import relations
from cms.reading.field_values import value_of
from cms.reading.rows import EntryRow
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import Call, Row, Rows
from graphql_api.planner.filters import Compare, Inner, LookUp, ToMany, ToOne
from graphql_api.planner.json_sql import Elements, member, text
from graphql_api.planner.source import Chosen, Columns, Sql
from graphql_api.schema.content_types.document import Document, comparable, document_of
from graphql_api.schema.content_types.kind import Declare, DeclareList, FieldTypes
from graphql_api.schema.content_types.references import all_referenced_by, links_of, type_of_target
from graphql_api.schema.declaring.fields import FEW, PART, THIS_TYPE, Declared, of_row
from graphql_api.schema.declaring.inputs import (
    LEAF_FILTERS,
    add_enum_filter,
    add_quantified,
    add_where,
    list_filter,
)
from graphql_api.schema.declaring.row_sources import entry_rows

# How entries are found by the value of an indexed field.
_BY_VALUE = LookUp(
    lambda _: Rows(Chosen(relations.renditions())),
    *("revision_id", "revision_id"),
)


def declare_filters(
    types: FieldTypes, name: str, fields: Mapping[str, Field]
) -> dict[str, Declared]:
    """Return the filters on those fields that have one, and add the inputs for them.

    Args:
        types: the types of fields.
        name: the name of the type with the fields; the names of their inputs begin with it.
        fields: the fields, by their names.
    """
    declared = {}
    for key, field in fields.items():
        declare = types.kinds.of(field).filter
        if declare is not None:
            declared_filter = declare(types, f"{name}{camel(key)}", shown_as(field))
            declared[key] = replace(declared_filter, deprecated=field.deprecated)
    return declared


def leaf_filter(type_: str) -> Declare[Field]:
    """Return the declaration of the filter on a field with a scalar value."""
    filter_, _ = LEAF_FILTERS[type_]
    return lambda _types, _name, field: _field_comparison(filter_, field)


def leaves_filter(type_: str) -> DeclareList[Field]:
    """Return the declaration of the filter on a list of scalars."""
    filter_, _ = LEAF_FILTERS[type_]
    return lambda _types, _name, field, item: _items_comparison(filter_, field, item)


def choice_filter(types: FieldTypes, name: str, field: Choice) -> Declared:
    """Declare the filter of a choice, and add that of its enum."""
    return _field_comparison(add_enum_filter(types.registry, name), field)


def choices_filter(types: FieldTypes, name: str, field: List, item: Choice) -> Declared:
    """Declare the filter of a list of choices, and add that of their enum."""
    return _items_comparison(add_enum_filter(types.registry, name), field, item)


def markdown_filter(_types: FieldTypes, _name: str, field: Markdown) -> Declared:
    """Declare the filter of Markdown, which compares its plain text."""

    def words(row: Row) -> Sql:
        document = member(document_of(row).json, field.stored_name)
        return JsonText(document, text("plainText"))

    description = f"{_description(field)[:-1]}, as plain text."
    return Declared("StringFilter | None", Compare(words, work=2 * PART), description)


def object_filter(types: FieldTypes, name: str, field: Object) -> Declared:
    """Declare the filter of an object, and add it."""
    _add_object_where(types, name, field)
    return _inner_filter(name, field)


def objects_filter(types: FieldTypes, name: str, field: List, item: Object) -> Declared:
    """Declare the filter of a list of objects, and add it."""
    _add_object_where(types, name, item)
    add_quantified(types.registry, f"{name}ListWhere", f"{name}Where", "items")
    return _elements_filter(name, field)


def section_filter(_types: FieldTypes, _name: str, field: Section) -> Declared:
    """Declare the filter of a section."""
    return _inner_filter("EntrySection", field)


def sections_filter(_types: FieldTypes, _name: str, field: List, _item: Section) -> Declared:
    """Declare the filter of a list of sections."""
    return _elements_filter("EntrySection", field)


def items_filter(types: FieldTypes, name: str, field: List) -> Declared:
    """Declare the filter of a list of any kind that has lists.

    Raises:
        SiteError: if its items' kind has none.
    """
    return types.kinds.list_kind(name, field).filter(types, name, field, shown_as(field.item))


def reference_filter(_types: FieldTypes, _name: str, field: Reference) -> Declared:
    """Declare the filter of the entry that a reference leads to."""
    return Declared(
        f"{type_of_target(field)}Where | None",
        ToOne(
            key=comparable(field),
            rows=lambda call: entry_rows(call.view),
            target=EntryRow.id,
        ),
        f"{_description(field)[:-1]}: an entry.",
    )


def references_filter(_types: FieldTypes, _name: str, field: References) -> Declared:
    """Declare the filter of the entries that references lead to."""
    where = f"{field.to[0]}ListWhere" if len(field.to) == 1 else "EntriesWhere"
    rows = all_referenced_by(field)
    return Declared(f"{where} | None", ToMany(rows), f"{_description(field)[:-1]}: entries.")


def blocks_filter(types: FieldTypes, name: str, field: List, item: AnyBlock) -> Declared:
    """Declare the filter of a list of blocks, and add it and those of the blocks."""
    registry, blocks = types.registry, item.blocks.values()
    for block in blocks:
        if not registry.has(f"{block.name}Where"):
            filters = declare_filters(types, block.name, block.fields)
            add_where(
                registry,
                f"{block.name}Where",
                f"Filter on a block of type `{block.name}`.",
                filters,
            )
    ways = {
        lower_first(block.name): Declared(
            f"{block.name}Where | None",
            Inner(lambda part: part, _is_block(block.stored_name)),
            f"Only blocks of type `{block.name}` that match, in `{THIS_TYPE}`.",
        )
        for block in blocks
    }
    add_where(registry, f"{name}Where", f'Filter on a block in the field "{field.label}".', ways)
    add_quantified(registry, f"{name}ListWhere", f"{name}Where", "blocks")
    return _elements_filter(name, field)


def links_filter(_types: FieldTypes, _name: str, field: Links) -> Declared:
    """Declare the filter of the links that an editor lists."""
    return Declared("LinksWhere | None", ToMany(links_of(field)), _description(field))


def add_section_filter(types: FieldTypes) -> None:
    """Add the filter of sections, which is the same wherever they are."""
    filters = declare_filters(types, "EntrySection", Section().fields)
    add_where(types.registry, "EntrySectionWhere", "Filter on a section.", filters)
    add_quantified(types.registry, "EntrySectionListWhere", "EntrySectionWhere", "sections")


def _description(field: Field) -> str:
    return f'Filter on "{field.label}" of the `{THIS_TYPE}`.'


def _field_comparison(filter_: str, field: Field) -> Declared:
    """Declare a filter on the value of a field."""
    if not field.indexed:
        compare = Compare(comparable(field), work=PART)
    else:
        compare = Compare(comparable(field), narrows=FEW, work=PART, look_up=_BY_VALUE)
    return Declared(f"{filter_} | None", compare, _description(field))


def _items_comparison(filter_: str, field: List, item: Field) -> Declared:
    """Declare a filter on the items of a list, given the filter of an item."""

    def rows(row: Row, _: Call) -> Rows:
        return Rows(Elements(member(document_of(row).json, field.stored_name)))

    def leaf(element: Columns) -> Sql:
        return value_of(item, element.value)

    return Declared(
        f"{list_filter(filter_)} | None",
        ToMany(rows, leaf=of_row(leaf), work=2 * PART),
        _description(field),
    )


def _inner_filter(name: str, field: Object) -> Declared:
    return Declared(
        f"{name}Where | None",
        Inner(lambda row: document_of(row).object_in(field.stored_name), of_row(_is_present)),
        f"{_description(field)[:-1]}, which has to be present.",
    )


def _is_present(part: Document) -> ColumnElement[bool]:
    return part.json.is_not(None)


def _elements_filter(name: str, field: List) -> Declared:
    return Declared(
        f"{name}ListWhere | None",
        ToMany(lambda row, _: document_of(row).elements(field.stored_name), work=2 * PART),
        _description(field),
    )


def _is_block(name: str) -> Callable[[Row], ColumnElement[bool]]:
    def is_block(part: Document) -> ColumnElement[bool]:
        return JsonText(part.json, text(TYPE)) == text(name)

    return of_row(is_block)


def _add_object_where(types: FieldTypes, name: str, field: Object) -> None:
    add_where(
        types.registry,
        f"{name}Where",
        f'Filter on the object "{field.label or name}".',
        declare_filters(types, name, field.fields),
    )
