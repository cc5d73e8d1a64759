"""The command ``copydesk migrate``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import click

from cms.cli.deriving import derives_in_processes
from cms.cli.group import load_site
from cms.cli.progress import progress_bar
from cms.cli.types import echo_problems, problems_of
from cms.copydesk import Copydesk, Migrated
from cms.settings import load_settings
from cms.site import Site
from cms.type_versions.changing import Schemas, TypesDoNotFit


def migrate_command(schemas_of: Callable[[Site], Schemas]) -> click.Command:
    """Return the command.

    Args:
        schemas_of: returns the GraphQL schemas of a site, which are kept to be compared.
    """

    @click.command()
    def migrate() -> None:
        """Migrate the database to this version and to the site's content types.

        Creates the signing key of a new site. If stored content does not fit the content types,
        nothing changes; see `copydesk types check`.
        """
        try:
            done = asyncio.run(_migrate(schemas_of))
        except TypesDoNotFit as refused:
            echo_problems(refused.report)
            raise click.ClickException(problems_of(refused.report)) from None
        _report(done)
        click.echo("The database is up to date.")

    return migrate


async def _migrate(schemas_of: Callable[[Site], Schemas]) -> Migrated:
    settings = load_settings()
    site = load_site(settings.site)
    async with Copydesk(site, settings) as copydesk:
        return await copydesk.migrate(
            schemas_of(site), progress_bar, derives_in_processes(settings.site)
        )


def _report(changes: Migrated) -> None:
    if changes.new_key is not None:
        click.echo(f"Created the signing key {changes.new_key}. Keep a copy elsewhere.")
    if changes.unrecorded:
        click.echo(f"The signing key could not be recorded: {changes.unrecorded}", err=True)
    if changes.unsigned:
        click.echo(f"Nothing can be signed off or published: {changes.unsigned}", err=True)
    for change in changes.types.changes:
        click.echo(change.message)
    for notice in changes.types.notices:
        click.echo(f"Note: {notice}.")
    if changes.moved:
        click.echo(f"Moved {changes.moved:,} pages; their former addresses lead to the new ones.")
    if changes.unmoved:
        click.echo(f"No page was moved to another address: {changes.unmoved}", err=True)
    for field in changes.indexed:
        click.echo(f"Indexed {field}.")
    for name in changes.dropped:
        click.echo(f"Dropped the index {name}: no field declares it any more.")
    if changes.rebuilt:
        click.echo(f"Derived the values of {changes.rebuilt:,} revisions again.")
