"""``copydesk migrate``."""

from __future__ import annotations

import asyncio

import click

from cms import migration
from cms.database import Database
from cms.settings import load_settings


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    asyncio.run(_migrate(load_settings().database_url))
    click.echo("The database is up to date.")


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        await migration.migrate(database)
    finally:
        await database.close()
