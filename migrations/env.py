"""Runs the migrations on the connection that Copydesk opened for them."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.schema import SchemaItem

from cms.storage.migration import run_with_own_connection
from cms.storage.schema import OF_FIELDS
from cms.tables import Base

# What only a migration adds, so that no declared table has it: indexes that differ between the
# databases, and the full-text indexes, with the tables in which SQLite keeps one.
_OF_MIGRATIONS = (
    "ix_audit_record_entry",
    "ix_publication_open_reviewers",
    "search_index",
    "vector",
    "title_vector",
    "summary_vector",
    "ix_search_document_vector",
)


def is_declared(
    _item: SchemaItem, name: str | None, kind: str, _reflected: object, _compared: object
) -> bool:
    """Say whether something in the database is compared with the declared tables."""
    if kind == "table":
        return not (name or "").startswith(_OF_MIGRATIONS)
    return name not in _OF_MIGRATIONS and not (name or "").startswith(OF_FIELDS)


def migrate(connection: Connection) -> None:
    """Run what the command line or ``copydesk migrate`` asked for."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_object=is_declared,
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(run_with_own_connection(migrate))
