"""The command ``copydesk migrate``."""

from __future__ import annotations

import asyncio

import click
from sqlalchemy import select

from cms.access.signing_keys import record_key
from cms.authorization.actor import OPERATOR
from cms.cli.group import load_site, why_none_can_sign
from cms.errors import Refused
from cms.ledger.counters import current
from cms.ledger.keys import newest_key
from cms.reading.field_indexes import index_fields
from cms.settings import Settings, load_settings
from cms.site import Site
from cms.storage import migration
from cms.storage.database import Database
from cms.tables import Account
from cms.work.work import begin_work


@click.command()
def migrate() -> None:
    """Migrate the database to this version, and update the indexes of the site.

    Creates the signing key of a new site.
    """
    settings = load_settings()
    asyncio.run(_migrate(settings, load_site(settings.site)))
    click.echo("The database is up to date.")


async def _migrate(settings: Settings, site: Site) -> None:
    database = Database(settings.database_url, signing_key=settings.signing_key)
    try:
        await migration.migrate(database)
        changed = await index_fields(database, site)
        await _settle_key(database, site)
    finally:
        await database.close()
    for field in changed.missing:
        click.echo(f"Indexed {field}.")
    for name in changed.unused:
        click.echo(f"Dropped the index {name}: no field declares it any more.")


async def _settle_key(database: Database, site: Site) -> None:
    """Create the key of a new site, or record the key of a site that predates key statements."""
    async with database.reading() as session:
        has_signed = await current(session, "attestation") > 0
        is_new = not has_signed and await session.scalar(select(Account.id).limit(1)) is None
        is_unrecorded = has_signed and await newest_key(session) is None
    if is_new and database.key_file.make():
        click.echo(f"Created the signing key {database.key_file.path}. Keep a copy elsewhere.")
    if is_unrecorded:
        await _record_key(database, site)
    elif has_signed:
        await _check_key(database)


async def _record_key(database: Database, site: Site) -> None:
    try:
        async with begin_work(database, site, OPERATOR) as work:
            await record_key(work)
    except Refused as refused:
        click.echo(f"The signing key could not be recorded: {refused}", err=True)


async def _check_key(database: Database) -> None:
    """Print a warning if the site's signing key is missing; no other one is created for it."""
    async with database.reading() as session:
        if reason := await why_none_can_sign(session, database):
            click.echo(f"Nothing can be signed off or published: {reason}", err=True)
