"""The command ``copydesk migrate``."""

from __future__ import annotations

import asyncio

import click

from cms.cli.group import load_site
from cms.copydesk import Copydesk, Migrated
from cms.search.rebuilding import OUTDATED
from cms.settings import load_settings


@click.command()
def migrate() -> None:
    """Migrate the database to this version, and update the indexes of the site.

    Creates the signing key of a new site.
    """
    _report(asyncio.run(_migrate()))
    click.echo("The database is up to date.")


async def _migrate() -> Migrated:
    settings = load_settings()
    async with Copydesk(load_site(settings.site), settings) as copydesk:
        return await copydesk.migrate()


def _report(changes: Migrated) -> None:
    if changes.new_key is not None:
        click.echo(f"Created the signing key {changes.new_key}. Keep a copy elsewhere.")
    if changes.unrecorded:
        click.echo(f"The signing key could not be recorded: {changes.unrecorded}", err=True)
    if changes.unsigned:
        click.echo(f"Nothing can be signed off or published: {changes.unsigned}", err=True)
    if changes.moved:
        click.echo(f"Moved {changes.moved:,} pages; their former addresses lead to the new ones.")
    if changes.unmoved:
        click.echo(f"No page was moved to another address: {changes.unmoved}", err=True)
    for field in changes.indexed:
        click.echo(f"Indexed {field}.")
    for name in changes.dropped:
        click.echo(f"Dropped the index {name}: no field declares it any more.")
    if changes.outdated:
        click.echo(f"{OUTDATED}. Run: copydesk rebuild --outdated", err=True)
