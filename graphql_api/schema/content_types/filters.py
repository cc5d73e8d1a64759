"""What can be asked of each kind of field: ``FIELD_FILTERS`` has a row for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias, cast

from sqlalchemy import ColumnElement

from cms.content.fields import (
    Blocks,
    Field,
    Json,
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
from cms.reading.field_values import value_of
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import Call, Row, Rows, Sql
from graphql_api.planner.filters import Compare, Inner, ToMany, ToOne
from graphql_api.planner.json_sql import Elements, member, text
from graphql_api.schema.content_types.document import document_of
from graphql_api.schema.content_types.kinds import (
    all_referenced_by,
    comparable,
    is_leaf,
    leaf_type,
)
from graphql_api.schema.declaring.fields import FEW, PART, Declared
from graphql_api.schema.declaring.inputs import (
    LEAF_FILTERS,
    add_enum_filter,
    add_quantified,
    add_where,
    list_filter,
)
from graphql_api.schema.declaring.row_sources import entry_rows, link_rows
from graphql_api.schema.declaring.type_registry import Namespace

Filter: TypeAlias = Callable[[Namespace, str, Field], Declared]


def field_filters(
    namespace: Namespace, name: str, fields: Mapping[str, Field]
) -> dict[str, Declared]:
    """Return what can be asked of fields, and add the inputs that it takes.

    Args:
        namespace: where inputs are added.
        name: what inputs of these fields begin with.
        fields: the fields, by their names.
    """
    filters = (
        (key, field_filter(namespace, f"{name}{camel(key)}", shown_as(field)))
        for key, field in fields.items()
    )
    return {key: each for key, each in filters if each is not None}


def field_filter(namespace: Namespace, name: str, field: Field) -> Declared | None:
    """Return what can be asked of a field, and add the inputs that it takes; if anything can."""
    if _is_compared(field):
        filter_ = leaf_filter(namespace, name, field)
        compare = Compare(comparable(field), narrows=FEW if field.indexed else 1, work=PART)
        return Declared(f"{filter_} | None", compare, f"{field.label}.")
    kinds = (make for kind, make in FIELD_FILTERS.items() if isinstance(field, kind))
    make = next(kinds, None)
    return make(namespace, name, field) if make is not None else None


def _is_compared(field: Field) -> bool:
    return is_leaf(field) or isinstance(field, Json)


def leaf_filter(namespace: Namespace, name: str, field: Field) -> str:
    """Return the filter of a leaf, or of JSON; a choice has one of its own."""
    type_ = "JSON" if isinstance(field, Json) else leaf_type(name, field)
    return LEAF_FILTERS[type_][0] if type_ in LEAF_FILTERS else add_enum_filter(namespace, name)


def _markdown(_namespace: Namespace, _name: str, field: Field) -> Declared:
    def words(row: Row) -> Sql:
        document = member(document_of(row).json, field.name)
        return JsonText(document, text("plainText"))

    description = f"{field.label}, as plain text."
    return Declared("StringFilter | None", Compare(words, work=2 * PART), description)


def _object(namespace: Namespace, name: str, field: Field) -> Declared:
    _add_object_where(namespace, name, cast("Object", field))
    return Declared(
        f"{name}Where | None",
        Inner(lambda row: document_of(row).inside(field.name), lambda part: part.json.is_not(None)),
        f"{field.label}: it is there, and fits.",
    )


def _list(namespace: Namespace, name: str, field: Field) -> Declared:
    item = cast("List", field).item
    if _is_compared(item):
        return _leaves(namespace, name, field, item)
    if isinstance(item, Section):
        where = "Section"
    else:
        where = name
        _add_object_where(namespace, name, cast("Object", item))
        add_quantified(namespace, f"{name}ListWhere", f"{name}Where", "items")
    return Declared(
        f"{where}ListWhere | None",
        ToMany(lambda row, _: document_of(row).elements(field.name), work=2 * PART),
        f"{field.label}.",
    )


def _leaves(namespace: Namespace, name: str, field: Field, item: Field) -> Declared:
    def rows(row: Row, _: Call) -> Rows:
        return Rows(Elements(member(document_of(row).json, field.name)))

    return Declared(
        f"{list_filter(leaf_filter(namespace, name, item))} | None",
        ToMany(rows, leaf=lambda element: value_of(item, element.value), work=2 * PART),
        f"{field.label}.",
    )


def _reference(_namespace: Namespace, _name: str, field: Field) -> Declared:
    to = cast("Reference", field).to
    where = f"{to[0]}Where" if len(to) == 1 else "EntryWhere"
    return Declared(
        f"{where} | None",
        ToOne(
            key=comparable(field),
            rows=lambda call: entry_rows(call.view),
            target=lambda entry: entry.id,
        ),
        f"{field.label}: an entry that fits.",
    )


def _references(_namespace: Namespace, _name: str, field: Field) -> Declared:
    to = cast("References", field).to
    where = f"{to[0]}ListWhere" if len(to) == 1 else "EntriesWhere"
    rows = all_referenced_by(field)
    return Declared(f"{where} | None", ToMany(rows), f"{field.label}: entries that fit.")


def _blocks(namespace: Namespace, name: str, field: Field) -> Declared:
    blocks = cast("Blocks", field).blocks
    for block in blocks.values():
        if not namespace.has(f"{block.name}Where"):
            filters = field_filters(namespace, block.name, block.fields)
            add_where(namespace, f"{block.name}Where", f"What is asked of {block.name}.", filters)
    ways = {
        lower_first(block.name): Declared(
            f"{block.name}Where | None",
            Inner(lambda part: part, _is_block(block.name)),
            f"It is of type {block.name}, and fits.",
        )
        for block in blocks.values()
    }
    add_where(namespace, f"{name}Where", f"What is asked of {field.label}.", ways)
    add_quantified(namespace, f"{name}ListWhere", f"{name}Where", "blocks")
    return Declared(
        f"{name}ListWhere | None",
        ToMany(lambda row, _: document_of(row).elements(field.name), work=2 * PART),
        f"{field.label}.",
    )


def _is_block(name: str) -> Callable[[Row], ColumnElement[bool]]:
    return lambda part: JsonText(part.json, text(TYPE)) == text(name)


def _links(_namespace: Namespace, _name: str, field: Field) -> Declared:
    def rows(row: Row, call: Call) -> Rows:
        return link_rows(
            call.view,
            lambda link: link.revision_id == document_of(row).revision_id,
            lambda link: link.field_path == document_of(row).path_of(field.name),
        )

    return Declared("LinksWhere | None", ToMany(rows), f"{field.label}.")


FIELD_FILTERS: Mapping[type[Field], Filter] = {
    Markdown: _markdown,
    Blocks: _blocks,
    Object: _object,
    References: _references,
    List: _list,
    Reference: _reference,
    Links: _links,
}


def _add_object_where(namespace: Namespace, name: str, field: Object) -> None:
    add_where(
        namespace,
        f"{name}Where",
        f"What is asked of {field.label or name}.",
        field_filters(namespace, name, field.fields),
    )


def add_section_filter(namespace: Namespace) -> None:
    """Add the filter of sections, which is the same wherever they are."""
    filters = field_filters(namespace, "Section", Section().fields)
    add_where(namespace, "SectionWhere", "What is asked of a section.", filters)
    add_quantified(namespace, "SectionListWhere", "SectionWhere", "sections")
