"""The orders of connections that only the management schema has."""

from __future__ import annotations

from graphql_api.schema.declaring.inputs import add_order, order_terms
from graphql_api.schema.declaring.type_registry import TypeRegistry


def add_editing_orders(registry: TypeRegistry) -> None:
    """Add the enums of orders."""
    orders = {
        "AccountOrder": {
            "email": (lambda row: row.email, False),
            "createdAt": (lambda row: row.created_at, False),
        },
        "AuditRecordOrder": {"sequence": (lambda row: row.sequence, False)},
        "EntryCommentOrder": {"createdAt": (lambda row: row.created_at, False)},
        "EntryPublicationOrder": {"position": (lambda row: row.position, False)},
        "RedirectOrder": {
            "path": (lambda row: row.path, False),
            "createdAt": (lambda row: row.began_at, False),
        },
        "RevisionOrder": {"number": (lambda row: row.number, False)},
        "ServiceTokenOrder": {
            "name": (lambda row: row.name, False),
            "createdAt": (lambda row: row.created_at, False),
            "expiresAt": (lambda row: row.expires_at, False),
        },
    }
    for name, terms in orders.items():
        add_order(registry, name, order_terms(terms))
