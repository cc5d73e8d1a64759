"""One object type for each content type, with its filter and its orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from cms.content.content_type import ContentType
from cms.content.site import Reverse
from graphql_api.planner.declarations import Row, Sql
from graphql_api.planner.ordering import OrderTerm
from graphql_api.schema.connection import add_connection
from graphql_api.schema.declare import Declared
from graphql_api.schema.field_kinds import camel, comparable, declare_field, graphql_name, leaf_of
from graphql_api.schema.inputs import LEAF_FILTERS, add_enum_filter, add_order, add_where
from graphql_api.schema.interfaces import Entry
from graphql_api.schema.namespace import Namespace
from graphql_api.schema.reverse import reverse_field, reverse_filter
from graphql_api.schema.where import ENTRY_WHERE, filtered

# What every entry can be ordered by; none of it can be null.
_ORDERS: Mapping[str, Callable[[Row], Sql]] = {
    "publishedAt": lambda entry: entry.published_at,
    "firstPublishedAt": lambda entry: entry.first_published_at,
    "updatedAt": lambda entry: entry.created_at,
    "title": lambda entry: entry.title_key,
    "slug": lambda entry: entry.slug,
}


def add_entry_order(namespace: Namespace) -> None:
    """Add the orders that every entry has."""
    add_order(namespace, "EntryOrder", _common_terms())


def add_entry_type(
    namespace: Namespace, content_type: type[ContentType], reverses: Sequence[Reverse]
) -> None:
    """Add a content type's object type and connection, its filter and its orders.

    Args:
        namespace: where types are added.
        content_type: the content type.
        reverses: the reverse sides of the references that point to it.
    """
    name = content_type.name
    fields = {
        field_name: declare_field(namespace, f"{name}{camel(field_name)}", field)
        for field_name, field in content_type.fields.items()
    }
    described = {"__doc__": content_type.description or f"{name}."}
    back = {each.name: reverse_field(each) for each in reverses}
    namespace.add_object(type(name, (Entry,), described), **fields, **back)
    if content_type.singleton:
        return
    add_connection(namespace, name)
    own = _own_filters(namespace, content_type)
    back = {each.name: reverse_filter(each) for each in reverses}
    description = f"What is asked of a {name}."
    add_where(namespace, f"{name}Where", description, {**ENTRY_WHERE, **own, **back})
    add_order(namespace, f"{name}Order", {**_common_terms(), **_own_terms(content_type)})


def _own_filters(namespace: Namespace, content_type: type[ContentType]) -> dict[str, Declared]:
    filters = {}
    for name, field in content_type.fields.items():
        leaf = leaf_of(field)
        if leaf is None:
            continue
        filter_ = (
            LEAF_FILTERS[leaf.type][0]
            if leaf.type is not None
            else add_enum_filter(namespace, f"{content_type.name}{camel(name)}")
        )
        filters[name] = filtered(filter_, comparable(field), f"{field.label}.")
    return filters


def _common_terms() -> dict[str, OrderTerm]:
    return _terms((name, sql, False) for name, sql in _ORDERS.items())


def _own_terms(content_type: type[ContentType]) -> dict[str, OrderTerm]:
    return _terms(
        (graphql_name(name), comparable(field), True)
        for name, field in content_type.fields.items()
        if leaf_of(field) is not None
    )


def _terms(orders: Iterable[tuple[str, Callable[[Row], Sql], bool]]) -> dict[str, OrderTerm]:
    """Return the two terms of each order: its name, what is compared, whether it can be null."""
    return {
        f"{name}_{direction}": OrderTerm(
            f"{name}_{direction}", sql, descending=direction == "DESC", nullable=nullable
        )
        for name, sql, nullable in orders
        for direction in ("ASC", "DESC")
    }
