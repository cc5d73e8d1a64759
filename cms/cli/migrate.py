"""``copydesk migrate``."""

from __future__ import annotations

import asyncio

import click

from cms import migration
from cms.cli.group import load_site
from cms.content.site import Site
from cms.database import Database
from cms.operations.field_indexes import index_fields
from cms.settings import load_settings


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this version, with the indexes of the site."""
    settings = load_settings()
    asyncio.run(_migrate(settings.database_url, load_site(settings.site)))
    click.echo("The database is up to date.")


async def _migrate(url: str, site: Site) -> None:
    database = Database(url)
    try:
        await migration.migrate(database)
        changed = await index_fields(database, site)
    finally:
        await database.close()
    for field in changed.missing:
        click.echo(f"{field} is indexed.")
    for name in changed.unused:
        click.echo(f"{name} is dropped: no field declares it any more.")
