"""Runs the migrations on the connection that Copydesk opened for them."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection

from cms.migration import run_with_own_connection
from cms.tables import Base


def migrate(connection: Connection) -> None:
    """Run what the command line or ``copydesk migrate`` asked for."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(run_with_own_connection(migrate))
