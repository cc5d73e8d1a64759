"""The orders of tags and links."""

from __future__ import annotations

from sqlalchemy import literal_column

from cms.storage.dialects import Folded
from graphql_api.schema.declaring.inputs import add_order, order_terms
from graphql_api.schema.declaring.type_registry import TypeRegistry


def add_content_orders(registry: TypeRegistry) -> None:
    """Add the order enums of tags and links."""
    orders = {
        "TagOrder": {
            "name": (lambda row: Folded(row.name), False),
            "slug": (lambda row: row.slug, False),
        },
        "EntryLinkOrder": {
            "label": (lambda row: Folded(row.label), False),
            "position": (lambda row: row.ordinal + literal_column("1"), False),
            "pagePosition": (lambda row: row.page_position, False),
        },
    }
    for name, terms in orders.items():
        add_order(registry, name, order_terms(terms))
