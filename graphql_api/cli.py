"""The ``copydesk`` command."""

from __future__ import annotations

import asyncio

import click
from graphql import print_schema

from cms.cli.account import account
from cms.cli.audit import audit
from cms.cli.group import CopydeskGroup, load_site, open_database
from cms.cli.import_ import import_
from cms.cli.migrate import migrate
from cms.cli.search import search
from cms.cli.verify import key, verify
from cms.commands.accounts import has_accounts
from cms.content.site import Site
from cms.operations.field_indexes import compare_indexes
from cms.settings import Settings, load_settings
from graphql_api.app import create_app
from graphql_api.schema.build import build_delivery_schema, build_management_schema
from graphql_api.server import Server


@click.group(cls=CopydeskGroup)
@click.version_option(package_name="copydesk")
def main() -> None:
    """Copydesk: a headless CMS in which nothing is public without a sign-off.

    Settings come from environment variables: COPYDESK_SITE, COPYDESK_DATABASE_URL,
    COPYDESK_HOST, COPYDESK_PORT and those that the documentation lists.
    """


_SCHEMAS = {"delivery": build_delivery_schema, "management": build_management_schema}


@main.command()
@click.argument("which", type=click.Choice(list(_SCHEMAS)), default="delivery")
def schema(which: str) -> None:
    """Print a schema, by default that of delivery, in the schema definition language."""
    click.echo(print_schema(_SCHEMAS[which](load_site(load_settings().site))))


@main.command()
def serve() -> None:
    """Serve the site's API until interrupted."""
    settings = load_settings()
    site = load_site(settings.site)
    can_sign_in, not_indexed = asyncio.run(_look(settings, site))
    server = Server(create_app(site, settings), settings.host, settings.port)
    address = f"http://{settings.host}:{settings.port}"
    click.echo(
        f"{site.name} is served at {address}/graphql, and edited at {address}/manage/graphql"
    )
    if not can_sign_in:
        click.echo("Nobody can sign in yet. Make an account: copydesk account create EMAIL")
    if not_indexed:
        click.echo(
            f"Declared, but not indexed yet: {', '.join(not_indexed)}. Run: copydesk migrate"
        )
    server.run()


async def _look(settings: Settings, site: Site) -> tuple[bool, tuple[str, ...]]:
    """Return whether anybody can sign in, and which indexed fields have no index yet.

    Raises:
        DatabaseError: if the database is not of this version.
    """
    async with open_database(settings) as database, database.reading() as session:
        # A database that only ever grew by a page at a time has never looked at its data.
        await database.refresh_stale_statistics()
        compared = await compare_indexes(database, site)
        return await has_accounts(session), compared.missing


for each in (account, audit, import_, key, migrate, search, verify):
    main.add_command(each)
