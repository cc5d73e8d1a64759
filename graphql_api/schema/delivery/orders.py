"""The orders of what every site lists beside entries."""

from __future__ import annotations

from sqlalchemy import literal_column

from cms.storage.dialects import Folded
from graphql_api.schema.declaring.inputs import add_order, order_terms
from graphql_api.schema.declaring.type_registry import Namespace


def add_content_orders(namespace: Namespace) -> None:
    """Add the enums of orders."""
    named = {"name": (lambda row: Folded(row.name), False), "slug": (lambda row: row.slug, False)}
    orders = {
        "CategoryOrder": {**named, "treePath": (lambda row: row.path, False)},
        "PersonOrder": named,
        "TagOrder": named,
        "LinkOrder": {
            "label": (lambda row: Folded(row.label), False),
            "position": (lambda row: row.ordinal + literal_column("1"), False),
        },
    }
    for name, terms in orders.items():
        add_order(namespace, name, order_terms(terms))
