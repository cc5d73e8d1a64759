"""One object type for each content type, with its filter and its orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from cms.content.builtin import CATEGORY, PERSON
from cms.content.content_type import ContentType
from cms.content.fields import Field
from cms.content.fields.computed import shown_as
from cms.content.fields.names import api_name
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.rows import EntryRow
from cms.site import Reverse
from graphql_api.planner.declarations import Call
from graphql_api.planner.ordering import OrderTerm, ViewKind
from graphql_api.planner.source import Sql
from graphql_api.schema.content_types.entry_aggregates import entries_summed
from graphql_api.schema.content_types.filters import declare_filters
from graphql_api.schema.content_types.kind import FieldTypes, OrderSql
from graphql_api.schema.content_types.kinds import KINDS
from graphql_api.schema.content_types.orders import value_order
from graphql_api.schema.content_types.outputs import declare_fields
from graphql_api.schema.content_types.reverse import reverse_field, reverse_filter
from graphql_api.schema.declaring.aggregates import summaries
from graphql_api.schema.declaring.connection import add_entry_connection
from graphql_api.schema.declaring.facet_counts import Facet
from graphql_api.schema.declaring.fields import Declared, of_call, of_row
from graphql_api.schema.declaring.inputs import (
    Order,
    add_order,
    add_quantified,
    add_where,
    order_terms,
    two_terms,
)
from graphql_api.schema.declaring.type_registry import TypeRegistry
from graphql_api.schema.delivery.entry import Entry
from graphql_api.schema.delivery.filters import ENTRY_WHERE
from graphql_api.schema.delivery.link_metrics import LINK_METRICS_ORDERS
from graphql_api.schema.delivery.person import PERSON_ORDERS, PERSON_WHERE, Person
from graphql_api.schema.delivery.taxonomy import CATEGORY_ORDERS, CATEGORY_WHERE, Category


def _category_name(entry: EntryRow, call: Call) -> Sql:
    named = narrowed(relations.categories(call.view), ("id", "title_key")).subquery("of_entry")
    return select(named.c.title_key).where(named.c.id == entry.category_id).scalar_subquery()


def _category_path(entry: EntryRow, call: Call) -> Sql:
    return relations.tree_path_of(call.view, entry.category_id)


def _path(entry: EntryRow, _: Call) -> Sql:
    return entry.path


_CATEGORY = "category_id"
# The orders of every entry.
_NOW: frozenset[ViewKind] = frozenset({"now"})
_ORDERS: Mapping[str, OrderTerm] = {
    **order_terms({"publishedAt": (EntryRow.published_at, False)}, ("now", "past")),
    **order_terms({"firstPublishedAt": (EntryRow.first_published_at, False)}, ("now",)),
    **order_terms(
        {
            "updatedAt": (EntryRow.created_at, False),
            "title": (EntryRow.title_key, False),
            "slug": (EntryRow.slug, False),
        },
        ("now", "drafts"),
    ),
    **two_terms(
        (
            Order("path", of_call(_path), nullable=True, leading="path", indexed_in=_NOW),
            Order("categoryName", of_call(_category_name), nullable=True, group=_CATEGORY),
            Order("categoryTreePath", of_call(_category_path), nullable=True, group=_CATEGORY),
        )
    ),
    **LINK_METRICS_ORDERS,
}
# The fields, filters and orders of the built-in types beside those of every entry.
_BUILT_IN: Mapping[str, tuple[type, Mapping[str, Declared], Mapping[str, OrderTerm]]] = {
    CATEGORY: (Category, CATEGORY_WHERE, CATEGORY_ORDERS),
    PERSON: (Person, PERSON_WHERE, PERSON_ORDERS),
}
_NOT_BUILT_IN: tuple[type, Mapping[str, Declared], Mapping[str, OrderTerm]] = (Entry, {}, {})


def add_entry_order(registry: TypeRegistry) -> None:
    """Add the orders of entries of any type."""
    add_order(registry, "EntryOrder", _ORDERS)


def add_entry_type(
    registry: TypeRegistry,
    content_type: type[ContentType],
    reverses: Sequence[Reverse],
    entry_filters: Mapping[str, Declared],
    entry_facets: Sequence[Facet],
) -> None:
    """Add a content type's object type and connection, its filter and its orders.

    Args:
        registry: the types that theirs are added to.
        content_type: the content type.
        reverses: the reverse sides of the references that lead to it.
        entry_filters: further filters on entries of any type.
        entry_facets: further facets of entries of any type.
    """
    name = content_type.name
    types = FieldTypes(registry, KINDS)
    declared, where, orders = _BUILT_IN.get(name, _NOT_BUILT_IN)
    own_fields = {
        key: each
        for key, each in vars(declared).items()
        if declared is not Entry and isinstance(each, Declared)
    }
    fields = {**own_fields, **declare_fields(types, name, content_type.fields)}
    described = {"__doc__": content_type.description or f"Entry of the content type `{name}`."}
    back = {each.name: reverse_field(each) for each in reverses}
    registry.add_object(type(name, (Entry,), described), **fields, **back)
    added = summaries(registry, name, entries_summed(content_type, entry_facets))
    add_entry_connection(registry, name, **added)
    own = declare_filters(types, name, content_type.fields)
    back_filters = {each.name: reverse_filter(each) for each in reverses}
    description = f"Filter on an entry of type `{name}`."
    every = {**ENTRY_WHERE, **entry_filters, **where, **own, **back_filters}
    add_where(registry, f"{name}Where", description, every)
    add_quantified(registry, f"{name}ListWhere", f"{name}Where", "entries")
    ordered = [each for each in content_type.fields.values() if KINDS.of(each).order is not None]
    terms = {**_ORDERS, **orders, **_own_terms(ordered)}
    deprecated = {_order_name(each): each.deprecated for each in ordered}
    add_order(registry, f"{name}Order", terms, deprecated)


def _own_terms(fields: Iterable[Field]) -> dict[str, OrderTerm]:
    kinds = [(KINDS.of(field), field) for field in fields]
    return two_terms(
        _own_order(field, kind.order)
        for kind, field in sorted(kinds, key=lambda each: not each[0].order_suffix)
        if kind.order is not None
    )


def _own_order(field: Field, order: Callable[[Any], OrderSql]) -> Order:
    if order is not value_order:
        return Order(_order_name(field), order(shown_as(field)), nullable=True)
    if not field.is_repeated:
        return Order(_order_name(field), value_order(field), nullable=True)
    return Order(
        _order_name(field),
        value_order(field),
        nullable=True,
        leading="field_values",
        indexed_in=_NOW,
        beside=of_row(EntryRow.id),
    )


def _order_name(field: Field) -> str:
    return f"{api_name(field.name)}{KINDS.of(field).order_suffix}"
