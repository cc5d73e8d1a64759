"""The ``copydesk`` command."""

from __future__ import annotations

import asyncio

import click
import uvicorn
from graphql import print_schema

from cms.cli import CopydeskGroup, load_site, migrate
from cms.database import Database
from cms.migration import check_migrated
from cms.settings import Settings, load_settings
from graphql_api.app import create_app
from graphql_api.schema.build import build_delivery_schema


@click.group(cls=CopydeskGroup)
@click.version_option(package_name="copydesk")
def main() -> None:
    """Copydesk: a headless CMS in which nothing is public without a sign-off.

    Settings come from environment variables: COPYDESK_SITE, COPYDESK_DATABASE_URL,
    COPYDESK_HOST, COPYDESK_PORT and those that the documentation lists.
    """


@main.command()
def schema() -> None:
    """Print the delivery schema in the schema definition language."""
    click.echo(print_schema(build_delivery_schema(load_site(load_settings().site))))


@main.command()
def serve() -> None:
    """Serve the site's API until interrupted."""
    settings = load_settings()
    site = load_site(settings.site)
    asyncio.run(_check(settings))
    config = uvicorn.Config(
        create_app(site, settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
    )
    server = uvicorn.Server(config)
    click.echo(f"{site.name} is served at http://{settings.host}:{settings.port}/graphql")
    server.run()


async def _check(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        await check_migrated(database)
    finally:
        await database.close()


main.add_command(migrate)
